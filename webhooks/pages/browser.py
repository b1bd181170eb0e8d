"""What a request tells about its browser: origin, cookie, language, name."""

from __future__ import annotations

import re
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
_PORT = re.compile(r":[0-9]*$")
_OWN_SITES = {"same-origin", "none"}
#: Name in a User-Agent → what people call it; the first that is found counts.
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "Chromebook",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}
_LONGEST_LABEL = 24
#: What is read of a header.
_LONGEST_HEADER = 500
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9 ,-]+")
_DIGIT_RUN = re.compile(r"[0-9]{4,}")


def is_cross_origin(request: Request, public_url: str | None) -> bool:
    """Whether a page of another origin sent this POST.

    A browser says so by `Sec-Fetch-Site`, an older one by `Origin`. What sends neither is no
    browser, and holds no cookie of one.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN_SITES
    origin = request.headers.get("origin")
    if origin is None:
        return False
    host = origin.partition("://")[2]
    return origin != public_url and (not host or host != request.headers.get("host"))


def is_plain_loopback(request: Request, public_url: str | None) -> bool:
    """Whether this is http on the own machine, where a cookie cannot be Secure."""
    if public_url is not None and public_url.startswith("https://"):
        return False
    if request.scope["scheme"] != "http":
        return False
    return _PORT.sub("", request.headers.get("host", "")) in _LOOPBACK


def cookie_name(request: Request, public_url: str | None) -> str:
    """The name of the pages' cookie at this address."""
    return "textlogin" if is_plain_loopback(request, public_url) else "__Host-textlogin"


def set_cookie(response: Response, request: Request, public_url: str | None, value: str) -> None:
    """A cookie for the whole origin, until the browser closes."""
    name = cookie_name(request, public_url)
    secure = "" if name == "textlogin" else " Secure;"
    response.headers.append("Set-Cookie", f"{name}={value}; Path=/;{secure} HttpOnly; SameSite=Lax")


def accepted_languages(request: Request) -> list[tuple[str, str]]:
    """Language and region (perhaps empty) of each preference, the first one first."""
    return _accepted(request.headers.get("accept-language", "")[:_LONGEST_HEADER])


def browser_name(request: Request) -> str | None:
    """Browser and system, as in "Firefox, Windows"; None if the User-Agent names none."""
    agent = request.headers.get("user-agent", "")[:_LONGEST_HEADER]
    found = [_first(_BROWSERS, agent), _first(_SYSTEMS, agent)]
    return ", ".join(filter(None, found)) or None


def label(client: str, browser: str | None) -> str | None:
    """Who asks, for the text with the code: the web app and the browser. None if unknown."""
    words = ", ".join(filter(None, (client, browser)))
    cleaned = _DIGIT_RUN.sub("", _NOT_IN_LABELS.sub(" ", words)).strip(" ,-")
    return cleaned[:_LONGEST_LABEL].strip(" ,-") or None


def _first(names: dict[str, str], agent: str) -> str | None:
    return next((called for name, called in names.items() if name in agent), None)


@lru_cache(maxsize=512)
def _accepted(header: str) -> list[tuple[str, str]]:
    """Cached: most browsers of a country send the same."""
    ranked = []
    for position, part in enumerate(header.split(",")):
        tag, _, quality = part.partition(";q=")
        language, _, region = tag.strip().partition("-")
        try:
            rank = -float(quality or 1)
        except ValueError:
            rank = 0.0
        if language and rank < 0:
            ranked.append((rank, position, language.lower(), region.upper()))
    return [(language, region) for _, _, language, region in sorted(ranked)]
