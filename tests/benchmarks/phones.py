"""Phone numbers of the United States for the load."""

from __future__ import annotations

from itertools import count, islice

# fmt: off
_AREAS = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224,
    225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270,
    276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318,
    319, 320, 321, 323, 325, 330, 334, 336, 337, 347, 352, 360, 361, 386, 402, 404, 405, 406,
    407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 434, 435, 440, 443, 469,
    478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517,
    518, 520, 530, 540, 541, 559, 561, 562, 563, 570, 571, 573, 574, 580, 585, 586, 601, 602,
    603, 605, 606, 607, 608, 609, 610, 612, 614, 615, 616, 617,
)
# fmt: on
#: 976 is premium: no codes are sent to it.
_EXCHANGES = [f"{n}" for n in range(200, 1000) if n % 100 != 11 and n not in (555, 976)]
_NUMBERS = len(_AREAS) * len(_EXCHANGES) * 10_000
_STRIDE = 1_000_000_007  # a prime that divides none of the above: each number comes once


class Phones:
    """Hands out each phone once, in an order that is not sorted."""

    def __init__(self) -> None:
        self._positions = count()

    def take(self, many: int) -> list[str]:
        """The next phones, E.164."""
        return [_phone(position) for position in islice(self._positions, many)]


def _phone(position: int) -> str:
    place, line = divmod(position * _STRIDE % _NUMBERS, 10_000)
    area, exchange = divmod(place, len(_EXCHANGES))
    return f"+1{_AREAS[area]}{_EXCHANGES[exchange]}{line:04}"
