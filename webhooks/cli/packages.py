"""Whether Python finds our packages. Imports none of them.

`bot` and `storage` are common names: a folder on Python's path, or another distribution, may have
a package of the same name.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

#: EX_CONFIG of sysexits.h.
_EXIT_CONFIG = 78
_OURS = Path(__file__).parents[2]


def check_packages() -> None:
    """End with status 78 and a sentence if `bot` or `storage` is somebody else's."""
    for name in ("bot", "storage"):
        spec = find_spec(name)
        found = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
        if found != [_OURS / name]:
            where = found[0] if found else "nowhere"
            print(
                f"Python finds the package {name} at {where}, not Textlogin's at {_OURS / name}. "
                "Install Textlogin into a virtual environment of its own, and start it in another "
                "folder or without PYTHONPATH.",
                file=sys.stderr,
            )
            raise SystemExit(_EXIT_CONFIG)
