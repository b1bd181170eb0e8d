"""Languages and countries."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import phonenumbers
import pytest

from tests.harness.person import person
from tests.harness.phone import PHONE
from webhooks.pages.countries import name
from webhooks.pages.languages import LANGUAGES


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("ja,fr;q=0.5,es;q=0.7", "es"),
        ("pt-BR", "pt"),
        ("ja, zh;q=0.9", "en"),
        ("en;q=0,fr", "fr"),
        ("*;q=x,,;;q=", "en"),
    ],
)
async def test_the_browser_chooses_the_language(
    sqlite_url: str, accepted: str, language: str
) -> None:
    async with person(sqlite_url) as (_service, browser):
        browser.http.headers["Accept-Language"] = accepted
        await browser.get("/")
        assert f'<html lang="{language}">' in browser.page.text


async def test_a_chosen_language_is_remembered(sqlite_url: str) -> None:
    async with person(sqlite_url) as (_service, browser):
        browser.http.headers["Accept-Language"] = "fr"
        await browser.get("/", lang="de")
        await browser.enter(PHONE)
        assert browser.heading == "Code eingeben"
        await browser.get("/verify", lang="pt")
        assert browser.heading == "Digite o seu código"
        await browser.get("/verify", lang="xx")
        assert browser.heading == "Digite o seu código"


# -- countries -------------------------------------------------------------------------------------


async def test_few_regions_need_no_choice(sqlite_url: str) -> None:
    async with person(sqlite_url, allowed_regions=("US", "CA", "DE")) as (_service, browser):
        await browser.get("/")
        assert "<select" not in browser.page.text
        assert "Start with + and the country code." in browser.words


async def test_many_regions_are_a_choice_and_a_plus_wins(sqlite_url: str) -> None:
    regions = ("US", "CA", "DE", "FR")
    async with person(sqlite_url, allowed_regions=regions) as (service, browser):
        browser.http.headers["Accept-Language"] = "fr-FR"
        await browser.get("/")
        assert '<option value="FR" selected>France (+33)</option>' in browser.page.text
        assert "États-Unis (+1)" in browser.page.text
        for phone, region in (("0151 23456789", "DE"), ("+33 6 12 34 56 78", "DE")):
            await browser.enter(phone, region=region)
            assert browser.page.status_code == 200
        rows = service.rows("SELECT phone FROM verifications ORDER BY id")
        assert rows == [("+4915123456789",), ("+33612345678",)]


def test_every_region_has_a_name_in_every_language() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        for language in LANGUAGES:
            assert name(region, language) != region


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_sentence_with_the_same_places(language: str) -> None:
    folder = files("webhooks").joinpath("pages", "locales")
    english, own = (
        tomllib.loads(folder.joinpath(f"{tag}.toml").read_text("utf-8")) for tag in ("en", language)
    )
    assert own.keys() == english.keys()
    for key, sentence in own.items():
        assert set(re.findall(r"\{\w+\}", sentence)) == set(re.findall(r"\{\w+\}", english[key])), (
            key
        )


def test_every_sentence_is_used() -> None:
    folder = files("webhooks").joinpath("pages")
    english = tomllib.loads(folder.joinpath("locales", "en.toml").read_text("utf-8"))
    source = "".join(
        path.read_text("utf-8")
        for path in Path(str(folder)).rglob("*")
        if path.suffix in (".py", ".html")
    )
    unused = [
        key
        for key in english
        if not re.search(rf"\b{re.escape(re.sub('_(title|text)$', '', key))}", source)
    ]
    assert unused == []
