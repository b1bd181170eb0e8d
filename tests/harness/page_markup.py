"""What a page lets a browser do: its elements by a parser, not by looking for strings."""

from __future__ import annotations

from html.parser import HTMLParser

_ELEMENTS = frozenset(
    [
        *("html", "head", "meta", "title", "link", "script", "noscript", "body", "div", "header"),
        *("svg", "path", "span", "main", "h1", "h2", "p", "a", "footer", "nav"),
        *("form", "input", "button", "label", "select", "option", "ol", "ul", "li", "strong"),
        *("details", "summary", "b", "br", "small", "img", "time", "code", "figure", "figcaption"),
    ]
)
#: Attributes that load or lead somewhere.
_TARGETS = frozenset({"href", "src", "action", "formaction", "data", "srcset", "content"})
_SCHEMES = ("/", "#", "sms:+14155550100?body=", "data:image/", "https://shop.example/")


class PageMarkup(HTMLParser):
    """Reads one page. `faults` are elements and attributes that no template of ours has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._in_script = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ELEMENTS:
            self.faults.append(f"<{tag}>")
        self._in_script = tag == "script"
        for name, value in attrs:
            if not _is_ours(tag, name, value or ""):
                self.faults.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.faults.append(f"a script: {data!r}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"a comment: {data!r}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"a declaration: {data!r}")


def _is_ours(tag: str, name: str, value: str) -> bool:
    if name.startswith("on") or name in ("style", "srcdoc", "ping"):
        return False
    if name not in _TARGETS or tag == "meta":
        return value not in ("x-evil",) and not name.startswith("x-")
    return value.startswith(_SCHEMES) and not value.startswith("//")
