"""The web apps that `textlogin clients` works on: those of the settings, or the demo's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy.exc import SQLAlchemyError

from storage.causes import describe
from storage.clients import ClientStore, NoSuchClient, RegisteredClient
from storage.database import Database
from webhooks.cli.demo_settings import demo_settings
from webhooks.cli.output import fail
from webhooks.settings import Settings, load


class Target:
    """Whose web apps they are. The settings are read when they are first needed."""

    def __init__(self, *, demo: bool) -> None:
        self.demo = demo

    def settings(self) -> Settings:
        """Those of the environment, or the demo's. Exits with status 78 if they are invalid."""
        return demo_settings() if self.demo else load()

    @contextmanager
    def store(self, settings: Settings | None = None) -> Iterator[ClientStore]:
        """Their rows. Exits with a short message if the database does not answer."""
        try:
            yield ClientStore(Database((settings or self.settings()).database_url))
        except SQLAlchemyError as error:
            made_by = "start the demo in this directory" if self.demo else "run `textlogin migrate`"
            fail(f"Database error: {describe(error)}. Did you {made_by}?")


def get(store: ClientStore, name: str) -> RegisteredClient:
    """The web app of that name. Exits with status 1 if there is none."""
    try:
        return store.get(name)
    except NoSuchClient:
        fail(f"There is no web app {name}. See: textlogin clients list")


def target(context: typer.Context) -> Target:
    """What the group's options chose."""
    found = context.obj
    assert isinstance(found, Target)
    return found
