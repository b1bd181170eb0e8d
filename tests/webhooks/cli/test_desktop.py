"""The demo opens its page in a browser: only in a terminal on a desktop."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT
from tests.harness.eventually import wait_for
from webhooks.cli.desktop import has_desktop

URL = "http://127.0.0.1:9/sandbox"
_SCRIPT = f"from webhooks.cli.desktop import open_page; open_page('{URL}'); print('open'); input()"


@pytest.mark.parametrize(
    ("platform", "environment", "has"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("freebsd14", {"DISPLAY": ":0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_where_there_is_a_desktop(platform: str, environment: dict[str, str], has: bool) -> None:
    assert has_desktop(platform, environment) is has


def browser(folder: Path) -> Path:
    """A browser that writes what it is to open into a file beside it."""
    program = folder / "browser"
    program.write_text('#!/bin/sh\necho "$1" > "$0.opened"\n', "utf-8")
    program.chmod(0o755)
    return program


def start(folder: Path, stdout: int, **environment: str) -> subprocess.Popen[bytes]:
    names = {"DISPLAY": ":0", "BROWSER": str(browser(folder)), **environment}
    return subprocess.Popen(
        [sys.executable, "-c", _SCRIPT],
        stdin=subprocess.PIPE,
        stdout=stdout,
        cwd=ROOT,
        env=os.environ | names,
    )


def test_a_terminal_on_a_desktop_opens_the_page(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
    reader, terminal = pty.openpty()
    child = start(tmp_path, terminal)
    try:
        opened = tmp_path / "browser.opened"
        wait_for(lambda: opened.exists() and opened.read_text("utf-8"))
        assert opened.read_text("utf-8") == f"{URL}\n"
    finally:
        child.communicate(b"\n")
        os.close(reader)
        os.close(terminal)


def test_without_a_terminal_nothing_is_opened(tmp_path: Path) -> None:
    child = start(tmp_path, subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"open\n"
    child.communicate(b"\n")
    assert not (tmp_path / "browser.opened").exists()
