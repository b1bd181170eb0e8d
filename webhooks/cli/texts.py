"""`textlogin texts`: every text that phones can get, in every language, with its length."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import typer

from bot.wording import SEGMENT, Catalogue, gsm_7_length
from webhooks.cli.output import fail
from webhooks.service import catalogue

#: What the texts say in an ordinary service.
TYPICAL = {
    "app": "Textlogin",
    "code": "482915",
    "digits": "6",
    "minutes": "5",
    "seconds": "40",
    "hours": "2",
    "left": "4",
    "label": "Safari, Rome",
    "origin": "login.shop.test1",
    "contact": "help@shop.example",
}
#: The longest values that they may have.
LONGEST = {
    "app": "The App of Long Name",
    "code": "48291573",
    "digits": "8",
    "minutes": "1440",
    "seconds": "120",
    "hours": "3",
    "left": "100",
    "label": "Firefox 128, Llanfairpwl",
    "origin": "accounts.example-company.com",
    "contact": "https://www.example-company.com/sms-help",
}
_VALUES = {"typical": TYPICAL, "longest": LONGEST}
_TEXT_WIDTH = 90
_LINE_BREAK = " ⏎ "


class Shown(NamedTuple):
    """One text as it is listed. `septets` is its length, None if it is not GSM-7."""

    kind: str
    values: str
    septets: int | None
    text: str


def show(locale: str | None, kind: str | None) -> None:
    """Print the texts, of one language or kind if that is given. Exits with 2 if it is unknown."""
    texts = catalogue()
    languages = _chosen("locale", locale, texts.languages)
    kinds = _chosen("kind", kind, texts.kinds)
    for language in languages:
        typer.echo(f"{language}: septets of {SEGMENT}, typical and longest values\n")
        for shown in listed(texts, language, kinds):
            typer.echo(_lines(shown, max(map(len, texts.kinds))))
        typer.echo()


def listed(texts: Catalogue, language: str, kinds: Sequence[str]) -> Iterator[Shown]:
    """Each kind twice: with typical and with the longest values."""
    for kind in kinds:
        for name, values in _VALUES.items():
            text = texts.text(kind, language, _carried(kind, values))
            yield Shown(kind, name, gsm_7_length(text), text)


def _carried(kind: str, values: Mapping[str, str]) -> dict[str, str]:
    """What such a message carries: only a code for a page has a host."""
    return {
        name: value for name, value in values.items() if name != "origin" or kind == "code_page"
    }


def _chosen(option: str, value: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if value is None:
        return known
    if value not in known:
        fail(f"No such {option}: {value}. There are: {', '.join(known)}.", 2)
    return (value,)


def _lines(shown: Shown, width: int) -> str:
    """One text in columns, on as many lines as it needs."""
    kind = shown.kind if shown.values == "typical" else ""
    head = f"{kind:<{width}}  {shown.values}  {shown.septets or 'UCS-2':>5}  "
    text = shown.text.replace("\n", _LINE_BREAK)
    return textwrap.fill(
        text,
        width=len(head) + _TEXT_WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
