"""How many requests the conformance tests generate, and the service that answers them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.harness.threaded_service import ThreadedService, threaded_service

_EXAMPLES = 12


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--examples",
        type=int,
        default=_EXAMPLES,
        help="generated requests for each call of the API",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The same requests each time, unless more are asked for than usual."""
    examples = config.getoption("--examples", _EXAMPLES)
    settings.register_profile(
        "requests",
        max_examples=examples,
        derandomize=examples == _EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="package")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ThreadedService]:
    """One service for all tests of this folder."""
    path = tmp_path_factory.mktemp("openapi") / "textlogin.db"
    shutil.copyfile(sqlite_template, path)
    with threaded_service(f"sqlite:///{path}") as running:
        yield running
