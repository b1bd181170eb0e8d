"""Delays the import of Telnyx's SDK, as a slow disk or a slow core does.

Python imports this module when it starts, if the folder is on PYTHONPATH.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

DELAY_S = 3.0


class SlowSdk:
    """Finds Telnyx's SDK and makes its execution slow.

    The delay is not in `find_spec`: that holds the lock of all imports, a slow execution does not.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None for all other modules: the next finder finds them."""
        spec = PathFinder.find_spec(name, path, target) if name == "telnyx" else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def slowly(module: ModuleType) -> None:
            time.sleep(DELAY_S)
            execute(module)

        vars(spec.loader)["exec_module"] = slowly  # shadows the method of this one loader
        return spec


if __name__ == "sitecustomize":
    sys.meta_path.insert(0, SlowSdk())
