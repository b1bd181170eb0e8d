"""A page of another site, in a browser on the demo's machine: it neither texts nor reads codes.

Its browser sends the page's `Origin` with what it posts. With DNS rebinding the page is, for the
browser, at the demo's own address: then `Host` and `Origin` have the page's name.
"""

from __future__ import annotations

import httpx
import pytest

from tests.harness.demo_process import KEY, Demo
from tests.harness.phone import code_in

EVIL = "evil.example"
CROSS_SITE = {"Origin": f"https://{EVIL}", "Sec-Fetch-Site": "cross-site"}
#: What a browser sends of itself, without a preflight.
SIMPLE = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
READS = [
    "/sandbox/messages",
    "/sandbox/log",
    "/sandbox",
    "/sandbox/clock",
    "/sandbox/v2/messages/x",
]
#: Each test has phones of its own.
VICTIM, REBOUND, FORM, LISTED = (f"+1415555033{last}" for last in range(4))


def rebound(demo: Demo) -> dict[str, str]:
    """What a browser sends for a page whose name leads to the demo."""
    host = f"{EVIL}:{httpx.URL(str(demo.http.base_url)).port}"
    return {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize("media_type", SIMPLE)
def test_a_foreign_page_cannot_text(demo: Demo, media_type: str) -> None:
    body = f'{{"from": "{VICTIM}", "text": "LOGIN"}}'
    headers = CROSS_SITE | {"Content-Type": media_type}
    answer = demo.http.post("/sandbox/texts", content=body, headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert demo.texts(VICTIM) == []


def test_a_foreign_page_is_not_shown_what_it_may_ask_for(demo: Demo) -> None:
    """An image or a script of the demo is asked for without an `Origin`."""
    for path in READS:
        answer = demo.http.get(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not answer.headers["content-type"].startswith(("text/javascript", "image/"))
        assert demo.http.get(path, headers=CROSS_SITE).status_code == 403


def test_a_foreign_page_gets_no_permission_in_advance(demo: Demo) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    for path in ("/sandbox/texts", "/v1/verifications", "/verify"):
        answer = demo.http.options(path, headers=CROSS_SITE | asked)
        assert answer.status_code in (403, 405)
        assert "access-control-allow-origin" not in answer.headers


def test_a_rebound_page_reads_no_code(demo: Demo) -> None:
    demo.text("LOGIN", REBOUND)
    code = demo.code(1, REBOUND)
    for path in READS:
        for headers in (rebound(demo), {"Host": EVIL}):
            answer = demo.http.get(path, headers=headers)
            assert answer.status_code == 403
            assert code not in answer.text


def test_a_rebound_page_uses_nothing_of_the_demo(demo: Demo) -> None:
    """The demo's key is known to everybody."""
    login = {"method": "sms", "phone_number": FORM}
    for method, path, body in (
        ("POST", "/sandbox/texts", {"from": FORM, "text": "LOGIN"}),
        ("POST", "/sandbox/clock", {"advance": 60}),
        ("POST", "/v1/verifications", login),
        ("GET", "/v1/verifications?phone_number=%2B14155550333", None),
        ("GET", "/", None),
        ("GET", "/docs", None),
    ):
        answer = demo.http.request(method, path, json=body, headers=rebound(demo))
        assert answer.status_code == 403, path
    answer = demo.http.post("/request", data={"phone": FORM}, headers=rebound(demo))
    assert answer.status_code == 403
    assert demo.texts(FORM) == []


def test_a_foreign_form_sends_no_code(demo: Demo) -> None:
    answer = demo.http.post("/request", data={"phone": LISTED}, headers=CROSS_SITE)
    assert answer.status_code == 403
    assert demo.texts(LISTED) == []


def test_programs_on_this_machine_use_the_demo(demo: Demo) -> None:
    for host in ("localhost", "127.0.0.1:1", "[::1]:8000"):
        assert demo.http.get("/readyz", headers={"Host": host}).status_code == 200
    headers = {"Authorization": f"Bearer {KEY}", "Origin": "http://localhost:3000"}
    sent = {"method": "sms", "phone_number": LISTED}
    assert demo.http.post("/v1/verifications", json=sent, headers=headers).status_code == 201
    assert code_in(demo.reads(1, LISTED).partition("\n@")[0])
