"""The policy of the tests: the defaults of the settings."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from bot.codes import Secrets
from bot.policy import Policy
from tests.harness.constants import NUMBER, OTHER_NUMBER, SECRET_KEY


def policy(**changes: Any) -> Policy:
    """The defaults, with changes."""
    default = Policy(secrets=Secrets([SECRET_KEY]), numbers=(NUMBER, OTHER_NUMBER))
    return replace(default, **changes)
