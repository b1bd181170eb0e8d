"""`docs/conversations.md` shows the scripts as they are."""

from tests.conversations.markdown_page import page
from tests.conversations.parser import read_all
from tests.docs.markdown import DOCS


def test_the_page_is_what_make_conversations_prints() -> None:
    shown = (DOCS / "conversations.md").read_text(encoding="utf-8")
    assert shown == page(read_all())
