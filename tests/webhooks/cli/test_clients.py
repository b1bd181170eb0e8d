"""`textlogin clients …`: web apps as records, and the running service that follows them."""

import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.codes import Secrets
from storage.database import Database
from tests.harness.clock import Clock, LoopClock
from tests.harness.eventually import eventually
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import SHOP, make_settings
from tests.harness.telnyx_events import Signer
from tests.harness.web_app import WebApp, expect
from webhooks.cli.main import app
from webhooks.clients.callback_secrets import CallbackSecrets

_SECRET_KEY = "a key for tests of at least 32 characters"
_KEY = re.compile(r"\btl_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_SECRET = re.compile(r"\bwhsec_[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True)
class Said:
    """How a command ended, and its words."""

    status: int
    out: str
    err: str

    @property
    def key(self) -> str:
        (key,) = _KEY.findall(self.out)
        return str(key)

    @property
    def secret(self) -> str:
        (secret,) = _SECRET.findall(self.out)
        return str(secret)


@dataclass(frozen=True)
class Cli:
    """The command line on one database."""

    database_url: str

    @property
    def environment(self) -> dict[str, str]:
        settings = make_settings(self.database_url, Signer(Clock()).public_key)
        return {
            "TELNYX_API_KEY": "KEY-of-nobody",
            "TELNYX_PUBLIC_KEY": settings.telnyx_public_key,
            "TELNYX_PHONE_NUMBER": "+14155550100",
            "SECRET_KEY": _SECRET_KEY,
            "DATABASE_URL": self.database_url,
            "API_KEYS": SHOP,
        }

    def run(self, *arguments: str) -> Said:
        result = CliRunner().invoke(app, ["clients", *arguments], env=self.environment)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return Said(result.exit_code, result.stdout, result.stderr)

    def does(self, *arguments: str) -> Said:
        """What must work."""
        said = self.run(*arguments)
        assert said.status == 0, said.err
        return said

    def rows(self, table: str = "clients") -> list[dict[str, Any]]:
        database = Database(self.database_url)
        try:
            with database.reading.connect() as connection:
                return [
                    dict(row._mapping)
                    for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
                ]
        finally:
            database.dispose()


def bearers(service: RunningService, *keys: str) -> list[WebApp]:
    return [service.web_app(key) for key in keys]


async def accepted(app: WebApp) -> bool:
    response = await app.ask("GET", params={"phone_number": PHONE})
    assert response.status_code in (200, 401)
    return response.status_code == 200


async def reload(service: RunningService) -> None:
    """What running processes do every five seconds."""
    service.clients.update(await service.reader.clients())


def test_keys_and_secrets_are_shown_once_and_stored_unreadable(database_url: str) -> None:
    cli = Cli(database_url)
    added = cli.does("add", "app-1", "--callback-url", "https://app.example/hooks")
    (row,) = cli.rows()
    assert row["key"] == hashlib.sha256(added.key.encode()).hexdigest()
    assert row["previous_key"] is None
    assert CallbackSecrets(Secrets([_SECRET_KEY])).open(row["callback_secret"]) == added.secret
    kept = str(cli.rows())
    for secret in (added.key, added.secret, added.secret.removeprefix("whsec_")):
        assert secret not in kept
    for command in (("show", "app-1"), ("list",), ("callbacks", "app-1")):
        said = cli.does(*command)
        assert not _KEY.search(said.out + said.err)
        assert not _SECRET.search(said.out + said.err)
    assert added.key != cli.does("add", "app-2").key


def test_list_and_show_print_what_add_was_given(database_url: str) -> None:
    cli = Cli(database_url)
    assert cli.does("list").out == ""
    cli.does("add", "plain")
    cli.does(
        *("add", "shop_2", "--origin", "https://shop.example", "--code-entry", "reply"),
        *("--callback-url", "https://shop.example/hooks", "--return-to", "https://shop.example/in"),
        *("--accept", "browser_code, sms_reply_ref,sms_reply"),
    )
    plain, shop = cli.does("show", "plain").out, cli.does("show", "shop_2").out
    assert re.search(r"code entry +page$", plain, re.MULTILINE)
    assert re.search(r"accepts +sms_reply_ref,browser_code$", plain, re.MULTILINE)
    for shown in (
        *("https://shop.example", "https://shop.example/hooks", "https://shop.example/in"),
        *("reply", "sms_reply,sms_reply_ref,browser_code"),
    ):
        assert re.search(rf" {re.escape(shown)}$", shop, re.MULTILINE)
    listed = cli.does("list").out.splitlines()
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
        ("nonsense",),
        ("show",),
    ],
)
def test_bad_usage_changes_nothing_and_exits_2(sqlite_url: str, arguments: tuple[str, ...]) -> None:
    cli = Cli(sqlite_url)
    said = cli.run(*arguments)
    assert said.status == 2
    assert "Traceback" not in said.err
    assert not _KEY.search(said.out)
    assert cli.rows() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nobody"),
        ("rotate", "nobody"),
        ("rotate", "nobody", "--finish"),
        ("remove", "nobody"),
        ("callbacks", "nobody"),
        ("callbacks", "there", "--replay", "cb_1"),
        ("add", "there"),
    ],
)
def test_an_unknown_name_and_one_that_is_taken_exit_1(
    database_url: str, arguments: tuple[str, ...]
) -> None:
    cli = Cli(database_url)
    cli.does("add", "there")
    before = cli.rows()
    said = cli.run(*arguments)
    assert said.status == 1
    assert re.search("nobody|there", said.err)
    assert (said.out, cli.rows()) == ("", before)


def test_a_database_without_tables_is_explained(empty_url: str) -> None:
    said = Cli(empty_url).run("list")
    assert said.status == 1
    assert "textlogin migrate" in said.err


def test_the_command_works_in_a_process_of_its_own(sqlite_url: str, tmp_path: Path) -> None:
    cli = Cli(sqlite_url)

    def process(*arguments: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "webhooks", "clients", *arguments],
            cwd=tmp_path,
            env=cli.environment,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert "Traceback" not in done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    added = process("add", "app-1")
    assert (added.status, added.err) == (0, "")
    (row,) = cli.rows()
    assert row["key"] == hashlib.sha256(added.key.encode()).hexdigest()
    assert process("show", "nobody").status == 1
    assert process("add", "Nobody").status == 2


async def test_a_running_service_follows_add_rotate_and_remove(
    database_url: str,
) -> None:
    cli = Cli(database_url)
    async with running_service(database_url) as service:
        first = cli.does("add", "app-1").key
        assert not await accepted(service.web_app(first))
        await reload(service)
        opened = await service.web_app(first).open()

        second = cli.does("rotate", "app-1").key
        await reload(service)
        for app in bearers(service, first, second):  # both live, and are the same web app
            assert (await app.show(opened["id"]))["id"] == opened["id"]

        finished = cli.does("rotate", "app-1", "--finish")
        assert not _KEY.search(finished.out + finished.err)
        await reload(service)
        assert [await accepted(app) for app in bearers(service, first, second)] == [False, True]

        third, fourth = cli.does("rotate", "app-1").key, cli.does("rotate", "app-1").key
        await reload(service)
        apps = bearers(service, second, third, fourth)
        assert [await accepted(app) for app in apps] == [False, True, True]

        cli.does("remove", "app-1")
        await reload(service)
        assert not any([await accepted(app) for app in apps])
        assert (await service.web_app(opened["poll_token"]).show(opened["id"]))[
            "status"
        ] == "pending"
        assert service.count("verifications") == 1
        assert await accepted(service.web_app())


async def test_a_running_service_sees_a_new_web_app_within_ten_seconds(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        loop_clock = LoopClock()
        key = Cli(sqlite_url).does("add", "app-1").key
        loop_clock.advance(10)
        await eventually(lambda: accepted(service.web_app(key)))


async def test_a_web_app_sees_only_its_own_verifications(database_url: str) -> None:
    cli = Cli(database_url)
    keys = [cli.does("add", name).key for name in ("app-1", "app-2")]
    async with running_service(database_url) as service:
        one, other = bearers(service, *keys)
        opened = await one.open(phone_number=PHONE)
        assert (await other.ask("GET", f"/{opened['id']}")).status_code == 404
        assert (await service.web_app().ask("GET", f"/{opened['id']}")).status_code == 404
        assert await other.find() == []
        assert [found["id"] for found in await one.find()] == [opened["id"]]


async def test_an_origin_is_allowed_while_its_web_app_is_registered(database_url: str) -> None:
    cli, origin = Cli(database_url), "https://app.example"
    async with running_service(database_url) as service:

        async def allowed() -> str | None:
            opened = await service.web_app().open()
            answer = await service.web_app().ask(
                "GET", f"/{opened['id']}", headers={"Origin": origin}
            )
            found: str | None = answer.headers.get("access-control-allow-origin")
            return found

        assert await allowed() is None
        cli.does("add", "app-1", "--origin", origin)
        await reload(service)
        assert await allowed() == origin
        cli.does("remove", "app-1")
        await reload(service)
        assert await allowed() is None


async def test_a_code_for_a_page_ends_with_the_web_apps_host(database_url: str) -> None:
    cli = Cli(database_url)
    key = cli.does("add", "app-1", "--origin", "https://app.example").key
    async with running_service(database_url) as service:
        await service.web_app(key).create(method="sms", phone_number=PHONE)
        text = await service.phone().reads()
        assert re.fullmatch("@app.example #[0-9]{6}", text.splitlines()[-1])


async def test_code_entry_defaults_to_the_web_apps_setting(database_url: str) -> None:
    cli = Cli(database_url)
    typed = cli.does("add", "typed").key
    replied = cli.does("add", "replied", "--code-entry", "reply").key
    async with running_service(database_url) as service:
        for key, entry, other in ((typed, "page", "reply"), (replied, "reply", "page")):
            app = service.web_app(key)
            assert (await app.open())["code_entry"] == entry
            assert (await app.open(code_entry=other))["code_entry"] == other
            sent = await app.ask("POST", json={"method": "sms", "phone_number": PHONE})
            assert sent.status_code in (201, 429)
        assert (await service.web_app().open())["code_entry"] == "reply"  # of API_KEYS


async def test_a_binding_that_the_web_app_does_not_accept_is_refused(database_url: str) -> None:
    cli = Cli(database_url)
    strict = cli.does("add", "strict", "--accept", "browser_code").key
    by_reply = cli.does(
        *("add", "by-reply", "--accept", "sms_reply_ref", "--code-entry", "reply")
    ).key
    sms = {"method": "sms", "phone_number": PHONE}
    async with running_service(database_url) as service:
        for key, members in (
            (strict, {"method": "text", "code_entry": "reply"}),
            (by_reply, {"method": "text", "code_entry": "page"}),
            (by_reply, sms),  # its code is typed on the page as well
        ):
            problem = expect(await service.web_app(key).ask("POST", json=members), 422)
            assert problem["type"] == "urn:textlogin:problem:invalid"
            (error,) = problem["errors"]
            assert error["member"] in ("code_entry", "method")
        assert service.count("verifications") == 0
        assert await service.phone().unread() == []
        assert (await service.web_app(strict).create(**sms))["code_entry"] == "page"


async def test_a_stand_alone_login_is_seen_only_by_web_apps_that_accept_it(
    database_url: str,
) -> None:
    cli = Cli(database_url)
    usual = cli.does("add", "usual").key
    generous = cli.does("add", "generous", "--accept", "sms_reply,browser_code").key
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        (login,) = await service.web_app(generous).find()
        assert (login["status"], login["binding"]) == ("approved", "sms_reply")
        assert await service.web_app(usual).find() == []
        for method, path in (("GET", ""), ("POST", "/redeem")):
            response = await service.web_app(usual).ask(method, f"/{login['id']}{path}")
            assert response.status_code == 404
        expect(await service.web_app(generous).redeem(login["id"]), 200)
