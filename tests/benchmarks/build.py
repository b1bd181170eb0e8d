"""One version of the code, used only through its commands.

Another version may have other modules, so nothing of it is imported. Later versions are compared
with this one in the same way: keep `serve`, `codes`, `app:create` and the route `/bench/held`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_PACKAGE = "tests.benchmarks"


class Build(NamedTuple):
    """A checkout, and the package in it that contains its benchmarks."""

    root: Path
    package: str = _PACKAGE

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables under which Python imports this build."""
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.root)}

    def application(self, module: str, port: int) -> list[str]:
        """Run the application of one of its benchmark modules in uvicorn."""
        serve, factory = f"{self.package}.serve", f"{self.package}.{module}:create"
        return [sys.executable, "-m", serve, factory, str(port)]

    def service(self, port: int) -> list[str]:
        """Run `textlogin serve`."""
        return [sys.executable, "-m", "webhooks", "serve", "--port", str(port)]

    def migrate(self) -> list[str]:
        """Bring the database of DATABASE_URL up to date."""
        return [sys.executable, "-m", "webhooks", "migrate"]

    def codes(self) -> list[str]:
        """Print the codes of the phones on standard input; see `tests.benchmarks.codes`."""
        return [sys.executable, "-m", f"{self.package}.codes"]


#: The working tree, with uncommitted changes.
WORKING_TREE = Build(ROOT)
