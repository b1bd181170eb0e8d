"""Variables that look like misspelt settings: an unknown name close to a known one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from functools import cache
from multiprocessing import parent_process

from pydantic_settings import DotEnvSettingsSource

from webhooks.setting_files import SECRETS, SUFFIX
from webhooks.settings import Settings

log = logging.getLogger("textlogin")

_DISTANCE = 2
#: Of names this short, many others are only two letters away.
_SHORT = 5
#: Variables of other programs that are close to one of ours.
_OTHERS = frozenset({"HOME", "PAGER", "PATH", "POSIX", "PWD", "USER"})

KNOWN = frozenset(
    {name.upper() for name in Settings.model_fields} | {(name + SUFFIX).upper() for name in SECRETS}
)


def misspelt(variables: Iterable[str]) -> list[tuple[str, str]]:
    """Unknown variables and the setting that each may be meant for, in alphabetical order."""
    unknown = sorted({name.upper() for name in variables} - KNOWN - _OTHERS)
    return [(name, meant) for name in unknown if (meant := _closest(name))]


def warning() -> str | None:
    """One line about the variables of the environment and of `.env`; None if all are well."""
    found = misspelt([*os.environ, *DotEnvSettingsSource(Settings).env_vars])
    if not found:
        return None
    pairs = ", ".join(f"{name} (do you mean {meant}?)" for name, meant in found)
    return f"Unknown variables look like misspelt settings, and are ignored: {pairs}"


@cache
def warn_once() -> None:
    """Log the warning, if there is one: once in a process, and not in the workers of `serve`."""
    if parent_process() is None and (found := warning()):
        log.warning("%s", found)


def _closest(name: str) -> str | None:
    near = [(_distance(name, known), known) for known in KNOWN if _may_be_near(name, known)]
    distance, known = min(near, default=(_DISTANCE + 1, ""))
    return known if distance <= (1 if len(known) <= _SHORT else _DISTANCE) else None


def _may_be_near(name: str, known: str) -> bool:
    return abs(len(name) - len(known)) <= _DISTANCE


def _distance(a: str, b: str) -> int:
    """Letters to insert, drop, replace, or swap with the next one."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, above, row = row, before, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]
