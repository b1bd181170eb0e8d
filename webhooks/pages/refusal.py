"""A request that is answered with a plain sentence instead of the page that it asked for."""

from __future__ import annotations


class Refusal(Exception):
    """`name` is the sentence's key without `_title` and `_text`, `status` the HTTP status."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(name)
        self.name = name
        self.status = status
