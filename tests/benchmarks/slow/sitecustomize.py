"""Python imports this at its start where the folder is on PYTHONPATH: a slow disk, a small core."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

SECONDS = 3.0


class SlowSdk:
    """Finds Telnyx's SDK, which then takes its time.

    Not while it is looked for: that holds the lock of all imports, which a slow one does not.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None for everything else: the next finder finds it."""
        spec = PathFinder.find_spec(name, path, target) if name == "telnyx" else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def slowly(module: ModuleType) -> None:
            time.sleep(SECONDS)
            execute(module)

        vars(spec.loader)["exec_module"] = slowly  # in front of this one loader's method
        return spec


if __name__ == "sitecustomize":
    sys.meta_path.insert(0, SlowSdk())
