"""`textlogin texts --samples`: what 10DLC and toll-free registration ask for, word by word.

Reviewers compare the samples with what phones get, so every text comes from the catalogue.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

import typer
from pydantic import SecretStr, ValidationError

from bot.vocabulary import CARRIER_STOP
from webhooks.cli.demo_settings import ANY_PUBLIC_KEY, NUMBER
from webhooks.cli.texts import TYPICAL
from webhooks.service import catalogue
from webhooks.setting_messages import explain
from webhooks.setting_types import NonEmptySecret, Numbers, PublicKey, SecretKeys
from webhooks.settings import EXIT_CONFIG, Settings

_DISCLOSURE = (
    "By entering your phone number, you agree to receive one-time codes from {app} by text "
    "message. Message frequency varies. Message and data rates may apply. Reply STOP to opt out, "
    "HELP for help."
)
_FLOW = (
    "Users log in at {url}. (1) They enter their phone number in the form there, with this "
    'sentence next to the button: "{disclosure}" (2) Or they read on that page: Text LOGIN and '
    "the letters shown, to {number}, with the same sentence beside it, and send that text. Each "
    "code is sent because its user has asked for it at that moment. No other texts are sent."
)
_SUMMARY = "{app} sends one-time codes to users who log in and ask for one. No marketing."
_WIDTH = 100


class _Brand(Settings):
    """The settings that the samples name; the others need not be there yet."""

    telnyx_api_key: NonEmptySecret = SecretStr("-")
    telnyx_public_key: PublicKey = ANY_PUBLIC_KEY
    telnyx_phone_number: Numbers = (NUMBER,)
    secret_key: SecretKeys = (SecretStr("-" * 32),)


def show_samples() -> None:
    """Print them. Exits with 78 if a setting is invalid."""
    try:
        brand = _Brand()
    except ValidationError as error:
        print(explain(error, Settings.model_fields), file=sys.stderr)
        raise SystemExit(EXIT_CONFIG) from None
    for heading, fields in (("10DLC campaign", campaign(brand)), ("Toll-free", toll_free(brand))):
        typer.echo(f"{heading}\n")
        for name, value in fields.items():
            typer.echo("\n".join(_lines(name, value)))
        typer.echo()
    typer.echo(
        "Toll-free verification also asks for your address, a contact, and your business "
        "registration: number, type and country."
    )


def campaign(brand: Settings) -> dict[str, str]:
    """The fields of a 10DLC campaign, as Telnyx's API names them."""
    return {
        "usecase": "2FA",
        "description": _SUMMARY.format(app=brand.app_name),
        "message_flow": _message_flow(brand),
        "sample1": _text(brand, "code"),
        "sample2": _text(brand, "code_page"),
        "sample3": _text(brand, "hint"),
        "optin_keywords": "LOGIN,START",
        "optin_message": _text(brand, "code"),
        "optout_keywords": ",".join(word for word in CARRIER_STOP if " " not in word),
        "optout_message": _text(brand, "stopped"),
        "help_keywords": "HELP,INFO",
        "help_message": _help(brand),
        "privacy_policy_link": brand.privacy_url or "set PRIVACY_URL: it is required",
        "terms_and_conditions_link": brand.terms_url or "set TERMS_URL: it is required",
        "embedded_link": "false",
        "embedded_phone": "false",
    }


def toll_free(brand: Settings) -> dict[str, str]:
    """The fields of a toll-free verification, as Telnyx's API names them."""
    fields = campaign(brand)
    return {
        "useCase": "2FA",
        "useCaseSummary": fields["description"],
        "productionMessageContent": fields["sample1"],
        "optInWorkflow": fields["message_flow"],
        "optInKeywords": fields["optin_keywords"],
        "optInConfirmationResponse": fields["optin_message"],
        "helpMessageResponse": fields["help_message"],
        "privacyPolicyURL": fields["privacy_policy_link"],
        "termsAndConditionURL": fields["terms_and_conditions_link"],
    }


def _message_flow(brand: Settings) -> str:
    return _FLOW.format(
        url=brand.public_url or "(set PUBLIC_URL)",
        number=brand.telnyx_phone_number[0],
        disclosure=_DISCLOSURE.format(app=brand.app_name),
    )


def _help(brand: Settings) -> str:
    return _text(brand, "help_contact" if brand.support_contact else "help")


def _text(brand: Settings, kind: str) -> str:
    """A text of the catalogue as an ordinary phone gets it."""
    host = (brand.public_url or "").partition("://")[2]
    values = TYPICAL | {"app": brand.app_name, "contact": brand.support_contact or ""}
    del values["origin"]
    if kind == "code_page" and host:
        values["origin"] = host
    values["code"] = values["code"][: brand.code_length].ljust(brand.code_length, "7")
    return catalogue().text(kind, "en", values)


def _lines(name: str, value: str) -> Iterator[str]:
    for number, line in enumerate(value.split("\n")):
        head = f"  {name:<28}" if number == 0 else " " * 30
        yield textwrap.fill(
            line,
            width=_WIDTH,
            initial_indent=head,
            subsequent_indent=" " * 30,
            break_long_words=False,
            break_on_hyphens=False,
        )
