"""`python -m tests.screenshots`. Exits 1 without Chromium, or if a picture is too large."""

from __future__ import annotations

import asyncio
import sys

from tests.harness.browser import CHROMIUM
from tests.screenshots import pages, sandbox

#: A picture may take so many bytes.
LARGEST = 200_000


def main() -> int:
    """The exit status."""
    if CHROMIUM is None:
        print("no Chromium: `apt-get install chromium`, or name one with CHROMIUM=/path")
        return 1
    pages.PICTURES.mkdir(exist_ok=True)
    taken = [*asyncio.run(pages.take()), *sandbox.take()]
    for path in taken:
        print(f"{path.name:<20} {path.stat().st_size:>9,} bytes")
    return int(max(path.stat().st_size for path in taken) > LARGEST)


if __name__ == "__main__":
    sys.exit(main())
