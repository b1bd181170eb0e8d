"""`textlogin doctor` and `setup`, by the real SDK, against the stand-in."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.clients_command import ClientsCommand
from tests.harness.phone import PHONE
from tests.harness.refusing_telnyx import refusing_telnyx
from tests.harness.sandbox_server import WEBHOOK_URL, SandboxServer, sandbox_server
from tests.harness.settings import NUMBER, SECRET_KEY
from tests.harness.telnyx_commands import textlogin
from webhooks.cli.checks import CHECKS

NEW_KEY = "new " * 10
#: The check that asks first, and the one that reads our own database.
NOT_BY_LATER_CALLS = ("key", "secret keys")


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with sandbox_server() as running:
        yield running


def states(server: SandboxServer, **changes: str) -> dict[str, str]:
    """The state of every check that is not ok."""
    result = textlogin(server, "doctor", "--json", **changes)
    report = json.loads(result.out)
    assert [check["name"] for check in report["checks"]] == list(CHECKS)
    assert report["ok"] is (result.status == 0)
    return {check["name"]: check["state"] for check in report["checks"] if check["state"] != "ok"}


def test_an_account_that_is_set_up_passes_every_check(server: SandboxServer) -> None:
    assert states(server) == {}


def test_each_check_is_one_line_and_what_fails_says_how_to_mend_it(server: SandboxServer) -> None:
    server.profile(webhook_url="https://old.example/hook", smart_encoding=True)
    result = textlogin(server, "doctor")
    lines = {line[9:25].strip(): line for line in result.out.splitlines()}

    assert result.status == 1
    assert list(lines) == list(CHECKS)
    assert lines["webhook"].startswith("fails ")
    assert "not to https://login.example/webhooks/telnyx" in lines["webhook"]
    assert lines["webhook"].endswith("To mend it: run textlogin setup.")
    assert lines["smart encoding"].startswith("warning ")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"enabled": False}, {"profile": "fails"}),
        ({"webhook_api_version": "1"}, {"webhook": "fails"}),
        ({"whitelisted_destinations": ["US"]}, {"destinations": "fails"}),
        ({"whitelisted_destinations": ["*"]}, {}),
        ({"redaction_enabled": True}, {"redaction": "fails"}),
        ({"redaction_enabled": True, "redaction_level": 1}, {}),
        ({"daily_spend_limit_enabled": False}, {"spend limit": "warning"}),
    ],
)
def test_a_profile_that_is_set_up_otherwise_is_found(
    server: SandboxServer, members: dict[str, Any], expected: dict[str, str]
) -> None:
    server.profile(**members)
    assert states(server) == expected


@pytest.mark.parametrize(
    ("op", "keyword", "expected"),
    [
        ("stop", "ARRET", {}),
        ("stop", "NO", {"autoresponses": "fails"}),
        ("start", "LOGIN", {"autoresponses": "fails"}),
        ("info", "HELP", {"autoresponses": "warning"}),
    ],
)
def test_a_keyword_list_with_one_of_our_words_is_found(
    server: SandboxServer, op: str, keyword: str, expected: dict[str, str]
) -> None:
    profile = server.profile()
    path = f"/v2/messaging_profiles/{profile['id']}/autoresp_configs"
    server.call("POST", path, {"op": op, "keywords": [keyword], "country_code": "*"})
    assert states(server) == expected


def test_a_number_of_another_account_is_found(server: SandboxServer) -> None:
    found = states(server, TELNYX_PHONE_NUMBER="+14155550199")
    assert found["numbers"] == "fails"


def test_failed_webhooks_are_found(server: SandboxServer) -> None:
    server.status = 403
    server.text("LOGIN", PHONE)
    result = textlogin(server, "doctor")

    assert states(server) == {"deliveries": "fails"}
    assert "set TELNYX_PUBLIC_KEY" in result.out
    assert re.search(r"the last one at \d\d:\d\dZ answered 403", result.out)


def test_an_account_that_does_not_answer_crashes_nothing_and_prints_no_key(
    server: SandboxServer,
) -> None:
    server.call("POST", "/faults", {"telnyx": "down"})
    result = textlogin(server, "doctor")

    assert result.status == 1
    assert result.out.startswith("fails    key             Telnyx answers HTTP 500.")
    assert result.out.count("Cannot be checked.") == len(CHECKS) - len(NOT_BY_LATER_CALLS)
    assert "KEY-of-nobody" not in result.out + result.err


def test_a_revoked_key_is_explained_once(server: SandboxServer) -> None:
    with refusing_telnyx(401, "20002") as base_url:
        out = textlogin(server, "doctor", TELNYX_BASE_URL=base_url).out

    assert out.startswith("fails    key             Telnyx answers HTTP 401.")
    assert out.count("The API key was revoked.") == 1
    assert out.count("Cannot be checked without a valid key.") == len(CHECKS) - 2


def test_what_an_older_secret_key_encrypts_is_named(server: SandboxServer, sqlite_url: str) -> None:
    ClientsCommand(sqlite_url).succeeds(
        "add", "store", "--callback-url", "https://shop.example/hook"
    )

    def found(secret_key: str) -> dict[str, str]:
        return states(server, database_url=sqlite_url, SECRET_KEY=secret_key)

    assert found(SECRET_KEY) == {}
    assert found(f"{NEW_KEY},{SECRET_KEY}") == {"secret keys": "warning"}
    assert found(NEW_KEY) == {"secret keys": "fails"}
    out = textlogin(server, "doctor", database_url=sqlite_url, SECRET_KEY=NEW_KEY).out
    assert "SECRET_KEY does not decrypt the callback secret of store." in out


def test_a_database_without_tables_does_not_stop_the_checks(
    server: SandboxServer, empty_url: str
) -> None:
    assert states(server, database_url=empty_url) == {"secret keys": "warning"}


def test_a_machine_without_a_network_is_told_so(server: SandboxServer) -> None:
    found = states(server, TELNYX_BASE_URL="http://127.0.0.1:1/v2")
    asking = [name for name in CHECKS if name != "secret keys"]
    assert found == {name: "fails" if name == "key" else "warning" for name in asking}


# -- setup -----------------------------------------------------------------------------------------


def spoil(server: SandboxServer) -> None:
    server.profile(
        webhook_url="https://old.example/hook",
        webhook_api_version="1",
        whitelisted_destinations=["MX", "US"],
        smart_encoding=True,
        redaction_enabled=True,
    )
    server.call("PATCH", f"/v2/phone_numbers/{NUMBER}/messaging", {"messaging_profile_id": ""})


def test_setup_makes_what_doctor_wants(server: SandboxServer) -> None:
    spoil(server)
    result = textlogin(server, "setup", "--yes")

    assert result.status == 0, result.out + result.err
    assert f"profile's webhook_url: https://old.example/hook → {WEBHOOK_URL}" in result.out
    assert "profile's whitelisted_destinations: MX, US → MX, US, CA" in result.out
    assert states(server) == {}
    assert textlogin(server, "setup").out.startswith("Nothing to change.")


def test_a_dry_run_changes_nothing(server: SandboxServer) -> None:
    spoil(server)
    before = server.profile()
    result = textlogin(server, "setup", "--dry-run")

    assert result.status == 0
    assert "this is a dry run" in result.out
    assert server.profile() | {"updated_at": ""} == before | {"updated_at": ""}


def test_setup_asks_before_it_changes_anything(server: SandboxServer) -> None:
    server.profile(smart_encoding=True)
    result = textlogin(server, "setup")

    assert result.status == 1
    assert server.profile()["smart_encoding"] is True


def test_setup_says_what_only_a_person_can_do(server: SandboxServer) -> None:
    server.profile(daily_spend_limit_enabled=False)
    out = textlogin(server, "setup").out

    assert "What only you can do:\n  warning  spend limit" in out


# -- send-test and catch-up ------------------------------------------------------------------------


def test_a_text_that_is_delivered_is_followed(server: SandboxServer) -> None:
    result = textlogin(server, "send-test", PHONE)
    (text,) = server.call("GET", "/messages")["data"]

    assert result.status == 0
    assert "The text was delivered." in result.out
    assert text["text"] == "Textlogin: test of our texts. Nothing to do. Reply STOP to end texts."


@pytest.mark.parametrize(
    ("phone", "cure"),
    [("+14155550010", "assign the number to the campaign"), ("+14155550300", "must text START")],
)
def test_a_text_that_fails_says_why_and_the_cure(
    server: SandboxServer, phone: str, cure: str
) -> None:
    result = textlogin(server, "send-test", phone)

    assert result.status == 1
    assert cure in result.out + result.err


def test_what_is_no_phone_number_is_bad_usage(server: SandboxServer) -> None:
    assert textlogin(server, "send-test", "12").status == 2


def test_catch_up_records_a_missed_login_for_the_service_to_answer(
    server: SandboxServer, sqlite_url: str
) -> None:
    server.status = 503
    server.text("LOGIN", PHONE)
    first, second = (textlogin(server, "catch-up", database_url=sqlite_url).out for _ in range(2))

    assert first == "Caught up: 1 texts and 0 opt-outs had not arrived.\n"
    assert second == "Caught up: 0 texts and 0 opt-outs had not arrived.\n"


def test_catch_up_without_tables_says_what_to_run(server: SandboxServer, empty_url: str) -> None:
    server.status = 503
    server.text("LOGIN", PHONE)
    result = textlogin(server, "catch-up", database_url=empty_url)

    assert result.status == 1
    assert "textlogin migrate" in result.err
