"""The files of a commit in a temporary folder; the repository itself does not change."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from tests.benchmarks.build import ROOT
from tests.benchmarks.errors import CannotMeasure


def find_commit(name: str, repository: Path = ROOT) -> str:
    """The full hash of a commit, branch or tag. Raises CannotMeasure."""
    options = ("--verify", "--quiet", "--end-of-options")
    found = _git(repository, "rev-parse", *options, f"{name}^{{commit}}")
    if found is None:
        raise CannotMeasure(f"{name!r} is not a commit of this repository.")
    return found.decode().strip()


def check_out(commit: str, folder: Path, repository: Path = ROOT) -> None:
    """Write the commit's files into the folder. Raises CannotMeasure."""
    archive = _git(repository, "archive", "--format=tar", commit)
    if archive is None:
        raise CannotMeasure(f"git archive cannot read {commit}.")
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")


def _git(repository: Path, *arguments: str) -> bytes | None:
    """Its output, None if it fails."""
    try:
        ended = subprocess.run(["git", *arguments], cwd=repository, capture_output=True)
    except FileNotFoundError:
        raise CannotMeasure("git is needed to compare with a commit.") from None
    return ended.stdout if ended.returncode == 0 else None
