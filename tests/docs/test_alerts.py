"""docs/operations/alerts.yaml: every rule parses, and every series in it is in a scrape."""

import re
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from tests.docs.markdown import DOCS
from tests.docs.promql import Expression
from tests.harness.callback_service import callback_service
from tests.harness.eventually import PATIENCE_S, until
from tests.harness.phone import PHONE, code_in
from tests.harness.process import free_port

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DOCS / "operations" / "alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_rule_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert Expression(rule["expr"]).series
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "action"}


@pytest.mark.parametrize("text", ["sum(x", "x >", "x{a=1}", "rate()", "x y", "x $ 1"])
def test_a_rule_that_does_not_parse_would_be_found(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Expression(text)


async def test_every_series_of_the_rules_is_in_a_scrape(sqlite_url: str) -> None:
    port = free_port()
    async with callback_service(sqlite_url, operations_port=port) as service:
        await service.text(PHONE, "LOGIN")
        await service.idle()
        (text,) = await service.texts_to(PHONE)
        await service.text(PHONE, code_in(text["text"]))
        await service.text(PHONE, "LOGIN")
        await service.text(PHONE, "LOGIN")  # refused: the cooldown
        await service.open_and_cancel()
        await service.receiver.next()
        await service.until_callbacks("state = 'delivered'")
        await service.idle()
        await until(lambda: service.parts.balance.amount is not None)
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
            scrape = (await http.get(f"http://127.0.0.1:{port}/metrics")).text

    wanted = [series for rule in RULES for series in Expression(rule["expr"]).series]
    missing = [(name, labels) for name, labels in wanted if not is_in(scrape, name, labels)]
    assert missing == []


def is_in(scrape: str, name: str, labels: dict[str, str]) -> bool:
    """Whether a series of this name has labels that match."""
    found = re.findall(rf"^{name}(?:\{{(.*)\}})? ", scrape, re.MULTILINE)
    return any(
        all(re.search(rf'\b{label}="(?:{value})"', given) for label, value in labels.items())
        for given in found
    )
