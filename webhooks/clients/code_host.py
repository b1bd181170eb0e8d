"""The host on which a code is typed, for the last line of its text."""

from urllib.parse import urlsplit


def code_host(origin: str | None) -> str | None:
    """The host of an https origin, without port; else None.

    Browsers read `@host #code` as that host over https (WICG, *Origin-bound one-time codes
    delivered via SMS*). A page over http, as on loopback, can never match such a line.
    """
    return urlsplit(origin).hostname if origin and origin.startswith("https://") else None
