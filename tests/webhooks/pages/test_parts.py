"""Small parts of the pages, by themselves."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from bot.codes import Secrets
from tests.harness.clock import HOUR_MS
from webhooks.pages.browser import browser_name, label
from webhooks.pages.colour import AA, DARK_SURFACE, LIGHT_SURFACE, contrast, shades
from webhooks.pages.cookie import CookieJar, Visit
from webhooks.pages.typed_code import code_in
from webhooks.pages.web_app import way_back

NEW, OLD = "n" * 32, "o" * 32


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("482915", "482915"),
        (" 482 915 ", "482915"),
        ("482-915", "482915"),
        ("４８２９１５", "482915"),
        ("Textlogin: 482915 is your code, 5 min. Type it on the page.", "482915"),
        ("482915\n@login.example #482915", "482915"),
        ("Your code is 482915, not 482916", None),
        ("48291", None),
        ("4829155", None),
        ("", None),
        ("code", None),
        ("1" * 10_000, None),
    ],
)
def test_a_code_is_found_in_what_people_paste(typed: str, code: str | None) -> None:
    assert code_in(typed, 6) == code


@pytest.mark.parametrize(
    "accent", ["#0a7d5a", "#8a1c5c", "#1d4ed8", "#b3261e", "#000000", "#6b6b00", "#767676"]
)
def test_every_shade_can_be_read_on_what_it_is_used_on(accent: str) -> None:
    light, dark = shades(accent)["light"], shades(accent)["dark"]
    for theme, surface in ((light, LIGHT_SURFACE), (dark, DARK_SURFACE)):
        assert contrast(theme["accent-text"], surface) >= AA
        assert contrast(theme["accent-text"], theme["accent-soft"]) >= AA
        assert contrast(theme["on-accent"], theme["accent"]) >= AA
        assert contrast(theme["on-accent"], theme["accent-hover"]) >= AA


def test_a_cookie_opens_under_an_older_key_and_under_no_other() -> None:
    visit = Visit(at=HOUR_MS, language="de", verification="ver_1", client="shop", state="s")
    sealed = CookieJar(Secrets([OLD])).seal(visit)

    assert CookieJar(Secrets([NEW, OLD])).open(sealed, HOUR_MS) == visit
    assert CookieJar(Secrets([NEW])).open(sealed, HOUR_MS) == Visit()


def test_a_cookie_that_was_changed_anywhere_is_empty() -> None:
    jar = CookieJar(Secrets([NEW]))
    sealed = jar.seal(Visit(at=HOUR_MS, language="de", verification="ver_1"))
    for place in range(len(sealed)):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        assert jar.open(changed, HOUR_MS) == Visit()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.0", None),
        ("", None),
    ],
)
def test_a_browser_is_called_by_its_usual_name(agent: str, name: str | None) -> None:
    scope = {"type": "http", "headers": [(b"user-agent", agent.encode())]}
    assert browser_name(Request(scope)) == name


@pytest.mark.parametrize(
    ("client", "browser", "shown"),
    [
        ("shop", "Chrome, Windows", "shop, Chrome, Windows"),
        ("a_long_name_of_a_web_app", "Chrome, Windows", "a long name of a web app"),
        ("shop123456", None, "shop"),
        ("", None, None),
    ],
)
def test_a_label_is_short_and_has_no_code(
    client: str, browser: str | None, shown: str | None
) -> None:
    assert label(client, browser) == shown


@pytest.mark.parametrize(
    ("return_to", "back"),
    [
        ("https://a.example/in", "https://a.example/in?verification=v&state=s+%26"),
        ("https://a.example/in?x=1#y", "https://a.example/in?x=1&verification=v&state=s+%26#y"),
    ],
)
def test_the_way_back_keeps_what_was_registered(return_to: str, back: str) -> None:
    assert way_back(return_to, "v", "s &") == back
