"""The web app that sent a browser: `/?client=NAME&return_to=…&state=…`, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from webhooks.clients.authentication import Client, Clients

_PARAMETERS = frozenset({"client", "return_to", "state"})
_LONGEST_STATE = 200


class BadLink(Exception):
    """The parameters are not those of a registered web app. Nobody is redirected."""


def client_of(query: Mapping[str, str], clients: Clients) -> Client | None:
    """The web app that the query names; None if it names none. Raises BadLink.

    `return_to` must be what the web app registered, character for character.
    """
    if not _PARAMETERS & query.keys():
        return None
    client = clients.named(query.get("client", ""))
    if client is None or client.return_to is None or client.return_to != query.get("return_to"):
        raise BadLink
    if not 0 < len(query.get("state", "")) <= _LONGEST_STATE:
        raise BadLink
    return client


def way_back(return_to: str, verification_id: str, state: str) -> str:
    """Where an approved login ends."""
    parts = urlsplit(return_to)
    added = urlencode({"verification": verification_id, "state": state})
    query = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit(parts._replace(query=query))


def shown_name(client: Client) -> str:
    """What people see of a web app: the host that they came from."""
    return urlsplit(client.return_to or "").hostname or client.name
