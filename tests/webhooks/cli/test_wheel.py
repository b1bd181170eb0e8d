"""The wheel holds everything that the service needs, in a virtual environment of its own."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.process import free_port
from tests.harness.source_tree import PRODUCTION, ROOT

_BUILD = "import sys, uv_build; print(uv_build.build_wheel(sys.argv[1]))"
_BINARIES = Path(sys.executable).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-c", _BUILD, folder],
        cwd=ROOT,
        env={"PATH": f"{_BINARIES}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return folder / built.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def textlogin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a new environment with the wheel, and what it depends on from this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    install = [f"{_BINARIES}/uv", "pip", "install", "-q", "--offline", "--no-deps", "--no-cache"]
    subprocess.run([*install, "--python", folder / "bin/python", wheel], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin/textlogin"


@pytest.fixture
def demo(textlogin: Path, tmp_path: Path) -> Iterator[str]:
    """Where it runs."""
    port = free_port()
    command = [str(textlogin), "demo", "--port", str(port), "--no-open"]
    with subprocess.Popen(command, cwd=tmp_path, env={}, stdout=subprocess.DEVNULL) as it:
        try:
            url = f"http://127.0.0.1:{port}"

            def is_ready() -> bool:
                assert it.poll() is None
                try:
                    return httpx.get(f"{url}/readyz").status_code == 200
                except httpx.TransportError:
                    return False

            wait_for(is_ready)
            yield url
        finally:
            it.terminate()
            it.wait(PROCESS_PATIENCE_S)


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(wheel: Path) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix()
        for name in PRODUCTION
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = [name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")]
    held = {name for name in names if ".dist-info/" not in name}

    assert held == wanted


def test_the_installed_demo_serves_pages_the_api_and_the_sandbox(demo: str) -> None:
    for path in (
        "/",
        "/client.js",
        "/docs",
        "/openapi.json",
        "/sandbox",
        "/sandbox/static/page.js",
    ):
        answer = httpx.get(demo + path)
        assert answer.status_code == 200, path
    opened = httpx.post(
        f"{demo}/v1/verifications",
        json={"method": "sms", "phone_number": "+14155550177"},
        headers={"Authorization": f"Bearer {'d' * 40}"},
    )
    assert opened.status_code == 201


@pytest.mark.parametrize("name", ["bot", "storage"])
def test_a_package_of_somebody_else_is_named_before_anything_runs(
    textlogin: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    for command, environment in (
        ([textlogin.parent / "python", "-m", "webhooks"], {}),
        ([textlogin], {"PYTHONPATH": str(tmp_path)}),
    ):
        ended = subprocess.run(
            [*command, "texts"], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert ended.returncode == 78
        assert f"Python finds the package {name} at {tmp_path / name}, not Text" in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
