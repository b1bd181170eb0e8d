"""Which host stands in the last line of a text with a code."""

import pytest

from webhooks.clients.code_host import code_host


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://login.example", "login.example"),
        ("https://login.example:8443", "login.example"),
        ("http://127.0.0.1:8000", None),
        ("http://localhost", None),
        ("http://[::1]:9000", None),
        (None, None),
    ],
)
def test_only_an_https_origin_has_a_host_and_never_its_port(
    origin: str | None, host: str | None
) -> None:
    assert code_host(origin) == host
