"""Web apps registered by `textlogin clients`, as a running service treats them."""

import re

from tests.harness.clients_command import KEY_PATTERN, ClientsCommand
from tests.harness.clock import LoopClock
from tests.harness.eventually import eventually
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService, running_service
from tests.harness.web_app import WebApp, expect


def bearers(service: RunningService, *keys: str) -> list[WebApp]:
    return [service.web_app(key) for key in keys]


async def accepted(app: WebApp) -> bool:
    response = await app.ask("GET", params={"phone_number": PHONE})
    assert response.status_code in (200, 401)
    return response.status_code == 200


async def reload(service: RunningService) -> None:
    """What running processes do every five seconds."""
    service.clients.update(await service.reader.clients())


async def test_a_running_service_follows_add_rotate_and_remove(
    database_url: str,
) -> None:
    clients = ClientsCommand(database_url)
    async with running_service(database_url) as service:
        first = clients.succeeds("add", "app-1").key
        assert not await accepted(service.web_app(first))
        await reload(service)
        opened = await service.web_app(first).open()

        second = clients.succeeds("rotate", "app-1").key
        await reload(service)
        for app in bearers(service, first, second):  # both keys work, for the same web app
            assert (await app.show(opened["id"]))["id"] == opened["id"]

        finished = clients.succeeds("rotate", "app-1", "--finish")
        assert not KEY_PATTERN.search(finished.out + finished.err)
        await reload(service)
        assert [await accepted(app) for app in bearers(service, first, second)] == [False, True]

        third = clients.succeeds("rotate", "app-1").key
        assert clients.run("rotate", "app-1").status == 1  # else a key in use would end at once
        await reload(service)
        apps = bearers(service, second, third)
        assert [await accepted(app) for app in apps] == [True, True]

        clients.succeeds("remove", "app-1")
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
        key = ClientsCommand(sqlite_url).succeeds("add", "app-1").key
        loop_clock.advance(10)
        await eventually(lambda: accepted(service.web_app(key)))


async def test_a_web_app_sees_only_its_own_verifications(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    keys = [clients.succeeds("add", name).key for name in ("app-1", "app-2")]
    async with running_service(database_url) as service:
        one, other = bearers(service, *keys)
        opened = await one.open(phone_number=PHONE)
        assert (await other.ask("GET", f"/{opened['id']}")).status_code == 404
        assert (await service.web_app().ask("GET", f"/{opened['id']}")).status_code == 404
        assert await other.find() == []
        assert [found["id"] for found in await one.find()] == [opened["id"]]


async def test_an_origin_is_allowed_while_its_web_app_is_registered(database_url: str) -> None:
    clients, origin = ClientsCommand(database_url), "https://app.example"
    async with running_service(database_url) as service:

        async def allowed() -> str | None:
            opened = await service.web_app().open()
            answer = await service.web_app().ask(
                "GET", f"/{opened['id']}", headers={"Origin": origin}
            )
            found: str | None = answer.headers.get("access-control-allow-origin")
            return found

        assert await allowed() is None
        clients.succeeds("add", "app-1", "--origin", origin)
        await reload(service)
        assert await allowed() == origin
        clients.succeeds("remove", "app-1")
        await reload(service)
        assert await allowed() is None


async def test_a_code_for_a_page_ends_with_the_web_apps_host(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    key = clients.succeeds("add", "app-1", "--origin", "https://app.example").key
    async with running_service(database_url) as service:
        await service.web_app(key).create(method="sms", phone_number=PHONE)
        text = await service.phone().reads()
        assert re.fullmatch("@app.example #[0-9]{6}", text.splitlines()[-1])


async def test_code_entry_defaults_to_the_web_apps_setting(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    typed = clients.succeeds("add", "typed").key
    replied = clients.succeeds("add", "replied", "--code-entry", "reply").key
    async with running_service(database_url) as service:
        for key, entry, other in ((typed, "page", "reply"), (replied, "reply", "page")):
            app = service.web_app(key)
            assert (await app.create(method="text"))["code_entry"] == entry
            assert (await app.open(code_entry=other))["code_entry"] == other
            sent = await app.ask("POST", json={"method": "sms", "phone_number": PHONE})
            assert sent.status_code in (201, 429)
        of_api_keys = await service.web_app().create(method="text")
        assert of_api_keys["code_entry"] == "page"


async def test_a_binding_that_the_web_app_does_not_accept_is_refused(database_url: str) -> None:
    clients = ClientsCommand(database_url)
    strict = clients.succeeds("add", "strict", "--accept", "browser_code").key
    by_reply = clients.succeeds(
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
    clients = ClientsCommand(database_url)
    usual = clients.succeeds("add", "usual").key
    generous = clients.succeeds("add", "generous", "--accept", "sms_reply,browser_code").key
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
