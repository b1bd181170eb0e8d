"""Generated calls to the sandbox: none fails; only this machine and its own pages are answered.

`--examples=1000` generates more of them, and different ones each time.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.generated_event import VALUES
from tests.harness.generated_text import generated_texts
from tests.harness.held_service import HeldService, held_service

_FEW = settings.get_profile("requests")
_PER_CALL = 4
_OWN = {"host": "127.0.0.1", "authorization": "Bearer x"}
_PIECES = st.sampled_from(
    [
        *("127.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0", "0x7f.1"),
        *("evil.example", ".", ":", "8000", "@", "[", "]", " ", "%00", "\xff", "LOCALHOST", "/"),
    ]
)
_HOSTS = st.one_of(_PIECES, st.lists(_PIECES, max_size=4).map("".join))
_NUMBERS = st.sampled_from(["+14155550123", "+14155550100", "24365", "", "+1", "+" + "9" * 40])
_MEMBERS = {
    **{name: st.one_of(_NUMBERS, VALUES) for name in ("from", "to")},
    "text": st.one_of(generated_texts(), VALUES),
    "advance": st.one_of(st.sampled_from([0, -1, 1.5, True, "1", 10**30]), VALUES),
    "next_webhook": st.one_of(st.sampled_from(["drop", "Drop"]), VALUES),
    **dict.fromkeys(("webhook_url", "media_urls", "messaging_profile_id", "x"), VALUES),
}
_BODIES = st.one_of(
    st.fixed_dictionaries({}, optional=_MEMBERS).map(json.dumps),
    VALUES.map(json.dumps),
    st.sampled_from(["", "{", "[" * 3_000, '{"from":' * 500, "\x00", "{}" + " " * 20_000]),
)
_PATHS = [
    *("texts", "messages", "clock", "faults", "log", "v2/messages", "v2/messages/x", "nothing"),
    *("log?after=" + "9" * 5_000, "log?wait=" + "1" * 5_000, "messages?phone_number=%ED%A0%80"),
    *("v2/webhook_deliveries?page[size]=" + "9" * 5_000, "v2/messaging_optouts?page[number]=-1"),
    *("static/..%2f..%2fapp.py", "static/%00", "static//etc/passwd", "v2/balance"),
]


@pytest.fixture(scope="module")
def held(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldService]:
    """A service whose sandbox answers as that of the demo."""
    folder = tmp_path_factory.mktemp("sandbox")
    shutil.copyfile(sqlite_template, folder / "textlogin.db")
    with held_service(f"sqlite:///{folder}/textlogin.db", own_webhooks=True) as held:
        yield held


def is_this_machine(host: str) -> bool:
    """By the standard library's reading."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def ask(held: HeldService, method: str, path: str, headers: Any, body: str = "") -> Any:
    http = held.service.sandbox_http
    content = body.encode("utf-8", "surrogatepass")
    return held.run(http.request(method, f"/{path}", headers=headers, content=content))


@settings(_FEW, max_examples=_PER_CALL * _FEW.max_examples)
@given(
    method=st.sampled_from(["GET", "POST", "POST", "PATCH", "PUT", "DELETE"]),
    path=st.sampled_from(_PATHS),
    body=_BODIES,
)
def test_no_call_makes_the_sandbox_fail(
    held: HeldService, method: str, path: str, body: str
) -> None:
    answer = ask(held, method, path, _OWN, body)
    assert answer.status_code < 500
    assert "traceback" not in answer.text.lower()


@settings(_FEW, max_examples=_PER_CALL * _FEW.max_examples)
@given(host=_HOSTS, origin=st.none() | _HOSTS)
def test_only_this_machine_and_its_own_pages_are_answered(
    held: HeldService, host: str, origin: str | None
) -> None:
    headers = [(b"host", host.encode("latin-1"))]
    if origin is not None:
        headers.append((b"origin", f"http://{origin}".encode("latin-1")))
    answer = ask(held, "GET", "messages", headers)
    assert answer.status_code in {200, 403}
    if answer.status_code == 200:
        assert is_this_machine(host)
        assert origin is None or is_this_machine(origin)
