"""What is still encrypted under an older secret key, and would be lost with it."""

from __future__ import annotations

from collections.abc import Iterable

from storage.clients import RegisteredClient
from webhooks.clients.callback_secrets import CallbackSecrets


def what_needs_old_keys(
    clients: Iterable[RegisteredClient], own_key: str | None, keys: CallbackSecrets
) -> list[str]:
    """In words, such as `the callback secret of shop`. `own_key` is the sealed value of
    `own_key.OWN_KEY`. What no key decrypts any more is among them."""
    sealed = {
        f"the {which}callback secret of {client.name}": secret
        for client in clients
        for which, secret in (
            ("", client.callback_secret),
            ("previous ", client.previous_callback_secret),
        )
    }
    sealed["the service's own key"] = own_key
    return [name for name, secret in sealed.items() if secret and keys.needs_old_key(secret)]
