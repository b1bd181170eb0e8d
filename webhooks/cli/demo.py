"""`textlogin demo`: the service and its stand-in Telnyx in one process, over real HTTP."""

from __future__ import annotations

import asyncio
import socket
import sys

import httpx
import uvicorn
from pydantic import SecretStr, ValidationError
from starlette.routing import Mount

from storage.database import Database
from storage.migrate import migrate
from webhooks.app import create_app
from webhooks.ops.server import OPTIONS
from webhooks.sandbox import Sandbox
from webhooks.settings import EXIT_CONFIG, Settings, explain
from webhooks.telnyx.inbound import PATH

NUMBER = "+14155550100"
PHONE = "+14155550123"
KEY = "d" * 40
DATABASE_URL = "sqlite:///textlogin-demo.db"

_WELCOME = """
Textlogin runs on {url} with a stand-in for Telnyx; texts go to {number}.

Be a phone, in a second terminal (type LOGIN, then the code):
  .venv/bin/textlogin phone

Or with curl: text LOGIN, reply with the code, see who is verified:
  curl -s {url}/sandbox/texts -d '{{"from": "{phone}", "text": "LOGIN"}}'
  {reply}
  curl -s '{url}/v1/verifications?phone_number={phone}' -H 'Authorization: Bearer {key}'

Ctrl-C stops it.
"""
_REPLY = (
    """curl -s {url}/sandbox/texts -d "{{\\"from\\": \\"{phone}\\", \\"text\\": \\"$("""
    """curl -s '{url}/sandbox/messages?phone_number={phone}' | """
    """grep -oE ': [0-9]{{6,8}} ' | tail -1 | tr -d ': ')\\"}}\""""
)


class _Server(uvicorn.Server):
    """Says what to try once it listens."""

    def __init__(self, config: uvicorn.Config, welcome: str) -> None:
        super().__init__(config)
        self._welcome = welcome

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's own, and then the words."""
        await super().startup(sockets)
        if self.started:
            print(self._welcome, flush=True)


def run(port: int) -> None:
    """Migrates the demo's own SQLite file, then serves until it is stopped."""
    asyncio.run(_serve(port))


async def _serve(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(timeout=5) as client:

        async def post(body: bytes, headers: dict[str, str]) -> int:
            response = await client.post(url + PATH, content=body, headers=headers)
            return response.status_code

        sandbox = Sandbox(number=NUMBER, post=post)
        try:
            settings = _settings(url, sandbox.public_key)
        except ValidationError as error:
            print(explain(error), file=sys.stderr)
            raise SystemExit(EXIT_CONFIG) from None
        database = Database(settings.database_url)
        try:
            database.claim()
        except OSError as error:
            print(f"The demo can't write here: {error.strerror}", file=sys.stderr)
            raise SystemExit(EXIT_CONFIG) from None
        migrate(database)
        database.dispose()
        app = create_app(
            settings, extra_routes=[Mount("/sandbox", sandbox.app)], callbacks_anywhere=True
        )
        config = uvicorn.Config(app, host="127.0.0.1", port=port, **OPTIONS)
        sandbox.start()
        try:
            await _Server(config, _welcome(url)).serve()
        finally:
            await sandbox.stop()


def _welcome(url: str) -> str:
    reply = _REPLY.format(url=url, phone=PHONE)
    return _WELCOME.format(url=url, number=NUMBER, phone=PHONE, key=KEY, reply=reply)


def _settings(url: str, public_key: str) -> Settings:
    """The demo's own: on loopback there is nothing to keep secret."""
    return Settings(
        telnyx_api_key=SecretStr("the-sandbox-takes-any"),
        telnyx_public_key=public_key,
        telnyx_phone_number=(NUMBER,),
        telnyx_base_url=f"{url}/sandbox/v2",
        secret_key=(SecretStr("a key for the demo, known to everybody"),),
        database_url=DATABASE_URL,
        api_keys={"demo": SecretStr(KEY)},
    )
