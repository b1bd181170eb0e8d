"""How a commit is checked out, and where its benchmarks are found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.benchmarks.build import Build, find_build
from tests.benchmarks.checkout import check_out, find_commit
from tests.benchmarks.errors import CannotMeasure


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose only commit has benchmarks; the working tree differs from it."""
    root = tmp_path / "repository"
    serve = _write_serve(root, "tests/bench")
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    for arguments in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "First"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    serve.write_text("changed\n")
    return root


def test_checkout_has_the_files_of_the_commit(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "then"
    check_out(find_commit("HEAD", repository), folder, repository)
    assert (folder / "tests/bench/serve.py").read_text() == "committed\n"
    assert find_build(folder) == Build(folder, "tests.bench")


def test_checkout_leaves_the_repository_alone(repository: Path, tmp_path: Path) -> None:
    check_out(find_commit("HEAD", repository), tmp_path / "then", repository)
    assert (repository / "tests/bench/serve.py").read_text() == "changed\n"
    assert not (repository / ".git/worktrees").exists()


def test_unknown_commit_is_refused(repository: Path) -> None:
    with pytest.raises(CannotMeasure, match="'v9' is not a commit of this repository"):
        find_commit("v9", repository)


@pytest.mark.parametrize("folder", ["tests/benchmarks", "tests/bench"])
def test_benchmarks_are_found_under_either_name(folder: str, tmp_path: Path) -> None:
    _write_serve(tmp_path, folder)
    assert find_build(tmp_path).package == folder.replace("/", ".")


def test_commit_without_benchmarks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="no benchmarks"):
        find_build(tmp_path)


def _write_serve(root: Path, folder: str) -> Path:
    serve = root / folder / "serve.py"
    serve.parent.mkdir(parents=True)
    serve.write_text("committed\n")
    return serve
