"""The language in which the service answers a phone."""

from __future__ import annotations

from bot.phone import region_of
from bot.records import Phone, Verification

LOCALES = ("en", "es", "fr", "de", "pt")
_REGIONS = {
    "es": "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE",
    "fr": "BE BF BJ CD CF CG CI CM DJ FR GA GF GN GP KM LU MC MG ML MQ NC NE PF RE SN TD TG YT",
    "de": "AT CH DE LI",
    "pt": "AO BR CV GW MZ PT ST TL",
}
_BY_REGION = {region: locale for locale, regions in _REGIONS.items() for region in regions.split()}
_FALLBACK = "en"


def supported(tag: str | None) -> str:
    """The locale for a language tag (BCP 47) such as `fr-CA`; empty if there is none for it."""
    language = (tag or "").partition("-")[0].lower()
    return language if language in LOCALES else ""


def locale_of(phone: Phone, verification: Verification | None = None) -> str:
    """The web app's wish, else the last one used with this phone, else its region's, else English.

    A text in a language of its own has set the phone's before.
    """
    wanted = verification.locale if verification is not None else ""
    return wanted or phone.locale or _BY_REGION.get(region_of(phone.phone) or "", _FALLBACK)
