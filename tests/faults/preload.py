"""Small libraries in C that replace functions of libc in the processes that preload them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.faults.fault import Skipped


def preload(source: Path, folder: Path) -> Path:
    """Compile a library into the folder; the value of LD_PRELOAD. Raises Skipped without a C
    compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise Skipped("no C compiler (cc)")
    library = folder / f"{source.stem}.so"
    options = ("-shared", "-fPIC", "-O", "-Wall")
    subprocess.run([compiler, *options, "-o", library, source, "-ldl"], check=True)
    return library
