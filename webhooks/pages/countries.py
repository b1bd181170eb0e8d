"""Countries whose numbers may be texted: their names, their codes, and an example."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from webhooks.pages.languages import LANGUAGES

#: Up to so many regions the form asks for no country.
_MOST_WITHOUT_CHOICE = 3
#: Up to so many regions an error names all of them.
MOST_NAMED = 4


class Countries:
    """The allowed regions; None stands for all."""

    def __init__(self, allowed: frozenset[str] | None, default_region: str) -> None:
        self.allowed = phonenumbers.SUPPORTED_REGIONS if allowed is None else allowed
        self.default = default_region
        _names()  # at start, so that no request opens the file

    @property
    def has_choice(self) -> bool:
        """Whether the form asks for the country."""
        return len(self.allowed) > _MOST_WITHOUT_CHOICE

    @property
    def needs_hint(self) -> bool:
        """Whether numbers of more than one calling code are allowed."""
        return len({calling_code(region) for region in self.allowed}) > 1

    def choices(self, language: str) -> list[tuple[str, str]]:
        """Region and label of each option, by name."""
        return _choices(tuple(sorted(self.allowed)), language) if self.has_choice else []

    def names(self, language: str) -> list[str]:
        """The names of the regions, by name."""
        return sorted(name(region, language) for region in self.allowed)

    def preferred(self, accepted: Sequence[tuple[str, str]]) -> str:
        """The region that is chosen beforehand: the browser's if it is allowed."""
        regions = (region for _, region in accepted if region in self.allowed)
        return next(regions, self.default)


def name(region: str, language: str) -> str:
    """The name of a region in a language; its ISO code if it has none."""
    return _names().get((region, language), region)


def calling_code(region: str) -> int:
    """As in 49 for DE."""
    return phonenumbers.country_code_for_region(region)


@lru_cache(maxsize=512)
def example(region: str) -> str:
    """A mobile number of a region, as people write it there."""
    number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if number is None:
        return f"+{calling_code(region)} …"
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


@lru_cache(maxsize=64)
def written(number: str, region: str) -> str:
    """One of our numbers as people of that region write it."""
    parsed = phonenumbers.parse(number)
    is_home = parsed.country_code == calling_code(region)
    return phonenumbers.format_number(
        parsed, PhoneNumberFormat.NATIONAL if is_home else PhoneNumberFormat.INTERNATIONAL
    )


@cache
def _choices(regions: tuple[str, ...], language: str) -> list[tuple[str, str]]:
    labelled = [(one, f"{name(one, language)} (+{calling_code(one)})") for one in regions]
    return sorted(labelled, key=lambda choice: choice[1])


@cache
def _names() -> dict[tuple[str, str], str]:
    """By region and language. libphonenumber has names, too; importing them takes 100 MB."""
    lines = files("webhooks").joinpath("pages", "locales", "countries.txt").read_text("utf-8")
    return {
        (region, language): name
        for region, *names in (line.split("|") for line in lines.splitlines())
        for language, name in zip(LANGUAGES, names, strict=True)
    }
