"""docs/operations/logs.md lists the events of the log."""

import ast

from tests.docs.markdown import DOCS, code, read, tables
from tests.harness.source_tree import MODULES, tree
from webhooks.ops.log_events import EVENTS

PAGE = read(DOCS / "operations" / "logs.md")


def test_every_event_and_no_other_is_listed_with_its_level_and_fields() -> None:
    listed = {
        code(event)[0]: (level, tuple(code(fields)))
        for event, level, fields in tables(PAGE)["event"]
    }

    assert listed == {event: (kind.level, kind.fields) for event, kind in EVENTS.items()}


def test_every_event_that_the_code_names_is_known() -> None:
    named = set()
    for path in MODULES.values():
        for node in ast.walk(tree(path)):
            match node:
                case ast.Call(func=ast.Attribute(attr="report" | "refused"), args=[first, *_]):
                    named |= {first.value} if isinstance(first, ast.Constant) else set()
                case ast.Dict(keys=[ast.Constant(value="event"), *_], values=[first, *_]):
                    named |= {first.value} if isinstance(first, ast.Constant) else set()

    assert {"stopped", "database_lost", "database_back"} <= named
    assert named <= set(EVENTS)
