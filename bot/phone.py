"""Phone numbers: the canonical form (E.164), the region, and the masked form."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat, PhoneNumberType

E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
#: Characters of an E.164 number of the countries that share +1.
_NANP_LENGTH = 12
_NANP = re.compile(r"\+1[2-9][0-9]{9}", re.ASCII)
#: Mexican mobiles had a 1 after the country code until 2019; phones and networks still add it.
_OLD_MEXICAN = re.compile(r"\+521(?=[0-9]{10}\Z)", re.ASCII)
_REFUSED_KINDS = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.VOIP,
        PhoneNumberType.PAGER,
    }
)
#: In characters.
LONGEST_INPUT = 64


def load_all() -> None:
    """Load what is known about the numbers of every region: 240 modules, 0.2 s.

    libphonenumber loads a region when its first number is parsed, and an error on the way blocks
    every later number.
    """
    for region in phonenumbers.SUPPORTED_REGIONS:
        PhoneMetadata.metadata_for_region(region)
    for country_code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        PhoneMetadata.metadata_for_nongeo_region(country_code)
    _refused_in_nanp()


def canonical(typed: str, region: str) -> str | None:
    """`typed` in E.164; None if it is not a valid number.

    Without a `+` it is read as a number of `region` (ISO 3166). `+61 0 2 …` and `+61 2 …` are the
    same phone: libphonenumber drops the trunk zero. So are `+52 1 55 …` and `+52 55 …`.
    """
    if len(typed) > LONGEST_INPUT:
        return None
    try:
        number = phonenumbers.parse(typed, region)
        if number.extension:
            return None
        phone = one_form(phonenumbers.format_number(number, PhoneNumberFormat.E164))
        return phone if phonenumbers.is_valid_number(phonenumbers.parse(phone)) else None
    except NumberParseException:
        return None


def one_form(phone: str) -> str:
    """An E.164 number as it is written today: `+52 1 …` of Mexico without the 1."""
    return _OLD_MEXICAN.sub("+52", phone) if phone.startswith("+521") else phone


def sender(reported: str) -> str | None:
    """The canonical form of a sender in a webhook; None for short codes and sender names."""
    if _NANP.fullmatch(reported):
        return reported
    return _parsed(reported) if E164.fullmatch(reported) else None


def region_of(phone: str) -> str | None:
    """The ISO region of an E.164 number; None if no region has it."""
    return _in_nanp(phone[2:8])[0] if _is_nanp(phone) else _region(phone[:-4], "")


def region_and_kind(phone: str) -> tuple[str | None, bool]:
    """The region, and whether no code may be sent to this kind of E.164 number in any region:
    premium rate, shared cost, VoIP only, pager, and what no country has, such as satellite phones.

    Texts to them are expensive, and often part of a fraud (NIST SP 800-63B-4 also excludes VoIP).
    """
    if _is_nanp(phone):
        return _in_nanp(phone[2:8])
    return region_of(phone), _is_refused_abroad(phone)


def mask(phone: str) -> str:
    """`+14155550123` as `+1••••••0123`: the country code and the last four digits remain."""
    if _is_nanp(phone):
        return "+1••••••" + phone[-4:]
    country = _country_code(phone[:5]) or phone[1:2]
    hidden = len(phone) - 1 - len(country) - 4
    return f"+{country}{'•' * max(hidden, 0)}{phone[-4:]}"


def _is_nanp(phone: str) -> bool:
    return len(phone) == _NANP_LENGTH and phone.startswith("+1")


@lru_cache(maxsize=65_536)
def _parsed(reported: str) -> str | None:
    try:
        number = phonenumbers.parse(reported)
    except NumberParseException:
        return None
    return one_form(phonenumbers.format_number(number, PhoneNumberFormat.E164))


@lru_cache(maxsize=65_536)
def _in_nanp(prefix: str) -> tuple[str | None, bool]:
    """By the area code and the exchange: no kind of number depends on the last four digits."""
    is_refused = _refused_in_nanp().fullmatch(f"{prefix}2345") is not None
    return _region("+1", prefix[:3]), is_refused


@cache
def _refused_in_nanp() -> re.Pattern[str]:
    """What libphonenumber knows of the countries that share +1, as one pattern: it is fifty times
    faster than a lookup. To these it adds 976, which is premium as area code and as exchange."""
    patterns = [r"976[0-9]{7}", r"[0-9]{3}976[0-9]{4}"]
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        known: Any = PhoneMetadata.metadata_for_region(region)
        for kind in (known.premium_rate, known.shared_cost, known.voip, known.pager):
            if kind is not None and kind.national_number_pattern:
                patterns.append(kind.national_number_pattern)
    return re.compile("|".join(f"(?:{pattern})" for pattern in dict.fromkeys(patterns)), re.ASCII)


@lru_cache(maxsize=65_536)
def _is_refused_abroad(phone: str) -> bool:
    try:
        number = phonenumbers.parse(phone)
    except NumberParseException:
        return True
    if number.country_code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        return True
    return phonenumbers.number_type(number) in _REFUSED_KINDS


@lru_cache(maxsize=65_536)
def _region(prefix: str, area: str) -> str | None:
    """Cached by prefix, because libphonenumber takes 23 µs for each number."""
    if area:
        return phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{area}2345678"))
    # Some prefixes are valid only with certain last digits.
    for filler in ("0000", "2345", "1234"):
        try:
            number = phonenumbers.parse(prefix + filler)
        except NumberParseException:
            continue
        region = phonenumbers.region_code_for_number(number)
        if region is not None:
            return region
    return None


@lru_cache(maxsize=1024)
def _country_code(start: str) -> str | None:
    for length in (1, 2, 3):
        if int(start[1 : 1 + length] or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return start[1 : 1 + length]
    return None
