"""A registered web app whose addresses the command line would refuse: http on loopback."""

from bot.records import CodeEntry
from storage.clients import ClientStore, RegisteredClient, digest
from storage.database import Database


def register(
    database_url: str, name: str, *, return_to: str, code_entry: CodeEntry = "page"
) -> str:
    """Registers a web app; its API key."""
    key = f"tl_{name}" + "k" * 40
    ClientStore(Database(database_url)).add(
        RegisteredClient(
            name=name,
            key=digest(key),
            previous_key=None,
            origin=None,
            callback_url=None,
            return_to=return_to,
            code_entry=code_entry,
            accept="sms_reply_ref,browser_code",
            callback_secret="",
            created_at=0,
        )
    )
    return key
