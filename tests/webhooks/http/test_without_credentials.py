"""Generated requests without a valid signature, key, token or cookie: nothing changes.

`--examples=1000` generates more of them, and different ones each time.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.generated_request import GeneratedRequest
from tests.harness.held_service import held_service
from tests.harness.known_logins import KnownLogins, known_logins
from tests.harness.phone import PHONE
from tests.harness.telnyx_events import WEBHOOK_PATH, Signer, text_event
from webhooks.telnyx.signature import TOLERANCE_S

_FEW = settings.get_profile("requests")
_PER_CALL = 8
#: All but 500; 503 only where the database is down, which it is not.
_DOCUMENTED = {
    *(200, 303, 304, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 431),
    0,  # the client left while it waited
}


@pytest.fixture(scope="module")
def known(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnownLogins]:
    path = tmp_path_factory.mktemp("known") / "textlogin.db"
    shutil.copyfile(sqlite_template, path)
    with held_service(f"sqlite:///{path}", own_webhooks=True) as held:
        yield held.run(known_logins(held))


def _spoiled(credential: bytes, at: int, kind: str) -> bytes:
    """Not this credential: a byte changed, added or missing, which no reader may forgive."""
    at %= len(credential)
    if kind == "cut":
        return credential[:at]
    if kind == "more":
        return credential + b"0"
    return credential[:at] + bytes([credential[at] ^ 1]) + credential[at + 1 :]


@st.composite
def credentials(draw: st.DrawFn, known: KnownLogins) -> list[tuple[bytes, bytes]]:
    """Headers that let nobody in."""
    kind = draw(st.sampled_from(["none", "bearer", "basic", "cookie", "token of another", "noise"]))
    change = draw(st.sampled_from(["cut", "more", "flip"]))
    at = draw(st.integers(0, 500))
    bearer = draw(st.sampled_from(known.bearers))
    if kind == "bearer":
        return [(b"authorization", b"Bearer " + _spoiled(bearer, at, change))]
    if kind == "basic":
        given = draw(
            st.sampled_from([b"Basic " + base64.b64encode(bearer), bearer, b"Token " + bearer])
        )
        return [(b"authorization", given)]
    if kind == "cookie":
        cookie = _spoiled(known.cookies[0], at, change)
        return [(b"cookie", draw(st.sampled_from([b"__Host-textlogin=", b"textlogin="])) + cookie)]
    if kind == "token of another":  # in places where no credential is read
        return [(b"cookie", b"authorization=Bearer " + bearer), (b"x-api-key", bearer)]
    if kind == "noise":
        return [(b"authorization", draw(st.binary(max_size=300)))]
    return []


@st.composite
def requests(draw: st.DrawFn, known: KnownLogins) -> GeneratedRequest:
    """Well-formed calls with what an attacker may know, and others."""
    id = draw(st.sampled_from([*known.ids, "ver_" + "0" * 47, "%00", "..", "ver_"]))
    code, words = draw(st.sampled_from(known.codes)), draw(st.sampled_from(known.words))
    calls: list[tuple[str, str, bytes]] = [
        ("POST", "/v1/verifications", b'{"method": "sms", "phone_number": "+14155550128"}'),
        ("POST", "/v1/verifications", b'{"method": "text"}'),
        ("POST", f"/v1/verifications/{id}/check", f'{{"code": "{code}"}}'.encode()),
        ("POST", f"/v1/verifications/{id}/resend", b""),
        ("POST", f"/v1/verifications/{id}/cancel", b"{}"),
        ("POST", f"/v1/verifications/{id}/redeem", b""),
        ("GET", f"/v1/verifications/{id}?wait=1", b""),
        ("GET", f"/v1/verifications/{id}/events", b""),
        ("GET", f"/v1/verifications/{id}/qr.svg?ref={words[-6:]}", b""),
        ("GET", "/v1/verifications?phone_number=%2B14155550123", b""),
        ("POST", "/verify", f"token={code}".encode()),
        ("POST", "/verify/resend", b""),
        ("POST", "/verify/confirm", b"mine=yes"),
        ("GET", "/verify/status?wait=1", b""),
        ("GET", "/?client=shop&return_to=x&state=y", b""),
        ("POST", WEBHOOK_PATH, text_event(draw(st.sampled_from([code, words, "NO", "STOP"])))),
        ("POST", "/sandbox/texts", b'{"from": "+14155550123", "text": "NO"}'),
        ("POST", "/sandbox/clock", b'{"advance": 86400}'),
        ("POST", "/sandbox/v2/messages", b'{"to": "+14155550123"}'),
        *(("GET", path, b"") for path in ("/readyz", "/metrics", "/docs", "/openapi.json", "/x")),
    ]
    method, target, body = draw(st.sampled_from(calls))
    method = draw(
        st.sampled_from([method] * 5 + ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    )
    body = draw(st.one_of(st.just(body), st.just(body), st.binary(max_size=60)))
    kinds = [b"application/json", b"application/x-www-form-urlencoded", b"text/plain", b"\xff"]
    kind = draw(st.sampled_from(kinds[1:] if target.startswith("/verify") else kinds))
    headers = [
        (b"content-type", kind),
        (b"host", draw(st.sampled_from([b"login.test", b"", b"x"]))),
    ]
    headers += draw(credentials(known)) + draw(_more(known))
    return GeneratedRequest(method, target.encode(), headers, body)


def _more(known: KnownLogins) -> st.SearchStrategy[list[tuple[bytes, bytes]]]:
    """Headers that some servers believe."""
    return st.lists(
        st.sampled_from(
            [
                *(
                    (b"origin", one)
                    for one in (b"https://login.test", b"null", b"http://127.0.0.1")
                ),
                *((b"host", one) for one in (b"127.0.0.1", b"\xff", b"h" * 9_000)),
                *((b"content-length", one) for one in (b"0", b"3", b"-1", b"9" * 50, b"\xb2")),
                (b"transfer-encoding", b"chunked"),
                (b"x-http-method-override", b"POST"),
                (b"x-original-url", b"/v1/verifications"),
                (b"x-forwarded-for", b"127.0.0.1"),
                (b"idempotency-key", b"k"),
                (b"cookie", b"__Host-textlogin=" + b"a" * 4_000),
                (b"access-control-request-method", b"POST"),
                (b"x-long", b"l" * 17_000),
                (b"\xff", b"\x00"),
            ]
        ),
        max_size=3,
    )


@settings(_FEW, max_examples=_PER_CALL * _FEW.max_examples)
@given(data=st.data())
def test_without_a_credential_nothing_changes(known: KnownLogins, data: st.DataObject) -> None:
    request = data.draw(requests(known))
    answer = known.held.answer(request)
    assert answer.status in _DOCUMENTED, answer
    assert known.held.state() == known.state
    if request.target.startswith(b"/v1/verifications"):
        assert all(secret.encode() not in answer.body for secret in (PHONE, *known.codes))


@st.composite
def calls_with_wrong_bearers(draw: st.DrawFn, known: KnownLogins) -> GeneratedRequest:
    """What a web app or a browser would send, but for the credential."""
    of = draw(st.integers(0, len(known.ids) - 1))
    own = known.bearers[of + 1]
    change = draw(st.sampled_from(["flip", "flip", "cut", "more", "another's"]))
    if change == "another's":
        bearer = draw(st.sampled_from([one for one in known.bearers[1:] if one != own]))
    else:
        at = draw(st.integers(0, len(own) - 1))
        bearer = _spoiled(draw(st.sampled_from([own, own, known.bearers[0]])), at, change)
    action, body = draw(
        st.sampled_from(
            [("check", f'{{"code": "{code}"}}') for code in known.codes]
            + [("cancel", ""), ("resend", "{}"), ("redeem", "")]
        )
    )
    headers = [
        (b"host", b"login.test"),
        (b"content-type", b"application/json"),
        (b"authorization", b"Bearer " + bearer),
    ]
    target = f"/v1/verifications/{known.ids[of]}/{action}".encode()
    return GeneratedRequest("POST", target, headers, body.encode())


@settings(_FEW, max_examples=5 * _FEW.max_examples)
@given(data=st.data())
def test_a_wrong_bearer_is_refused_whatever_it_asks_for(
    known: KnownLogins, data: st.DataObject
) -> None:
    answer = known.held.answer(data.draw(calls_with_wrong_bearers(known)))
    assert answer.status in {401, 403, 404}
    assert known.held.state() == known.state


@st.composite
def forms_of_other_sites(draw: st.DrawFn) -> GeneratedRequest:
    """A form on a page elsewhere; its browser says so."""
    sites = [
        *(
            (b"sec-fetch-site", one)
            for one in (b"cross-site", b"same-site", b"", b"\xff", b"none,")
        ),
        *(
            (b"origin", one)
            for one in (b"https://evil.example", b"null", b"https://login.test:444")
        ),
        *((b"origin", one) for one in (b"", b"login.test", b"https://login.test.evil.example")),
    ]
    fields = draw(st.sampled_from([b"phone=%2B14155550128", b"", b"phone=4155550128&region=US"]))
    kind = draw(st.sampled_from([b"application/x-www-form-urlencoded", b"text/plain", b""]))
    headers = [(b"host", b"login.test"), (b"content-type", kind), draw(st.sampled_from(sites))]
    return GeneratedRequest("POST", b"/request", headers, fields)


@settings(_FEW)
@given(request=forms_of_other_sites())
def test_a_page_of_another_site_opens_no_login(
    known: KnownLogins, request: GeneratedRequest
) -> None:
    assert known.held.answer(request).status == 403
    assert known.held.state() == known.state


@st.composite
def forgeries(draw: st.DrawFn, known: KnownLogins) -> tuple[bytes, dict[bytes, bytes]]:
    """A webhook that Telnyx signed, and what an attacker may do with it."""
    service = known.held.service
    now = service.clock.wall() // 1000
    body = text_event(draw(st.sampled_from([*known.codes, *known.words, "NO", "STOP"])))
    kind = draw(
        st.sampled_from(["old", "early", "other body", "other time", "flip", "own key", "without"])
    )
    late = draw(st.sampled_from([TOLERANCE_S + 1, TOLERANCE_S + 2, 86_400, 10**9]))
    seconds = {"old": now - late, "early": now + late}.get(kind, now)
    signed = (Signer(service.clock) if kind == "own key" else service.signer).headers(
        body, str(seconds)
    )
    headers = {name.encode(): value.encode() for name, value in signed.items()}
    if kind == "other body":
        body = text_event("NO")
    if kind == "other time":
        headers[b"telnyx-timestamp"] = draw(
            st.sampled_from(
                [str(now + 1).encode(), f"{now}.0".encode(), b"0" + str(now).encode(), b""]
            )
        )
    if kind == "flip":
        value = headers[b"telnyx-signature-ed25519"]
        at = draw(st.integers(0, len(value) - 4))
        flipped = b"A" if value[at : at + 1] != b"A" else b"B"
        headers[b"telnyx-signature-ed25519"] = value[:at] + flipped + value[at + 1 :]
    if kind == "without":
        del headers[draw(st.sampled_from(sorted(headers)))]
    return body, headers


@settings(_FEW, max_examples=3 * _FEW.max_examples)
@given(data=st.data())
def test_a_webhook_that_telnyx_did_not_sign_like_this_changes_nothing(
    known: KnownLogins, data: st.DataObject
) -> None:
    body, headers = data.draw(forgeries(known))
    target = WEBHOOK_PATH.encode()
    answer = known.held.answer(GeneratedRequest("POST", target, list(headers.items()), body))
    assert answer.status == 403
    assert known.held.state() == known.state


def test_nothing_was_sent_by_all_that(known: KnownLogins) -> None:
    known.holds_still()
