"""How many requests the tests generate: those of the API and those of the HTTP door."""

import pytest
from hypothesis import HealthCheck, settings

_EXAMPLES = 12


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--examples",
        type=int,
        default=_EXAMPLES,
        help="generated requests for each call of the API, and 20 times as many bytes for the door",
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
