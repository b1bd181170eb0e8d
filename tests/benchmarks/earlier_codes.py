"""Does what `tests.benchmarks.codes` does, for commits whose benchmarks are in `tests/bench`.

It runs with such a commit first on the module path; there, only the class `Target` reads codes.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from types import SimpleNamespace
from typing import Any


def main() -> None:
    """Read the phones, print the codes."""
    service: Any = import_module("tests.bench.service")
    service.SECRETS = service.Secrets([os.environ["SECRET_KEY"]])
    without_server = SimpleNamespace(holding=lambda url: None)
    target = service.Target(without_server, os.environ["DATABASE_URL"])
    json.dump(target.codes(set(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
