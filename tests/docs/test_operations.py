"""The pages and the files in `docs/operations` agree with each other and with the service."""

from __future__ import annotations

import re

import pytest

from tests.docs.markdown import DOCS, links, read, sections
from webhooks.http.limits import WEBHOOK_BODY_BYTES
from webhooks.settings import EXIT_CONFIG, Settings

FOLDER = DOCS / "operations"
UNIT = dict(re.findall(r"(?m)^(\w+)=(.*)$", (FOLDER / "textlogin.service").read_text("utf-8")))
NGINX = (FOLDER / "nginx.conf").read_text("utf-8")
CADDY = (FOLDER / "Caddyfile").read_text("utf-8")
LONGEST_SHUTDOWN_S = 10


def seconds(text: str, setting: str) -> int:
    found = re.search(rf"\b{setting} (\d+)s\b", text)
    assert found is not None, setting
    return int(found[1])


def test_the_index_leads_to_every_page() -> None:
    linked = {link.partition("#")[0] for link in links(read(FOLDER / "README.md"))}

    assert {page.name for page in FOLDER.glob("*.md")} - {"README.md"} <= linked


def test_the_unit_is_not_restarted_for_wrong_settings() -> None:
    assert UNIT["RestartPreventExitStatus"] == str(EXIT_CONFIG)
    assert UNIT["Restart"] == "on-failure"


def test_the_unit_leaves_the_time_that_a_shutdown_takes() -> None:
    assert int(UNIT["TimeoutStopSec"]) > LONGEST_SHUTDOWN_S


@pytest.mark.parametrize(
    ("text", "setting"), [(NGINX, "proxy_read_timeout"), (CADDY, "response_header_timeout")]
)
def test_a_proxy_waits_longer_than_a_poll_is_held(text: str, setting: str) -> None:
    assert seconds(text, setting) > Settings.model_fields["max_wait"].default


def test_the_proxies_take_the_bodies_that_the_service_takes() -> None:
    kilobytes = WEBHOOK_BODY_BYTES // 1024

    assert f"client_max_body_size {kilobytes}k;" in NGINX
    assert f"max_size {kilobytes}KB" in CADDY


def test_the_proxies_pass_events_on_at_once_and_replace_the_forwarded_address() -> None:
    assert "proxy_buffering off;" in NGINX
    assert "flush_interval -1" in CADDY
    assert "X-Forwarded-For $remote_addr;" in NGINX
    assert "header_up X-Forwarded-For {remote_host}" in CADDY


def test_each_incident_says_how_it_shows_what_the_cause_is_and_the_cure() -> None:
    incidents = {
        heading: text
        for heading, text in sections(read(FOLDER / "incidents.md")).items()
        if heading[0].isdigit()
    }

    assert len(incidents) == 12
    for heading, text in incidents.items():
        assert "**Shows:**" in text, heading
        assert re.search(r"\*\*Cause( and cure)?:\*\*", text), heading
        assert re.search(r"\*\*(Cure|Cause and cure):\*\*", text), heading
