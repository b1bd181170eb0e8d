"""Once `/readyz` is 200, the event loop and the writer open no file and import no module."""

import re
import resource
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.harness import audit
from tests.harness.eventually import wait_for
from tests.harness.phone import CODE
from tests.harness.service_process import ServiceProcess, service_process
from tests.harness.settings import SHOP
from tests.harness.telnyx_events import WEBHOOK_PATH, event, receipt_event, text_event
from tests.harness.telnyx_server import TelnyxServer, telnyx_server

AUDIT = Path(audit.__file__).parent
LINE = re.compile(r"audit ([0-9.]+) (MainThread|writer) (.+)")
#: Of regions that no setting names; the last one belongs to no region.
FOREIGN_PHONES = (
    "+447400123456",
    "+61412345678",
    "+819012345678",
    "+5511961234567",
    "+80012345678",
)
JSON = {"Content-Type": "application/json"}


class Journeys:
    """Everything that users, web apps, browsers and operators do."""

    def __init__(self, service: ServiceProcess, telnyx: TelnyxServer, http: httpx.Client) -> None:
        self._service = service
        self._telnyx = telnyx
        self._http = http

    def run(self) -> None:
        self._texts()
        self._receipts()
        self._web_app()
        self._browser()
        self._pages()
        self._problems()

    def _texts(self) -> None:
        phone = "+14155550123"
        for words in ("LOGIN", "HELP", "STATUS", "hello", "482915 please"):
            self._text(phone, words)
        code = self._code(phone)
        self._text(phone, "1" * len(code) if code[0] != "1" else "2" * len(code))
        self._text(phone, code)
        for words in ("NO", "RESEND", "STOP", "START", "LOGIN KTQMWX"):
            self._text(phone, words)
        for foreign in FOREIGN_PHONES:
            self._text(foreign, "LOGIN")

    def _receipts(self) -> None:
        for status, error in (("sent", None), ("delivered", None), ("delivery_failed", "40001")):
            assert self._service.post(self._http, receipt_event("unknown", status, error)) == 200
        assert self._service.post(self._http, event("call.initiated", {})) == 200

    def _web_app(self) -> None:
        wanted = {"method": "text", "code_entry": "reply", "requester": {"ip": "203.0.113.9"}}
        opened = self._ask("POST", "", wanted)
        phone = "+14155550124"
        self._text(phone, opened["login"]["text"])
        self._text(phone, self._code(phone))
        id = opened["id"]
        held = self._ask("GET", f"/{id}?wait=5")
        assert held["status"] == "approved"
        self._ask("POST", f"/{id}/redeem")
        typed = self._ask("POST", "", {"method": "sms", "phone_number": "415 555 0125"})
        self._ask("POST", f"/{typed['id']}/check", {"code": "00000000"})
        self._ask("POST", f"/{typed['id']}/check", {"code": self._code("+14155550125")})
        self._ask("GET", "?phone_number=%2B14155550124")

    def _browser(self) -> None:
        opened = self._ask("POST", "", {"method": "text"})
        id, token = opened["id"], opened["poll_token"]
        self._ask("GET", f"/{id}?wait=1", bearer=token)
        with self._http.stream("GET", f"/v1/verifications/{id}/events", headers=_bearer(SHOP)) as s:
            assert next(s.iter_lines()) == "event: verification"
        self._ask("POST", f"/{id}/resend", bearer=token)
        ref = opened["login"]["ref"]
        drawn = self._http.get(f"/v1/verifications/{id}/qr.svg", params={"ref": ref})
        assert drawn.headers["content-type"] == "image/svg+xml"
        self._ask("POST", f"/{id}/cancel", bearer=token)

    def _pages(self) -> None:
        for path in ("/healthz", "/readyz", "/docs", "/openapi.json", "/client.js"):
            assert self._http.get(path).status_code == 200
        self._login_pages()

    def _login_pages(self) -> None:
        for path in ("/", "/?lang=de", "/pages.css", "/pages.js"):
            assert self._http.get(path).status_code == 200
        for typed, status in (("12", 422), ("+447400123456", 422), ("+14155550188", 303)):
            assert self._http.post("/request", data={"phone": typed}).status_code == status
        for token, status in (("1", 422), ("000000", 303)):
            assert self._http.post("/verify", data={"token": token}).status_code == status
        assert self._http.post("/request").status_code == 303
        for path in ("/verify", "/verify/status"):
            assert self._http.get(path).status_code == 200
        assert self._http.get("/?client=nobody").status_code == 400

    def _problems(self) -> None:
        assert self._http.get("/nothing").status_code == 404
        assert self._http.delete("/v1/verifications").status_code == 405
        assert self._http.get(WEBHOOK_PATH).status_code == 405
        assert self._http.post(WEBHOOK_PATH, content=b"x" * 70_000).status_code == 413
        assert self._http.post(WEBHOOK_PATH, content=b"{}").status_code == 403
        assert self._service.post(self._http, b"not JSON") == 400
        path, headers = "/v1/verifications", _bearer(SHOP)
        assert (
            self._http.post(path, content=b"x" * 20_000, headers=headers | JSON).status_code == 413
        )
        assert self._http.post(path, content=b"[", headers=headers | JSON).status_code == 400
        assert self._http.post(path, content=b"[", headers=headers).status_code == 415
        assert self._http.post(path, json={"x": 1}, headers=headers).status_code == 422
        assert self._http.get(path, headers=_bearer("k" * 40)).status_code == 401
        preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
        assert self._http.options(path, headers=preflight).status_code == 403

    def _text(self, phone: str, words: str) -> None:
        assert self._service.post(self._http, text_event(words, phone)) == 200

    def _code(self, phone: str) -> str:
        def newest() -> str:
            found = [code for text in self._telnyx.texts(phone) for code in CODE.findall(text)]
            return str(found[-1]) if found else ""

        return wait_for(newest)

    def _ask(
        self, method: str, path: str, body: object = None, bearer: str = SHOP
    ) -> dict[str, Any]:
        url = f"/v1/verifications{path}"
        response = self._http.request(method, url, json=body, headers=_bearer(bearer))
        answer: dict[str, Any] = response.json()
        return answer


def _gets_in(service: ServiceProcess, http: httpx.Client, body: bytes) -> bool:
    return service.post(http, body) == 200


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_the_event_loop_and_the_writer_load_nothing_once_ready(
    database_url: str, tmp_path: Path
) -> None:
    with (
        telnyx_server() as telnyx,
        service_process(tmp_path, database_url, telnyx, PYTHONPATH=str(AUDIT)) as service,
    ):
        ready_at = time.monotonic()
        with httpx.Client(base_url=service.url, timeout=20) as http:
            Journeys(service, telnyx, http).run()
        done_at = time.monotonic()
    lines = [found for line in service.child.lines if (found := LINE.match(line))]
    late = [found for found in lines if ready_at < float(found[1]) < done_at]
    assert lines, "nothing is audited"
    assert [f"{found[2]} {found[3]}" for found in late] == []


def test_new_countries_do_not_block_a_process_whose_descriptors_ran_out(
    database_url: str, tmp_path: Path
) -> None:
    with (
        telnyx_server() as telnyx,
        service_process(tmp_path, database_url, telnyx) as service,
        httpx.Client(base_url=service.url, timeout=20) as http,
    ):
        assert service.post(http, text_event("LOGIN")) == 200  # on a connection that stays open
        pid, limit = service.child.pid, resource.RLIMIT_NOFILE
        before = resource.prlimit(pid, limit)
        resource.prlimit(pid, limit, (0, before[1]))
        for phone in FOREIGN_PHONES:
            assert service.post(http, text_event("LOGIN", phone)) in (200, 503)
        assert http.get("/healthz").status_code == 200
        resource.prlimit(pid, limit, before)
        for phone in FOREIGN_PHONES:
            wait_for(partial(_gets_in, service, http, text_event("LOGIN", phone)))
