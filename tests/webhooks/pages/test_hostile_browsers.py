"""Generated forms, cookies and links: no page fails, repeats markup or leads to a strange place.

`--examples=1000` generates more of them, and different ones each time.
"""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.clients_command import ClientsCommand
from tests.harness.generated_request import GeneratedRequest, RequestAnswer
from tests.harness.generated_text import generated_texts
from tests.harness.held_service import HeldService, held_service
from tests.harness.page_markup import PageMarkup
from tests.harness.person import Person
from tests.harness.phone import PHONE, code_in

_FEW = settings.get_profile("requests")
_PER_CALL = 5
RETURN_TO = "https://shop.example/in?from=login"
_LINK = {"client": "kiosk", "return_to": RETURN_TO, "state": "s" * 20}
_BACK = re.compile(re.escape(RETURN_TO) + r"&verification=ver_[0-9a-f]{47}&state=[^&#\s]+")
_OWN = {"/", "/verify", "/verify?type=1"}
_DOCUMENTED = {200, 303, 304, 400, 403, 404, 405, 413, 415, 422, 429, 431}
_PATHS = st.sampled_from(
    [
        *("/", "/", "/request", "/verify", "/verify", "/verify/resend", "/verify/confirm"),
        *("/verify/status", "/pages.css", "/pages.js", "/verify/", "//verify", "/%2e%2e/verify"),
    ]
)
_MARKUP = st.sampled_from(
    [
        *('"><script>alert(1)</script>', "<x-evil>", "' onfocus=alert(1) '", '" x-evil="'),
        *(
            "</title><x-evil>",
            "<!--",
            "{{ 7*7 }}",
            "{error}",
            "{0.__class__}",
            "%s",
            "javascript:x",
        ),
        *("<svg onload=alert(1)>", "&lt;x-evil&gt;", "]]>", "\x00<x-evil>", "＜script＞"),
    ]
)
_VALUES = st.one_of(_MARKUP, _MARKUP, generated_texts(), st.sampled_from([PHONE, "4155550123", ""]))
#: Where an attacker would like a browser to go.
PLACES = [
    *(
        "//evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "https:evil.example",
        "data:text/html,x",
    ),
    *(
        "javascript:alert(1)",
        "https://shop.example@evil.example/in?from=login",
        "\thttps://evil.example",
    ),
    *("https://shop.example.evil.example/in?from=login", "https://evil.example/?x=" + RETURN_TO),
    *(
        RETURN_TO + "\r\nLocation: https://evil.example",
        RETURN_TO + "#",
        RETURN_TO + "\x00",
        RETURN_TO,
    ),
    *("https://xn--shp-9na.example/in?from=login", "https://shoр.example/in?from=login"),
    *(
        "HTTPS://SHOP.EXAMPLE/in?from=login",
        "https://shop.example:443/in?from=login",
        " " + RETURN_TO,
    ),
    *("https://shop.example/in?from=login&x", "https://shop.example/%69n?from=login", "https:///x"),
]
_QUERY = st.fixed_dictionaries(
    {},
    optional={
        "client": st.one_of(
            st.just("kiosk"), st.sampled_from(["shop", "_pages", "KIOSK"]), _VALUES
        ),
        "return_to": st.one_of(st.sampled_from(PLACES), st.just(RETURN_TO), _VALUES),
        "state": st.one_of(st.just("s"), _VALUES, st.just("s\r\nSet-Cookie: a=b")),
        "lang": st.one_of(st.sampled_from(["de", "xx", "../de", "DE"]), _VALUES),
        "type": _VALUES,
        "wait": st.sampled_from(["1", "9" * 5_000, "-1", "٣", "1e9", ""]),
    },
)
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "phone": _VALUES,
        "region": st.one_of(st.sampled_from(["US", "us", "GB"]), _VALUES),
        "once": st.one_of(st.just("o" * 24), _VALUES),
        "token": st.one_of(st.sampled_from(["000000", "０００００１"]), _VALUES),
        "form": _VALUES,
        "mine": st.sampled_from(["yes", "no", "maybe", "<x-evil>"]),
    },
)
_HOSTS = st.sampled_from(
    [
        b"login.test",
        b"login.test",
        b"evil.example",
        b"",
        b"[::",
        b"a b",
        b"\xff",
        b"x:99999",
        b"<x>",
    ]
)
_BYTES = st.one_of(
    _MARKUP.map(str.encode), st.binary(max_size=40), st.sampled_from([b"de;q=x", b"*"])
)
_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *(b"accept-language", b"user-agent", b"if-none-match", b"x-forwarded-for"),
                *(b"x-forwarded-host", b"forwarded", b"referer", b"traceparent", b"content-type"),
                *(b"content-length", b"sec-fetch-site", b"origin"),
            ]
        ),
        _BYTES,
    ),
    max_size=3,
)


@dataclass(frozen=True)
class Site:
    """The pages, and the cookies of browsers that are at different steps."""

    held: HeldService
    cookies: list[str]
    code: str

    def ask(self, request: GeneratedRequest) -> RequestAnswer:
        return self.held.answer(request)

    def approved(self) -> int:
        return self.held.service.count("verifications", "status = 'approved'")


async def _cookie(browser: Person) -> str:
    return browser.http.cookies["__Host-textlogin"]


async def _browsers(held: HeldService) -> Site:
    """Browsers that show letters, a form for a code, a web app's form; and one code."""
    service, cookies = held.service, []
    for phone, link in ((None, {}), (PHONE, {}), ("+14155550124", _LINK), (None, _LINK)):
        browser = Person(service)
        async with browser.http:
            await browser.get("/", **link)
            await browser.post("/request", **({"phone": phone} if phone else {}))
            cookies.append(await _cookie(browser))
    code = code_in((await service.phone().reads()).partition("\n@")[0])
    return Site(held, cookies, code)


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    path = tmp_path_factory.mktemp("pages") / "textlogin.db"
    shutil.copyfile(sqlite_template, path)
    url = f"sqlite:///{path}"
    ClientsCommand(url).succeeds("add", "kiosk", "--return-to", RETURN_TO)
    with held_service(url, fraud_guard="off", codes_per_ip_hour=10_000) as held:
        yield held.run(_browsers(held))


@st.composite
def requests(draw: st.DrawFn, cookies: st.SearchStrategy[bytes]) -> GeneratedRequest:
    """A request that a page of ours, or of an attacker, could lead to."""
    query = urlencode(draw(_QUERY), errors="surrogatepass")
    target = draw(_PATHS) + ("?" + query if query else "")
    body = urlencode(draw(_FIELDS), errors="surrogatepass").encode()
    headers = [(b"host", draw(_HOSTS)), (b"cookie", draw(cookies)), *draw(_HEADERS)]
    method = draw(st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT"]))
    return GeneratedRequest(method, target.encode(), headers, body)


@st.composite
def mutated(draw: st.DrawFn, cookie: str) -> str:
    """Not this cookie any more."""
    at = draw(st.integers(0, len(cookie) - 1))
    kind = draw(st.sampled_from(["cut", "swap", "insert", "body", "no mac", "twice"]))
    if kind == "cut":
        return cookie[:at]
    if kind == "insert":
        return cookie[:at] + draw(st.sampled_from([".", "A", "=", " ", "é"])) + cookie[at:]
    body, _, mac = cookie.partition(".")
    if kind == "body":
        decoded = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        changed = decoded.replace(b"false", b"true").replace(b'""', b'"de"', 1)
        return f"{base64.urlsafe_b64encode(changed).decode().rstrip('=')}.{mac}"
    if kind == "no mac":
        return body + "."
    if kind == "twice":
        return f"{cookie}.{mac}"
    swapped = "A" if cookie[at] != "A" else "B"
    return cookie[:at] + swapped + cookie[at + 1 :]


def check(answer: RequestAnswer) -> None:
    """A documented status, no strange markup, no way to a strange place."""
    assert answer.status in _DOCUMENTED, answer
    for name, value in answer.headers:
        assert not re.search(rb"[\r\n\x00]", name + value)
    location = (answer.header(b"location") or b"/").decode()
    assert location in _OWN or _BACK.fullmatch(location), location
    if (answer.header(b"content-type") or b"").startswith(b"text/html"):
        assert PageMarkup(answer.body.decode()).faults == []
    assert b"evil.example" not in (answer.header(b"content-security-policy") or b"")


@settings(_FEW, max_examples=_PER_CALL * _FEW.max_examples)
@given(data=st.data())
def test_pages_neither_fail_nor_repeat_markup_nor_lead_elsewhere(
    site: Site, data: st.DataObject
) -> None:
    cookies = st.sampled_from([f"__Host-textlogin={one}".encode() for one in site.cookies])
    check(site.ask(data.draw(requests(cookies))))


@settings(_FEW, max_examples=_PER_CALL * _FEW.max_examples)
@given(data=st.data())
def test_a_cookie_that_we_did_not_make_is_none(site: Site, data: st.DataObject) -> None:
    """Even the right code is nothing without the browser that asked for it."""
    owner = site.cookies[1]
    cookie = data.draw(mutated(owner))
    if cookie.strip() == owner:  # as cookies are read
        return
    name = data.draw(st.sampled_from(["__Host-textlogin", "textlogin", "__host-textlogin"]))
    before = site.held.settled()
    headers = [
        (b"host", b"login.test"),
        (b"cookie", f"{name}={cookie}".encode("latin-1")),
        (b"sec-fetch-site", b"same-origin"),
    ]
    body = urlencode({"token": site.code}).encode()
    answer = site.ask(GeneratedRequest("POST", b"/verify", headers, body))
    check(answer)
    assert answer.status == 400
    assert site.held.settled() == before


@pytest.mark.parametrize("place", [one for one in PLACES if one != RETURN_TO])
def test_a_link_to_an_unregistered_place_is_refused(site: Site, place: str) -> None:
    query = urlencode(_LINK | {"return_to": place}).encode()
    answer = site.ask(GeneratedRequest("GET", b"/?" + query, [(b"host", b"login.test")]))
    check(answer)
    assert answer.status == 400
    assert answer.header(b"location") is None
    assert answer.header(b"set-cookie") is None


@pytest.mark.parametrize("host", [b"[::", b"[", b"a b", b"\xff", b"", b"x:99999", b"<x>"])
@pytest.mark.parametrize("path", [b"/", b"/verify", b"/pages.css", b"/pages.js?v=1"])
def test_no_host_makes_a_page_fail(site: Site, path: bytes, host: bytes) -> None:
    check(site.ask(GeneratedRequest("GET", path, [(b"host", host)])))


@pytest.mark.parametrize(
    "wait", ["9" * 5_000, "0" * 5_000, "9" * 65, "-1", "1e9", "\u0663", "1_0", " 1"]
)
def test_no_wait_makes_the_status_fail(site: Site, wait: str) -> None:
    target = "/verify/status?" + urlencode({"wait": wait})
    cookie = f"__Host-textlogin={site.cookies[0]}".encode()
    headers = [(b"host", b"login.test"), (b"cookie", cookie)]
    first = site.ask(GeneratedRequest("GET", target.encode(), headers))
    assert first.status == 200
    known = (b"if-none-match", first.header(b"etag") or b"")
    assert site.ask(GeneratedRequest("GET", target.encode(), [*headers, known])).status == 304


def test_nobody_was_let_in_by_all_that(site: Site) -> None:
    assert site.approved() == 0
