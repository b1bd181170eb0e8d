"""The key of a web app that the settings name instead of `textlogin clients`."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import SecretStr

#: After a `name:key` pair: this web app also accepts stand-alone logins.
STANDALONE = ":sms_reply"


class ApiKey(NamedTuple):
    """One key. With `standalone`, its web app also accepts logins that no web app opened."""

    key: SecretStr
    standalone: bool = False
