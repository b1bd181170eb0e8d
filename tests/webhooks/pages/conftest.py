"""Telnyx's SDK takes seconds to import: before the first test, not in the middle of it."""

import pytest

from webhooks.telnyx.messages_api import import_sdk


@pytest.fixture(scope="session", autouse=True)
def sdk() -> None:
    """The SDK, imported."""
    import_sdk()
