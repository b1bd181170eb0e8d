"""One demo for all tests of the sandbox page that a process runs."""

from collections.abc import Iterator

import pytest

from tests.harness.demo_process import Demo, demo_process


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo. Each test has a phone of its own."""
    with demo_process(tmp_path_factory.mktemp("demo")) as running:
        yield running
