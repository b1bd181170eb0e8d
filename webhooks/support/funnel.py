"""Conversion, delivery and cost, by day and region."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from bot.phone import region_of
from storage.histories import Asked, Sent

#: Of requests whose letters no phone has texted.
NO_PHONE = "-"
#: US dollars for one text: Telnyx's price and the fee of a US carrier, in round figures.
PRICE = 0.008


class Row(Struct):
    """One day (days since the epoch) and region: verifications asked for and approved, codes sent
    and delivered, and all texts sent."""

    day: int
    region: str
    asked: int = 0
    sent: int = 0
    delivered: int = 0
    approved: int = 0
    texts: int = 0

    @property
    def conversion(self) -> str:
        """Approved of those asked for, in per cent."""
        return f"{self.approved / self.asked:.0%}" if self.asked else "-"

    @property
    def delivery(self) -> str:
        """Delivered of those sent, in per cent."""
        return f"{self.delivered / self.sent:.0%}" if self.sent else "-"

    def cost(self, price: float) -> float:
        """Of its texts, at a price for each."""
        return self.texts * price


def funnel(asked: Iterable[Asked], sent: Iterable[Sent]) -> list[Row]:
    """Newest day first, in a day the region with most requests first."""
    rows: dict[tuple[int, str], Row] = {}

    def row(day: int, phone: str | None) -> Row:
        region = NO_PHONE if phone is None else region_of(phone) or "?"
        return rows.setdefault((day, region), Row(day, region))

    for one in asked:
        found = row(one.day, one.phone)
        found.asked += one.asked
        found.approved += one.approved
    for text in sent:
        found = row(text.day, text.phone)
        found.sent += text.codes
        found.delivered += text.delivered
        found.texts += text.texts
    return sorted(rows.values(), key=lambda one: (-one.day, -one.asked, one.region))


def total(rows: Iterable[Row]) -> Row:
    """All of them together."""
    sums = Row(0, "all")
    for row in rows:
        for field in ("asked", "sent", "delivered", "approved", "texts"):
            setattr(sums, field, getattr(sums, field) + getattr(row, field))
    return sums
