"""What every page needs: the visit, the language, commands, and the answer with its cookie."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from bot.commands import PAGES_CLIENT, Access, Command
from bot.outcomes import Outcome
from bot.phone import mask
from bot.policy import Policy
from bot.records import Verification
from storage.errors import Unavailable
from webhooks.clients.authentication import Client, Clients
from webhooks.clients.code_host import code_host
from webhooks.http.client_ip import ClientAddresses
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.http.problems import RETRY_AFTER_S, Problem
from webhooks.http.timeouts import Timeouts
from webhooks.pages import languages
from webhooks.pages.browser import (
    accepted_languages,
    cookie_name,
    is_cross_origin,
    set_cookie,
)
from webhooks.pages.cookie import CookieJar, Visit
from webhooks.pages.countries import Countries, written
from webhooks.pages.languages import LANGUAGES, Sentences
from webhooks.pages.refusal import Refusal
from webhooks.pages.rendering import Renderer, origin_of
from webhooks.pages.web_app import shown_name
from webhooks.watch.live import Entry
from webhooks.watch.watch import Watch

#: Rendered phone forms that are kept, and what stands in them for the value that differs.
_MOST_FORMS, _ONCE = 50, "{once}"
#: The cookie is worth what a poll token is worth.
HOLDER = Access(None)


class Site:
    """Shared by the pages. `submit` returns a command's outcome after the commit; `new_refs`
    makes candidates for the ref of a new verification."""

    def __init__(
        self,
        *,
        policy: Policy,
        submit: Callable[[Command], Awaitable[Outcome]],
        new_refs: Callable[[], tuple[str, ...]],
        watch: Watch,
        clients: Clients,
        clock: Callable[[], int],
        timeouts: Timeouts,
        renderer: Renderer,
        default_region: str,
        public_url: str | None,
        addresses: ClientAddresses,
    ) -> None:
        self.policy = policy
        self.new_refs = new_refs
        self.watch = watch
        self.clients = clients
        self.clock = clock
        self.countries = Countries(policy.allowed_regions, default_region)
        self.jar = CookieJar(policy.secrets)
        self.number = policy.numbers[0]
        self._submit = submit
        self._timeouts = timeouts
        self._renderer = renderer
        self._sentences = languages.load()
        self._names = [(tag, self._sentences[tag]["language"]) for tag in LANGUAGES]
        self._forms: dict[tuple[str, str], tuple[str, str, str]] = {}
        self._public_url = public_url
        self._addresses = addresses

    # -- the request -------------------------------------------------------------------------------

    def visit(self, request: Request) -> Visit:
        """What the browser's cookie says, in the language that the page will have."""
        name = cookie_name(request, self._public_url)
        visit = self.jar.open(request.cookies.get(name), self.clock())
        asked = request.query_params.get("lang", "")
        return replace(visit, language=asked) if asked in LANGUAGES else visit

    def sentences(self, request: Request, visit: Visit) -> Sentences:
        """The language of the page."""
        accepted = accepted_languages(request)
        return self._sentences[languages.choose("", visit.language, accepted)]

    def check_origin(self, request: Request) -> None:
        """Raises Refusal if another site's page sent the form."""
        if is_cross_origin(request, self._public_url):
            raise Refusal("cross_origin", 403)

    def address(self, request: Request) -> str | None:
        """The browser's address as limits count it."""
        return self._addresses.key(request)

    @property
    def host(self) -> str | None:
        """Where codes are typed, for the last line of a text with a code."""
        return code_host(self._public_url)

    def client(self, visit: Visit) -> Client | None:
        """The web app that sent the browser, while it is registered."""
        return self.clients.named(visit.client) if visit.client else None

    def client_name(self, visit: Visit) -> str:
        """The web app that a new verification is for."""
        return visit.client or PAGES_CLIENT

    # -- the verification --------------------------------------------------------------------------

    async def submit(self, command: Command) -> Outcome:
        """Carry out a command. Raises Refusal (503)."""
        try:
            with self._timeouts.limit(ANSWER_TIMEOUT_S):
                return await self._submit(command)
        except (Unavailable, TimeoutError):
            raise Refusal("unavailable", 503) from None

    async def entry(self, visit: Visit) -> Entry:
        """The browser's verification. Raises Refusal if it has none."""
        if not visit.verification:
            raise Refusal("no_visit", 400)
        try:
            return await self.watch.entry(visit.verification, HOLDER)
        except Problem as problem:
            is_gone = problem.status == 404
            raise Refusal(*(("no_visit", 400) if is_gone else ("unavailable", 503))) from None

    async def verification(self, visit: Visit) -> Verification:
        """The browser's verification as committed. Raises Refusal if it has none."""
        return (await self.entry(visit)).verification

    # -- the answer --------------------------------------------------------------------------------

    def page(
        self,
        request: Request,
        visit: Visit,
        template: str,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """A page. It sets the cookie only where the language was chosen or `keep` says so."""
        keep = values.pop("keep", False) or "lang" in request.query_params
        path = request.scope["path"] if request.method == "GET" else "/"
        every = self._every(visit, path) | values
        body = self._rendered(template, self.sentences(request, visit), every)
        response = self._renderer.response(body, status, every)
        if keep:
            self._keep(response, request, visit)
        return response

    def _every(self, visit: Visit, path: str) -> dict[str, Any]:
        """What each page has."""
        client = self.client(visit)
        return {
            "path": path,
            "names": self._names,
            "client": shown_name(client) if client else None,
            "return_origin": origin_of(client.return_to) if client and client.return_to else None,
            "error": None,
            "notice": None,
            "live": False,
            "watch": "",
        }

    def _rendered(self, template: str, sentences: Sentences, values: dict[str, Any]) -> str:
        """The HTML. The empty phone form is rendered once, since most visitors see only that."""
        if template != "phone" or values["error"] or values["client"]:
            return self._renderer.render(template, sentences, values)
        key = (sentences.language, values["region"])
        if key not in self._forms:
            if len(self._forms) >= _MOST_FORMS:
                self._forms.clear()
            html = self._renderer.render(template, sentences, values | {"once": _ONCE})
            self._forms[key] = html.partition(_ONCE)
        before, _, after = self._forms[key]
        return f"{before}{values['once']}{after}"

    def redirect(self, request: Request, visit: Visit, to: str) -> Response:
        """303, with the cookie."""
        response = Response(status_code=303, headers=self._renderer.headers() | {"Location": to})
        self._keep(response, request, visit)
        return response

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """A plain sentence, and the way on."""
        response = self.page(
            request, self.visit(request), "end", refusal.status, **self.words(refusal.name)
        )
        if refusal.status == 503:
            response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response

    def words(self, name: str) -> dict[str, Any]:
        """The values of a page that only says something."""
        return {"name": name, "number": self.written_number}

    @property
    def written_number(self) -> str:
        """The number that users text, as they write it."""
        return written(self.number, self.countries.default)

    def masked(self, visit: Visit, known: Verification) -> str:
        """The phone that the page names: the typed one, else the one that texted us."""
        return visit.masked or (mask(known.phone) if known.phone else "")

    def _keep(self, response: Response, request: Request, visit: Visit) -> None:
        sealed = self.jar.seal(replace(visit, at=self.clock()))
        set_cookie(response, request, self._public_url, sealed)
