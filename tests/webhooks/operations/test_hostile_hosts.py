"""Generated `Host` and `Authorization` headers at the operators' port: only its own are served.

`--examples=1000` generates more of them, and different ones each time.
"""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.generated_request import GeneratedRequest, Headers, answer_to
from webhooks.operations.app import create_operations
from webhooks.ops.counts import Family, gauge

_FEW = settings.get_profile("requests")
_PER_CALL = 8
HOST, TOKEN = "metrics.example", "t" * 32
_OWN_NAMES = [b"127.0.0.1", b"localhost", b"[::1]", HOST.encode()]
_PIECES = st.sampled_from(
    [
        *_OWN_NAMES,
        b"evil.example",
        b".",
        b":",
        b"9100",
        b"@",
        b"[",
        b"]",
        b" ",
        b"/",
        b"\xff",
        b"::1",
        b"0",
    ]
)
_HOSTS = st.one_of(
    st.sampled_from(_OWN_NAMES), st.lists(_PIECES, max_size=4).map(b"".join), st.binary(max_size=30)
)
_BEARER = f"Bearer {TOKEN}".encode()
_AUTHORIZATIONS = st.one_of(
    st.just(_BEARER),
    st.binary(max_size=60),
    st.integers(0, len(_BEARER) - 1).map(lambda end: _BEARER[:end]),
    st.binary(min_size=1, max_size=3).map(lambda more: _BEARER + more),
    st.just(_BEARER.lower()),
)
_TARGETS = st.sampled_from(
    [b"/metrics", b"/metrics", b"/", b"/metrics/", b"//metrics", b"/%6detrics"]
)


async def collect() -> list[Family]:
    return [gauge("textlogin_waiters", "Polls and streams that wait", 3)]


def is_own(host: bytes) -> bool:
    """The name, perhaps in another case, and perhaps a port."""
    name, colon, port = host.lower().rpartition(b":")
    if colon and not name.endswith(b":") and (port == b"" or port.isdigit()) and name:
        return name in _OWN_NAMES
    return host.lower() in _OWN_NAMES


@settings(_FEW, max_examples=_PER_CALL * _FEW.max_examples)
@given(
    method=st.sampled_from(["GET", "GET", "HEAD", "POST", "OPTIONS"]),
    target=_TARGETS,
    hosts=st.lists(_HOSTS, max_size=2),
    authorizations=st.lists(_AUTHORIZATIONS, max_size=2),
)
def test_metrics_are_told_to_nobody_else(
    method: str, target: bytes, hosts: list[bytes], authorizations: list[bytes]
) -> None:
    headers: Headers = [
        *((b"host", host) for host in hosts),
        *((b"authorization", one) for one in authorizations),
    ]
    app = create_operations(collect, host=HOST, token=TOKEN)
    answer = asyncio.run(answer_to(app, GeneratedRequest(method, target, headers)))
    assert answer.status in {200, 401, 403, 404, 405}
    if b"textlogin_waiters" in answer.body:
        assert answer.status == 200
    if answer.status == 200:
        assert is_own(hosts[0])
        assert authorizations[0] == _BEARER
