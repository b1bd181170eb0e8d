"""`textlogin clients …`: what it stores, prints and refuses."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.codes import Secrets
from tests.harness.clients_command import KEY_PATTERN, SECRET_PATTERN, ClientsCommand, CommandResult
from tests.harness.settings import SECRET_KEY
from webhooks.clients.callback_secrets import CallbackSecrets


def test_keys_and_secrets_are_shown_once_and_stored_unreadable(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    added = clients.succeeds("add", "app-1", "--callback-url", "https://app.example/hooks")
    (row,) = clients.rows()
    assert row["key"] == hashlib.sha256(added.key.encode()).hexdigest()
    assert row["previous_key"] is None
    assert CallbackSecrets(Secrets([SECRET_KEY])).open(row["callback_secret"]) == added.secret
    kept = str(clients.rows())
    for secret in (added.key, added.secret, added.secret.removeprefix("whsec_")):
        assert secret not in kept
    for command in (("show", "app-1"), ("list",), ("callbacks", "app-1")):
        result = clients.succeeds(*command)
        assert not KEY_PATTERN.search(result.out + result.err)
        assert not SECRET_PATTERN.search(result.out + result.err)
    assert added.key != clients.succeeds("add", "app-2").key


def test_list_and_show_print_what_add_was_given(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    assert clients.succeeds("list").out == ""
    clients.succeeds("add", "plain")
    clients.succeeds(
        *("add", "shop_2", "--origin", "https://shop.example", "--code-entry", "reply"),
        *("--callback-url", "https://shop.example/hooks", "--return-to", "https://shop.example/in"),
        *("--accept", "browser_code, sms_reply_ref,sms_reply"),
    )
    plain, shop = clients.succeeds("show", "plain").out, clients.succeeds("show", "shop_2").out
    assert re.search(r"code entry +page$", plain, re.MULTILINE)
    assert re.search(r"accepts +sms_reply_ref,browser_code$", plain, re.MULTILINE)
    for shown in (
        *("https://shop.example", "https://shop.example/hooks", "https://shop.example/in"),
        *("reply", "sms_reply,sms_reply_ref,browser_code"),
    ):
        assert re.search(rf" {re.escape(shown)}$", shop, re.MULTILINE)
    listed = clients.succeeds("list").out.splitlines()
    assert [line.split()[0] for line in listed] == ["plain", "shop_2"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("add",),
        ("add", "Upper"),
        ("add", "two words"),
        ("add", "x" * 41),
        ("add", "ünicode"),
        ("add", "shop"),  # API_KEYS has one
        ("add", "x", "--origin", "https://app.example/path"),
        ("add", "x", "--origin", "app.example"),
        ("add", "x", "--origin", "*"),
        ("add", "x", "--callback-url", "http://app.example/hooks"),
        ("add", "x", "--callback-url", "app.example"),
        ("add", "x", "--return-to", "javascript:alert(1)"),
        ("add", "x", "--code-entry", "voice"),
        ("add", "x", "--accept", ""),
        ("add", "x", "--accept", "anything"),
        ("add", "x", "--accept", "sms_reply_ref"),  # and codes typed on the page
        ("add", "x", "--code-entry", "reply", "--accept", "browser_code"),
        ("add", "x", "--nonsense"),
        ("callbacks", "x", "--limit", "0"),
        ("edit", "x"),
        ("edit", "x", "--origin", "app.example"),
        ("edit", "x", "--callback-url", "http://127.0.0.1:9000/hooks"),
        ("edit", "x", "--code-entry", "voice"),
        ("nonsense",),
        ("show",),
    ],
)
def test_bad_usage_changes_nothing_and_exits_2(sqlite_url: str, arguments: tuple[str, ...]) -> None:
    clients = ClientsCommand(sqlite_url)
    result = clients.run(*arguments)
    assert result.status == 2
    assert "Traceback" not in result.err
    assert not KEY_PATTERN.search(result.out)
    assert clients.rows() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nobody"),
        ("rotate", "nobody"),
        ("rotate", "nobody", "--finish"),
        ("remove", "nobody"),
        ("edit", "nobody", "--origin", "https://app.example"),
        ("test", "nobody"),
        ("test", "there"),  # it has no callback URL
        ("callbacks", "nobody"),
        ("callbacks", "there", "--replay", "cb_1"),
        ("add", "there"),
    ],
)
def test_an_unknown_name_and_one_that_is_taken_exit_1(
    database_url: str, arguments: tuple[str, ...]
) -> None:
    clients = ClientsCommand(database_url)
    clients.succeeds("add", "there")
    before = clients.rows()
    result = clients.run(*arguments)
    assert result.status == 1
    assert re.search("nobody|there", result.err)
    assert (result.out, clients.rows()) == ("", before)


def test_a_database_without_tables_is_explained(empty_url: str) -> None:
    result = ClientsCommand(empty_url).run("list")
    assert result.status == 1
    assert "textlogin migrate" in result.err


def test_the_command_works_in_a_process_of_its_own(sqlite_url: str, tmp_path: Path) -> None:
    clients = ClientsCommand(sqlite_url)

    def process(*arguments: str) -> CommandResult:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "webhooks", "clients", *arguments],
            cwd=tmp_path,
            env=clients.environment,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert "Traceback" not in done.stderr
        return CommandResult(done.returncode, done.stdout, done.stderr)

    added = process("add", "app-1")
    assert (added.status, added.err) == (0, "")
    (row,) = clients.rows()
    assert row["key"] == hashlib.sha256(added.key.encode()).hexdigest()
    assert process("show", "nobody").status == 1
    assert process("add", "Nobody").status == 2


def test_edit_changes_what_is_given_and_keeps_the_rest(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    clients.succeeds("add", "app-1", "--origin", "https://a.example", "--return-to", "https://a.b/")
    (before,) = clients.rows()
    url = "https://a.example/hooks"
    clients.succeeds("edit", "app-1", "--callback-url", url, "--code-entry", "reply")
    clients.succeeds("edit", "app-1", "--accept", "sms_reply_ref", "--return-to", "")
    (after,) = clients.rows()
    changed = {"callback_url": url, "code_entry": "reply", "return_to": None}
    assert after == before | changed | {"accept": "sms_reply_ref"}
    refused = clients.run("edit", "app-1", "--code-entry", "page")  # not among those it accepts
    assert refused.status == 2
    assert clients.rows() == [after]


def test_a_second_rotation_waits_for_the_end_of_the_first(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    first = clients.succeeds("add", "app-1").key
    second = clients.succeeds("rotate", "app-1").key
    (row,) = clients.rows()
    assert (row["previous_key"], row["key"]) == tuple(map(hashed, (first, second)))
    refused = clients.run("rotate", "app-1")
    assert refused.status == 1
    assert "--finish" in refused.err
    assert clients.rows() == [row]
    assert "two, during a rotation" in clients.succeeds("show", "app-1").out
    clients.succeeds("rotate", "app-1", "--finish")
    (row,) = clients.rows()
    assert (row["previous_key"], row["key"]) == (None, hashed(second))
    assert clients.succeeds("rotate", "app-1").key != second


def test_a_secret_is_rotated_apart_from_the_key(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    secrets = CallbackSecrets(Secrets([SECRET_KEY]))
    first = clients.succeeds("add", "app-1")
    clients.succeeds("rotate", "app-1")
    second = clients.succeeds("rotate", "app-1", "--secret").secret
    (row,) = clients.rows()
    assert secrets.open(row["previous_callback_secret"]) == first.secret
    assert secrets.open(row["callback_secret"]) == second
    assert clients.run("rotate", "app-1", "--secret").status == 1
    clients.succeeds("rotate", "app-1", "--secret", "--finish")
    (row,) = clients.rows()
    assert (row["previous_callback_secret"], row["previous_key"]) == (None, hashed(first.key))
    clients.succeeds("rotate", "app-1", "--secret")
    clients.succeeds("rotate", "app-1", "--finish")  # ends both
    (row,) = clients.rows()
    assert (row["previous_callback_secret"], row["previous_key"]) == (None, None)


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
