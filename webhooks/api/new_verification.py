"""`POST /v1/verifications`: turns the body into the command that opens a verification."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from bot.commands import VerificationRequested
from bot.locale import supported
from bot.records import Binding, CodeEntry
from webhooks.api.bodies import NewVerification
from webhooks.api.phone_number import parse_phone
from webhooks.api.refs import Refs
from webhooks.clients.authentication import Client
from webhooks.http.client_ip import rate_limit_key
from webhooks.http.problems import invalid


class CommandBuilder:
    """Builds commands from validated bodies. `number` is the one that users text; `may_call(url)`
    tells whether callbacks may be posted to a URL."""

    def __init__(
        self, *, number: str, refs: Refs, default_region: str, may_call: Callable[[str], bool]
    ) -> None:
        self._number = number
        self._refs = refs
        self._default_region = default_region
        self._may_call = may_call

    def build(
        self, client: Client, wanted: NewVerification, idempotency_key: str | None
    ) -> VerificationRequested:
        """Raises Problem if the members do not fit together or do not fit the web app."""
        requester = wanted.requester
        return VerificationRequested(
            client=client.name,
            method=wanted.method,
            number=self._number,
            refs=self._refs.candidates() if wanted.method == "text" else (),
            phone=self._phone(wanted),
            code_entry=_code_entry(client, wanted),
            reference=wanted.reference,
            label=requester.label if requester else None,
            locale=supported(wanted.locale),
            life=wanted.expires_in * 1000 if wanted.expires_in else None,
            origin=client.host,
            callback_url=self._callback_url(client, wanted),
            address=rate_limit_key(requester.ip) if requester and requester.ip else None,
            idempotency_key=f"{client.name} {idempotency_key}" if idempotency_key else None,
            fingerprint=hashlib.sha256(wanted.model_dump_json().encode()).hexdigest(),
        )

    def _phone(self, wanted: NewVerification) -> str | None:
        if wanted.phone_number is not None:
            return parse_phone(wanted.phone_number, self._default_region)
        if wanted.method == "sms":
            raise invalid("phone_number", "is required with method sms")
        return None

    def _callback_url(self, client: Client, wanted: NewVerification) -> str | None:
        if wanted.callback_url is None:
            return client.callback_url
        if not client.callback_secrets:
            raise invalid(
                "callback_url", "requires a web app registered with `textlogin clients add`"
            )
        if not self._may_call(wanted.callback_url):
            raise invalid("callback_url", "must be an https URL of a public host")
        return wanted.callback_url


def _code_entry(client: Client, wanted: NewVerification) -> CodeEntry:
    if wanted.method == "sms" and wanted.code_entry == "reply":
        raise invalid("code_entry", "must be page with method sms")
    entry: CodeEntry = "page" if wanted.method == "sms" else wanted.code_entry or client.code_entry
    binding: Binding = "browser_code" if entry == "page" else "sms_reply_ref"
    if binding not in client.accept:
        raise invalid("code_entry", f"{entry} leads to {binding}, which this web app refuses")
    return entry
