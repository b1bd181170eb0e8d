"""The accent colour: its contrast, and the shades of it that both themes need.

Contrast ratios and luminance follow WCAG 2.2; AA asks for 4.5 between a text and its background.
"""

from __future__ import annotations

import colorsys

AA = 4.5
WHITE, INK = "#ffffff", "#101512"
#: The surfaces that the stylesheet puts accent-coloured text on.
LIGHT_SURFACE, DARK_SURFACE = "#f4f4f0", "#1b1f1d"
_STEP = 0.04
#: On a dark surface, accent-coloured text is a little brighter than AA asks for.
_DARK_CONTRAST = 6.0
#: On a dark surface, full saturation glares.
_MOST_SATURATED = 0.62


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with a `share` (0 to 1) of the other in it."""
    mixed = (
        round(a + (b - a) * share) for a, b in zip(_channels(colour), _channels(other), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def shades(accent: str) -> dict[str, dict[str, str]]:
    """The CSS variables of the light and of the dark theme."""
    dark = _bright(accent)
    return {
        "light": {
            "accent": accent,
            "on-accent": WHITE,
            "accent-hover": mix(accent, "#000000", 0.16),
            "accent-text": _until(accent, "#000000", LIGHT_SURFACE, AA),
            "accent-soft": mix(WHITE, accent, 0.09),
            "accent-line": mix(WHITE, accent, 0.32),
        },
        "dark": {
            "accent": dark,
            "on-accent": INK,
            "accent-hover": mix(dark, WHITE, 0.18),
            "accent-text": dark,
            "accent-soft": mix(DARK_SURFACE, dark, 0.1),
            "accent-line": mix(DARK_SURFACE, dark, 0.34),
        },
    }


def _until(colour: str, towards: str, surface: str, wanted: float) -> str:
    """The least mixture of `colour` with `towards` that has the wanted contrast on a surface."""
    share, mixed = 0.0, colour
    while contrast(mixed, surface) < wanted and share < 1:
        share = min(share + _STEP, 1)
        mixed = mix(colour, towards, share)
    return mixed


def _bright(accent: str) -> str:
    """The accent's hue and saturation, light enough for a dark surface."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(one / 255 for one in _channels(accent)))
    bright = accent
    while contrast(bright, DARK_SURFACE) < _DARK_CONTRAST and lightness < 1:
        lightness = min(lightness + _STEP / 2, 1)
        channels = colorsys.hls_to_rgb(hue, lightness, min(saturation, _MOST_SATURATED))
        bright = "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
    return bright


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
