"""The service that answers generated requests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.threaded_service import ThreadedService, threaded_service


@pytest.fixture(scope="package")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ThreadedService]:
    """One service for all tests of this folder."""
    path = tmp_path_factory.mktemp("openapi") / "textlogin.db"
    shutil.copyfile(sqlite_template, path)
    with threaded_service(f"sqlite:///{path}") as running:
        yield running
