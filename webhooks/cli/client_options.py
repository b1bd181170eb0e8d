"""What `textlogin clients add` and `edit` take: the options and their checks."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import typer

from bot.records import Binding, CodeEntry
from webhooks.clients.authentication import BINDINGS
from webhooks.setting_types import CLIENT_NAME, ORIGIN

_URL = re.compile(r"https?://[^\s/]+(/\S*)?")

Name = Annotated[str, typer.Argument(help="The web app's name: a-z, 0-9, - and _.")]
Origin = Annotated[
    str | None,
    typer.Option(
        help="https origin of its pages, which may call the API. Texts whose codes are entered on "
        "a page end with its host."
    ),
]
CallbackUrl = Annotated[
    str | None, typer.Option(help="https URL that final statuses are posted to.")
]
ReturnTo = Annotated[str | None, typer.Option(help="https URL that its users return to.")]
Entry = Annotated[
    CodeEntry, typer.Option(help="Default for where codes are entered: page or reply.")
]
Accept = Annotated[
    str, typer.Option(help=f"Accepted bindings, comma-separated: {', '.join(BINDINGS)}.")
]


def check(valid: object, message: str) -> None:
    """Exit with status 2 and this message unless `valid`."""
    if not valid:
        raise typer.BadParameter(message)


def check_name(name: str) -> None:
    """Exit with status 2 if it is no name."""
    check(CLIENT_NAME.fullmatch(name), "NAME must be 1 to 40 characters: a-z, 0-9, - and _")


def check_places(
    origin: str | None, callback_url: str | None, return_to: str | None, *, demo: bool
) -> None:
    """Exit with status 2 if one is malformed. The demo may call http on loopback."""
    check(not origin or ORIGIN.fullmatch(origin), "--origin must be like https://app.example")
    for option, url in (("--callback-url", callback_url), ("--return-to", return_to)):
        wanted = "https, or http on loopback" if demo else "https"
        check(not url or _is_allowed(url, demo=demo), f"{option} must be an {wanted} URL")


def accepted_bindings(accept: str, code_entry: CodeEntry) -> str:
    """The bindings in their order, comma-separated. Exits with status 2 if one is unknown, or if
    `code_entry` leads to one that is not among them."""
    wanted: list[str] = [binding.strip() for binding in accept.split(",")]
    check(set(wanted) <= set(BINDINGS), f"--accept must be of {', '.join(BINDINGS)}")
    needed: Binding = "browser_code" if code_entry == "page" else "sms_reply_ref"
    check(needed in wanted, f"--code-entry {code_entry} needs --accept {needed}")
    return ",".join(binding for binding in BINDINGS if binding in wanted)


def _is_allowed(url: str, *, demo: bool) -> bool:
    if not _URL.fullmatch(url):
        return False
    return url.startswith("https:") or (demo and _is_loopback(urlsplit(url).hostname or ""))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
