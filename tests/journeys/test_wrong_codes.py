"""Wrong codes by text, and codes that RESEND replaces."""

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import wrong_code
from tests.harness.running_service import running_service


async def test_wrong_codes_use_up_attempts_and_lock_the_phone(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        for tries_left in (4, 3, 2, 1):
            await phone.text(wrong_code(code, tries_left))
            assert f"Tries left: {tries_left}." in await phone.reads()
            (login,) = await shop.find()
            assert (login["status"], login["attempts_left"]) == ("pending", tries_left)
        await phone.text(wrong_code(code, 5))
        assert "locked for 15 min" in await phone.reads()
        (login,) = await shop.find()
        assert (login["status"], login["attempts_left"]) == ("max_attempts_reached", 0)

        await phone.text(code)
        assert "Try again in 15 min" in await phone.reads()
        await phone.text("LOGIN")
        assert await phone.unread() == []  # `locked` is sent once per lock
        service.clock.advance(15 * MINUTE_MS)
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        assert "verified" in await phone.reads()


async def test_a_new_code_gives_no_new_attempts(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        for by in (1, 2, 3):
            await phone.text(wrong_code(code, by))
            await phone.reads()
        service.clock.advance(MINUTE_MS)
        await phone.text("RESEND")
        code = await phone.code()
        (login,) = await shop.find()
        assert login["attempts_left"] == 2
        await phone.text(wrong_code(code))
        assert "Tries left: 1." in await phone.reads()


async def test_after_resend_the_old_code_approves_nothing(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        first = await phone.code()
        await phone.text("RESEND")
        assert "wait 60 s" in await phone.reads()
        await phone.text("again")
        assert await phone.unread() == []  # sent once per wait
        service.clock.advance(MINUTE_MS)
        await phone.text("RESEND")
        second = await phone.code()
        assert second != first
        await phone.text(first)
        assert "Tries left: 4" in await phone.reads()
        await phone.text(second)
        assert "verified" in await phone.reads()
        assert len(await shop.find()) == 1
