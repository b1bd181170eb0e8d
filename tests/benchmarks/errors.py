"""Why there is no figure."""

from __future__ import annotations


class CannotMeasure(Exception):
    """Nothing can be measured; the message says why, for the user."""


class InvalidRun(Exception):
    """A run says nothing about speed, because the service gave other answers than expected."""
