"""The `sms:` link as a QR code inside the page."""

from __future__ import annotations

import segno


def draw(uri: str, title: str) -> str:
    """An SVG element, dark on light in both themes: many cameras read nothing else."""
    return segno.make(uri, error="m", micro=False).svg_inline(
        border=3, omitsize=True, title=title, light="#fff", dark="#101512"
    )
