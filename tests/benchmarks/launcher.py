"""Starts the processes of a build, with the settings that the load expects."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from tests.benchmarks import bare_route
from tests.benchmarks.build import WORKING_TREE, Build
from tests.benchmarks.errors import CannotMeasure
from tests.benchmarks.server import Server, free_port
from tests.benchmarks.webhook_signer import NUMBER

#: The service logs this when Telnyx's SDK is loaded.
READY_TO_SEND = "ready to send"
#: As long as a poll token, so that requests with either have one length.
API_KEY = "k" * 69
SECRET_KEY = "known to everyone and only for benchmarks"
_READY_PATH = "/readyz"
_COMMAND_TIMEOUT_S = 60


class Launcher:
    """Servers run on the service's core, commands on the load's; `folder` is for their files."""

    def __init__(self, folder: Path, core: int, telnyx_public_key: str) -> None:
        self._folder = folder
        self._core = core
        self._telnyx_public_key = telnyx_public_key

    def bare_route(self) -> Server:
        """The reference, ready."""
        port = free_port()
        command = WORKING_TREE.application("bare_route", port)
        server = self._server(command, port, WORKING_TREE.environment)
        server.wait_until_ready(bare_route.GET_PATH)
        return server

    def holding_service(self, build: Build, url: str) -> Server:
        """The service with its texts held back, ready."""
        port = free_port()
        environment = build.environment | self._settings(url)
        server = self._server(build.application("app", port), port, environment)
        server.wait_until_ready(_READY_PATH)
        return server

    def sending_service(self, url: str, **environment: str) -> Server:
        """The working tree's `textlogin serve`; it is not ready yet."""
        port = free_port()
        environment = WORKING_TREE.environment | self._settings(url) | environment
        return self._server(WORKING_TREE.service(port), port, environment)

    def migrate(self, build: Build, url: str) -> None:
        """Create the tables of a build. Raises CannotMeasure."""
        self._run(build, build.migrate(), url)

    def codes(self, build: Build, url: str, phones: Collection[str]) -> dict[str, str]:
        """The code that each of these phones has been sent. Raises CannotMeasure."""
        printed = self._run(build, build.codes(), url, json.dumps(list(phones)))
        codes: dict[str, str] = json.loads(printed)
        return codes

    def _server(self, command: Sequence[str], port: int, environment: dict[str, str]) -> Server:
        return Server(
            command,
            port=port,
            core=self._core,
            folder=self._folder,
            environment=environment,
        )

    def _run(self, build: Build, command: Sequence[str], url: str, given: str = "") -> str:
        ended = subprocess.run(
            command,
            cwd=self._folder,
            env=build.environment | self._settings(url),
            input=given,
            capture_output=True,
            text=True,
            timeout=_COMMAND_TIMEOUT_S,
        )
        if ended.returncode:
            raise CannotMeasure(f"{' '.join(command[1:])} fails: {ended.stderr.strip()[-2000:]}")
        return ended.stdout

    def _settings(self, url: str) -> dict[str, str]:
        return {
            "TELNYX_API_KEY": "no account",
            "TELNYX_PUBLIC_KEY": self._telnyx_public_key,
            "TELNYX_PHONE_NUMBER": NUMBER,
            "SECRET_KEY": SECRET_KEY,
            "API_KEYS": f"bench:{API_KEY}",
            "CODES_PER_DAY_TOTAL": "none",
            "TEXTS_PER_DAY_TOTAL": "none",
            "DATABASE_URL": url,
        }
