"""Opens a page in the user's browser, where there is a desktop and somebody who looks at it."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Mapping


def open_page(url: str) -> None:
    """Open the page, if this is a terminal on a desktop. Returns at once; never raises."""
    if sys.stdout.isatty() and has_desktop(sys.platform, os.environ):
        # A browser may block its starter until it is closed.
        threading.Thread(target=_open, args=(url,), daemon=True).start()


def has_desktop(platform: str, environment: Mapping[str, str]) -> bool:
    """Whether windows can be shown: on macOS and Windows always, else with a display."""
    if platform in ("darwin", "win32"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    try:
        webbrowser.open(url)
    except (webbrowser.Error, OSError):  # the address is printed, too
        return
