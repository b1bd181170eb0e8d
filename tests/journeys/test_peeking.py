"""Who reads the database files or the log learns no code, token, key or words of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import LiteralString

import httpx
import pytest

from storage.database import Database
from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.phone import CODE, code_in, wrong_code
from tests.harness.postgres import Postgres
from tests.harness.process import process
from tests.harness.service_process import ServiceProcess, environment_of, service_process
from tests.harness.settings import SHOP
from tests.harness.telnyx_events import text_event
from tests.harness.telnyx_server import TelnyxServer, telnyx_server

_WORDS = "zebra umbrella accordion"
_PHONES = [f"+1415555{number}" for number in range(3001, 3007)]


class Run:
    """What occurred while the service ran, and what it left behind."""

    def __init__(
        self, service: ServiceProcess, telnyx: TelnyxServer, url: str, folder: Path
    ) -> None:
        self._service = service
        self._telnyx = telnyx
        self._url = url
        self._folder = folder
        self.http = httpx.Client(base_url=service.url, timeout=PROCESS_PATIENCE_S)
        self.codes: list[str] = []
        self.tokens: list[str] = []

    def code(self, phone: str) -> str:
        """The newest code of a phone."""
        texts = wait_for(lambda: [one for one in self._telnyx.texts(phone) if CODE.search(one)])
        self.codes.append(code_in(texts[-1]))
        return self.codes[-1]

    def text(self, words: str, phone: str) -> int:
        return self._service.post(self.http, text_event(words, phone))

    def api(self, path: str = "", bearer: str = SHOP, **body: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {bearer}"}
        return self.http.post(f"/v1/verifications{path}", json=body, headers=headers)

    def log_in_by_text(self, phone: str) -> None:
        self.text("LOGIN", phone)
        code = self.code(phone)
        self.codes.append(wrong_code(code))
        self.text(self.codes[-1], phone)
        self.text(code, phone)
        self.text(f"{_WORDS} {code}", phone)

    def log_in_by_api(self, phone: str) -> None:
        opened = self.api(method="sms", phone_number=phone).json()
        self.tokens.append(opened["poll_token"])
        code = self.code(phone)
        self.api(f"/{opened['id']}/check", opened["poll_token"], code=wrong_code(code))
        self.api(f"/{opened['id']}/check", opened["poll_token"], code=code)

    def log_in_by_page(self, phone: str) -> None:
        origin = {"Sec-Fetch-Site": "same-origin"}
        asked = self.http.post("/request", data={"phone": phone}, headers=origin)
        assert asked.status_code == 303, asked.text
        self.tokens += re.findall(r"=([^;\s]{20,})", asked.headers["set-cookie"])
        code = self.code(phone)
        self.http.post("/verify", data={"token": code}, headers=origin)

    def crash(self, phone: str) -> None:
        """A row cannot be read, so that a decision raises; then a table is gone."""
        self._execute("UPDATE phones SET replies_at = 'x', codes_at = 'x'")
        assert self.text("LOGIN", _PHONES[0]) >= 500
        self._execute("DROP TABLE conversations")
        assert self.text("LOGIN", phone) >= 500
        assert self.api(method="sms", phone_number=phone).status_code >= 500

    def stored(self) -> str:
        """The bytes of the database and its WAL."""
        if self._url.startswith("postgresql"):
            self._execute("CHECKPOINT")
        stored = "".join(one.read_bytes().decode("latin-1") for one in self._files())
        assert _PHONES[0] in stored  # a phone is stored as it is
        return stored

    def _files(self) -> Iterator[Path]:
        kept = ("base", "pg_wal") if self._url.startswith("postgresql") else (".",)
        for name in kept:
            yield from (one for one in (self._folder / name).rglob("*") if one.is_file())

    def _execute(self, statement: LiteralString) -> None:
        database = Database(self._url)
        with database.writing.connect() as connection, connection.begin():
            connection.exec_driver_sql(statement)
        database.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Run, str, str]]:
    """A whole run at debug level, what is stored, and the log."""
    folder = tmp_path_factory.mktemp("peeking")
    with ExitStack() as stack:
        if request.param == "sqlite":
            stored = folder / "stored"
            stored.mkdir()
            url = f"sqlite:///{stored}/textlogin.db"
        else:
            server = Postgres()
            stack.callback(server.remove)
            url, stored = server.create("peeking"), server.data
        telnyx = stack.enter_context(telnyx_server())
        with process(
            *("webhooks", "migrate"), folder=folder, environment=environment_of(url, telnyx)
        ) as migrating:
            assert migrating.ends() == 0, migrating.output
        with service_process(folder, url, telnyx, LOG_LEVEL="debug", CODE_LENGTH="8") as service:
            run = Run(service, telnyx, url, stored)
            run.log_in_by_text(_PHONES[0])
            run.log_in_by_api(_PHONES[1])
            run.log_in_by_page(_PHONES[2])
            run.text(_WORDS, _PHONES[3])
            run.text("LOGIN", _PHONES[4])
            run.code(_PHONES[4])
            left = run.stored()
            run.crash(_PHONES[5])
            run.http.close()
            service.child.signal(15)
            service.child.ends()
            yield run, left, service.child.output


def test_no_code_is_in_the_database_or_the_log(run: tuple[Run, str, str]) -> None:
    occurred, left = run[0], run[1] + run[2]

    assert len(occurred.codes) >= 5
    assert [one for one in occurred.codes if re.search(rf"(?<!\d){one}(?!\d)", left)] == []


def test_no_token_cookie_or_key_is_in_the_database_or_the_log(run: tuple[Run, str, str]) -> None:
    occurred, left = run[0], run[1] + run[2]

    assert len(occurred.tokens) >= 2
    assert [one for one in (*occurred.tokens, SHOP) if one in left] == []


def test_no_words_of_a_text_are_in_the_database_or_the_log(run: tuple[Run, str, str]) -> None:
    assert [one for one in _WORDS.split() if one in run[1] + run[2]] == []


def test_no_phone_is_in_the_log_in_clear(run: tuple[Run, str, str]) -> None:
    log = run[2]

    assert "ValueError" in log
    assert "textlogin migrate" in log
    assert [one for one in _PHONES if one[1:] in log] == []
