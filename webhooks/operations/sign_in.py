"""The page on which people type OPERATIONS_TOKEN, once for a browser."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhooks.operations.access import SIGN_IN
from webhooks.operations.looks import Looks
from webhooks.operations.pages import Report
from webhooks.operations.same_origin import check_origin
from webhooks.operations.tickets import COOKIE, LIFE_S, Tickets
from webhooks.pages.fields import fields
from webhooks.pages.refusal import Refusal


class SignIn:
    """`/sign-in`. The cookie also reaches other ports of the host: it is worth nothing there."""

    def __init__(self, token: str, looks: Looks, report: Report) -> None:
        self._tickets = Tickets(token)
        self._looks = looks
        self._report = report

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route(SIGN_IN, self.form, methods=["GET"]),
            Route(SIGN_IN, self.sign_in, methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """Asks for the token."""
        return self._looks.page("sign_in", error=False)

    async def sign_in(self, request: Request) -> Response:
        """A cookie for the right token."""
        try:
            check_origin(request)
            typed = (await fields(request)).get("token", "")
        except Refusal as refusal:
            return self._looks.page("sign_in", refusal.status, error=True)
        address = request.client.host if request.client else ""
        if not self._tickets.is_token(typed):
            self._report("operator", action="sign_in_refused", address=address)
            return self._looks.page("sign_in", 401, error=True)
        self._report("operator", action="sign_in", address=address)
        answer = self._looks.redirect("/")
        secure = " Secure;" if request.url.scheme == "https" else ""
        cookie = f"{COOKIE}={self._tickets.new()}; Path=/; Max-Age={LIFE_S};{secure}"
        answer.headers.append("Set-Cookie", f"{cookie} HttpOnly; SameSite=Strict")
        return answer
