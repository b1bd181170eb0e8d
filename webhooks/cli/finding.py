"""The result of one check of `textlogin doctor`."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "warning", "fails"]


class Finding(NamedTuple):
    """What a check found. `mend` says what to do, empty if nothing."""

    state: State
    detail: str
    mend: str = ""


def ok(detail: str) -> Finding:
    """All is well."""
    return Finding("ok", detail)


def warning(detail: str, mend: str) -> Finding:
    """It works, but the operator should know."""
    return Finding("warning", detail, mend)


def fails(detail: str, mend: str) -> Finding:
    """Logins fail, or will."""
    return Finding("fails", detail, mend)
