"""`check`, `resend` and `cancel` of `/client.js`, and the errors that they throw."""

from pathlib import Path
from typing import Any

from tests.harness.asgi_server import loopback_socket
from tests.harness.clock import MINUTE_MS
from tests.harness.node import node
from tests.harness.phone import PHONE, wrong_code
from tests.webhooks.watch.test_client_js import Site, site

_CALL = """
import { cancel, check, resend, TextloginError } from "./client.mjs";
const [base, id, token, call, ...rest] = process.argv.slice(2);
const print = (line) => process.stdout.write(JSON.stringify(line) + "\\n");
try {
  const shown = await { cancel, check, resend }[call](id, token, ...rest, { base });
  print([shown.status, shown.attempts_left, shown.phone_number]);
} catch (error) {
  const { problem, status, retryAfter, limit, verificationStatus } = error;
  print([error instanceof TextloginError, problem, status, retryAfter, limit, verificationStatus]);
}
"""


async def call(running: Site, opened: dict[str, Any], *words: str, base: str = "") -> Any:
    """What the page is told."""
    arguments = (base or running.base, opened["id"], opened["poll_token"], *words)
    async with node(_CALL, running.folder, *arguments) as page:
        return await page.prints()


async def test_a_page_checks_resends_and_cancels(sqlite_url: str, tmp_path: Path) -> None:
    async with site(sqlite_url, tmp_path) as running:
        phone, shop = running.service.phone(), running.service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        wrong = wrong_code(await phone.code())
        assert await call(running, sent, "check", wrong) == ["pending", 4, "+1••••••0123"]
        running.service.clock.advance(MINUTE_MS)
        assert await call(running, sent, "resend") == ["pending", 4, "+1••••••0123"]
        code = await phone.code()
        assert await call(running, sent, "check", code) == ["approved", 4, "+1••••••0123"]
        opened = await shop.open()
        assert await call(running, opened, "cancel") == ["canceled", 5, None]


async def test_a_refusal_is_an_error_with_the_problems_name(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with site(sqlite_url, tmp_path) as running:
        shop = running.service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        limited = await call(running, sent, "resend")
        assert limited == [True, "limited", 429, 60, "resend_cooldown", None]
        opened = await shop.open()
        no_code = await call(running, opened, "check", "123456")
        assert no_code == [True, "no_code", 409, None, None, None]
        await shop.cancel(opened["id"])
        over = await call(running, opened, "cancel")
        assert over == [True, "over", 409, None, None, "canceled"]
        stranger = {**opened, "poll_token": sent["poll_token"]}
        missing = await call(running, stranger, "cancel")
        assert missing == [True, "not_found", 404, None, None, None]
        with loopback_socket() as (_, nobody):
            lost = await call(
                running, opened, "cancel", base=nobody.replace("127.0.0.1", "127.0.0.2")
            )
        assert lost == [True, "unreachable", 0, None, None, None]
