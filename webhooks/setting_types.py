"""Types of the settings: how the text of a variable is split and checked."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo
from pydantic_settings import NoDecode

from bot.phone import E164, one_form
from bot.wording import gsm_7_length, has_digit_run
from storage.database_url import BadDatabaseUrl, parse_database_url
from webhooks.clients.api_key import STANDALONE, ApiKey
from webhooks.http.client_ip import parse_networks
from webhooks.pages.colour import AA, WHITE, contrast
from webhooks.telnyx.signature import is_public_key

CLIENT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)
_PUBLIC_URL = re.compile(
    r"https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?",
    re.ASCII,
)
_ON_LOOPBACK = re.compile(r"http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?(/|$)")
_LINK = re.compile(r"https?://[!-~]{1,2000}", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_CONTACT_CHARACTERS = 40
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
_KEY_CHARACTERS = 32
_TOKEN = re.compile(r"[!-~]{32,200}", re.ASCII)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PUBLIC_KEY_BYTES = 32
_APP_NAME_CHARACTERS = 20
#: Of a bad element, in a message.
_SHOWN_CHARACTERS = 40


def _split(value: Any) -> Any:
    """Comma-separated text as a list; anything else as it is."""
    if isinstance(value, str):
        return [part for piece in value.split(",") if (part := piece.strip())]
    return value


def _split_pairs(value: Any) -> Any:
    """Comma-separated `name:key` pairs as a dict; anything else as it is."""
    if not isinstance(value, str):
        return value
    pairs: dict[str, ApiKey] = {}
    for pair in _split(value):
        name, colon, key = pair.partition(":")
        if not colon or name in pairs:
            place = f", not as pair {len(pairs) + 1}" if "," in value else ""
            raise ValueError(f"must be name:key pairs, with each name once{place}")
        secret = key.removesuffix(STANDALONE)
        pairs[name] = ApiKey(SecretStr(secret), secret != key)
    return pairs


def _bad_ones(values: Sequence[str], is_good: Callable[[str], object]) -> str:
    """Which of several elements are bad: `, not 'UK'`. Empty for one element, which the variable
    names well enough. For settings that are no secrets."""
    bad = [repr(value[:_SHOWN_CHARACTERS]) for value in values if not is_good(value)]
    return f", not {', '.join(bad)}" if bad and len(values) > 1 else ""


def _places(values: Sequence[object], bad: Sequence[bool]) -> str:
    """The same for secrets: `; key 2 of 3 has not`."""
    places = [str(place) for place, one in enumerate(bad, 1) if one]
    return f"; key {' and '.join(places)} of {len(values)} has not" if len(values) > 1 else ""


def _check_not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("must not be empty")
    return value


def _check_operations_token(value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """The port has no other protection than the token."""
    if value is None:
        host = info.data.get("operations_host", _LOOPBACK[0])
        if info.data.get("operations_port") is not None and host not in _LOOPBACK:
            raise ValueError("must be set where OPERATIONS_HOST is not loopback")
    elif not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError(f"must be {_KEY_CHARACTERS} printable ASCII characters or more")
    return value


def _check_public_key(value: str) -> str:
    try:
        key = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _PUBLIC_KEY_BYTES:
        raise ValueError(
            f"must be {_PUBLIC_KEY_BYTES} bytes in base64, as shown in Telnyx's portal"
        )
    if not is_public_key(key):
        raise ValueError("must be a valid Ed25519 key, as shown in Telnyx's portal")
    return value.strip()


def _check_numbers(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or any(not E164.fullmatch(number) for number in value):
        raise ValueError(f"must be E.164, like +14155550100{_bad_ones(value, E164.fullmatch)}")
    return tuple(map(one_form, value))


def _check_url(value: str | None) -> str | None:
    if not value:
        return None
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError("must be an http(s) URL")
    if not value.startswith("https://") and not _ON_LOOPBACK.match(value):
        raise ValueError("must be https, except on loopback: it gets the API key")
    return value.rstrip("/")


def _check_public_url(value: str | None) -> str | None:
    if value is None:
        return None
    url = value.strip().lower().rstrip("/")
    if not _PUBLIC_URL.fullmatch(url):
        raise ValueError("must be an https origin without a path, like https://login.example")
    return url


def _check_link(value: str | None) -> str | None:
    if value is not None and not _LINK.fullmatch(value):
        raise ValueError("must be a URL, like https://app.example/privacy")
    return value


def _check_accent(value: str) -> str:
    colour = value.strip().lower()
    if not _COLOUR.fullmatch(colour):
        raise ValueError("must be a colour like #0a7d5a")
    found = contrast(colour, WHITE)
    if found < AA:
        raise ValueError(
            f"must be darker: white text on it has a contrast of {found:.1f}, WCAG AA asks for {AA}"
        )
    return colour


def _check_secret_keys(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    short = [len(key.get_secret_value()) < _KEY_CHARACTERS for key in value]
    if not value or any(short):
        raise ValueError(f"must have at least {_KEY_CHARACTERS} characters{_places(value, short)}")
    return value


def _check_database_url(value: str) -> str:
    try:
        parse_database_url(value)
    except BadDatabaseUrl as error:
        raise ValueError(str(error)) from None
    return value


def _check_api_keys(value: dict[str, ApiKey]) -> dict[str, ApiKey]:
    for place, name in enumerate(value, 1):  # what is no name may be a key: it is not shown
        if not CLIENT_NAME.fullmatch(name):
            where = f"; that of pair {place} is none" if len(value) > 1 else ""
            raise ValueError(f"must have names of 1 to 40 characters: a-z, 0-9, - and _{where}")
    names: dict[str, str] = {}
    for name, one in value.items():
        key = one.key.get_secret_value()
        if len(key) < _KEY_CHARACTERS:
            least = f"keys of at least {_KEY_CHARACTERS} characters"
            raise ValueError(f"must have {least}; that of {name} is shorter")
        if not _KEY.fullmatch(key):
            raise ValueError(
                f"must have keys of at most 200 printable ASCII characters; that of {name} is none"
            )
        if names.setdefault(key, name) != name:
            raise ValueError(f"must not have one key for two names: {names[key]} and {name}")
    return value


def _check_app_name(value: str) -> str:
    length = gsm_7_length(value)
    if not value.strip() or length is None or length > _APP_NAME_CHARACTERS or "\n" in value:
        raise ValueError(
            f"must be 1 to {_APP_NAME_CHARACTERS} characters of GSM-7, the alphabet of SMS"
        )
    if has_digit_run(value, 4):
        raise ValueError("must not have 4 digits in a row: they look like a code")
    return value


def _check_support_contact(value: str | None) -> str | None:
    if value is None:
        return None
    length = gsm_7_length(value)
    if not value.strip() or length is None or length > _CONTACT_CHARACTERS or "\n" in value:
        raise ValueError(
            f"must be 1 to {_CONTACT_CHARACTERS} characters of GSM-7, the alphabet of SMS"
        )
    if has_digit_run(value, 6):
        raise ValueError("must not have 6 digits in a row: they look like a code")
    return value


def _check_region(value: str) -> str:
    if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("must be an ISO region, like US")
    return value.upper()


def _check_regions(value: tuple[str, ...]) -> tuple[str, ...]:
    regions = tuple(region.upper() for region in value)
    known = phonenumbers.SUPPORTED_REGIONS
    if not regions or (regions != ("*",) and any(region not in known for region in regions)):
        bad = _bad_ones(regions, lambda region: region in known)
        raise ValueError(f"must be ISO regions, like US,CA, or * for all{bad}")
    return regions


def _check_origins(value: tuple[str, ...]) -> tuple[str, ...]:
    if any(not ORIGIN.fullmatch(origin) for origin in value):
        bad = _bad_ones(value, ORIGIN.fullmatch)
        raise ValueError(f"must be origins without a path, like https://app.example{bad}")
    return value


def _check_proxies(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(map(_is_network, value)):
        bad = _bad_ones(value, _is_network)
        raise ValueError(f"must be CIDRs, like 10.0.0.0/8, or private{bad}")
    return value


def _is_network(name: str) -> bool:
    try:
        parse_networks([name])
    except ValueError:
        return False
    return True


def _lift(value: Any) -> Any:
    """`none` lifts a ceiling."""
    return None if isinstance(value, str) and value.strip().lower() == "none" else value


_Split = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]

NonEmptySecret = Annotated[SecretStr, AfterValidator(_check_not_empty)]
PublicKey = Annotated[str, AfterValidator(_check_public_key)]
OperationsToken = Annotated[SecretStr | None, AfterValidator(_check_operations_token)]
Numbers = Annotated[_Split, AfterValidator(_check_numbers)]
Ceiling = Annotated[int | None, BeforeValidator(_lift)]
OptionalUrl = Annotated[str | None, AfterValidator(_check_url)]
PublicUrl = Annotated[str | None, AfterValidator(_check_public_url)]
OptionalLink = Annotated[str | None, AfterValidator(_check_link)]
AccentColor = Annotated[str, AfterValidator(_check_accent)]
SecretKeys = Annotated[
    tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), AfterValidator(_check_secret_keys)
]
DatabaseUrl = Annotated[str, AfterValidator(_check_database_url)]
ApiKeys = Annotated[
    dict[str, ApiKey], NoDecode, BeforeValidator(_split_pairs), AfterValidator(_check_api_keys)
]
AppName = Annotated[str, AfterValidator(_check_app_name)]
SupportContact = Annotated[str | None, AfterValidator(_check_support_contact)]
Region = Annotated[str, AfterValidator(_check_region)]
Regions = Annotated[_Split, AfterValidator(_check_regions)]
Origins = Annotated[_Split, AfterValidator(_check_origins)]
Proxies = Annotated[_Split, AfterValidator(_check_proxies)]
