"""How many parts a text has when it is sent (3GPP TS 23.038): in GSM-7, else in UCS-2."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def encoding_of(text: str) -> str:
    """GSM-7, or UCS-2 if a character needs it."""
    return "GSM-7" if _BASIC.issuperset(set(text) - _EXTENDED) else "UCS-2"


def parts_of(text: str) -> int:
    """The number of parts, by length alone: a two-unit character may be split between parts."""
    if encoding_of(text) == "GSM-7":
        return _split(len(text) + sum(character in _EXTENDED for character in text), 160, 153)
    return _split(len(text.encode("utf-16-le")) // 2, 70, 67)


def _split(units: int, alone: int, joined: int) -> int:
    return 1 if units <= alone else -(-units // joined)
