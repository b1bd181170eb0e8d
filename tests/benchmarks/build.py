"""One version of the code, used only through its commands.

Another version may have other modules, so nothing of it is imported. Later versions are compared
with this one in the same way: keep `serve`, `codes`, `app:create` and the route `/bench/held`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.errors import CannotMeasure

ROOT = Path(__file__).parents[2]
_PACKAGE = "tests.benchmarks"
_EARLIER_PACKAGE = "tests.bench"
_EARLIER_CODES = Path(__file__).with_name("earlier_codes.py")


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
        if self.package == _EARLIER_PACKAGE:
            return [sys.executable, "-P", str(_EARLIER_CODES)]
        return [sys.executable, "-m", f"{self.package}.codes"]


#: The working tree, with uncommitted changes.
WORKING_TREE = Build(ROOT)


def find_build(root: Path) -> Build:
    """The build in a checkout. Raises CannotMeasure if it has no benchmarks."""
    for package in (_PACKAGE, _EARLIER_PACKAGE):
        if (root / package.replace(".", "/") / "serve.py").exists():
            return Build(root, package)
    raise CannotMeasure("That commit has no benchmarks to compare with.")
