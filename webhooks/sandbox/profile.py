"""The messaging profile, its number and its autoresponses: what an operator sets up at Telnyx."""

import uuid
from typing import Any

from webhooks.sandbox.address import is_url
from webhooks.sandbox.events import ORGANIZATION_ID, PROFILE_ID
from webhooks.sandbox.refusals import RefusalError
from webhooks.sandbox.times import iso

NUMBER_ID = "1293384261075731499"
_VERSIONS = ("1", "2", "2010-04-01")
_OPERATIONS = ("start", "stop", "info")
_MOST_KEYWORDS = 20


class Profile:
    """One profile with one number. `at` (ms) is when both were made."""

    def __init__(self, *, number: str, webhook_url: str, at: int) -> None:
        made = iso(at)
        self._members: dict[str, Any] = {
            "record_type": "messaging_profile",
            "id": PROFILE_ID,
            "organization_id": ORGANIZATION_ID,
            "name": "Textlogin",
            "enabled": True,
            "webhook_url": webhook_url,
            "webhook_failover_url": None,
            "webhook_api_version": "2",
            "whitelisted_destinations": ["US", "CA"],
            "daily_spend_limit": "50.00",
            "daily_spend_limit_enabled": True,
            "smart_encoding": False,
            "redaction_enabled": False,
            "redaction_level": 2,
            "mobile_only": False,
            "number_pool_settings": None,
            "created_at": made,
            "updated_at": made,
        }
        self._number: dict[str, Any] = {
            "record_type": "messaging_settings",
            "id": NUMBER_ID,
            "organization_id": ORGANIZATION_ID,
            "phone_number": number,
            "type": "longcode",
            "country_code": "US",
            "messaging_profile_id": PROFILE_ID,
            "messaging_product": "A2P",
            "traffic_type": "A2P",
            "eligible_messaging_products": ["A2P"],
            "features": {"sms": _TWO_WAY, "mms": None},
            "tags": [],
            "created_at": made,
            "updated_at": made,
        }
        self._autoresponses: list[dict[str, Any]] = []

    @property
    def webhook_url(self) -> str:
        """Where texts from phones go, and receipts; empty if nowhere."""
        return self._members["webhook_url"] or ""

    def read(self, profile_id: str = PROFILE_ID) -> dict[str, Any]:
        """MessagingProfile. Raises a 404."""
        if profile_id != PROFILE_ID:
            raise RefusalError(404, "10005", "The requested resource or URL could not be found.")
        return dict(self._members)

    def change(self, profile_id: str, wanted: object, at: int) -> dict[str, Any]:
        """The profile with these members replaced; those it does not have are ignored. Raises
        RefusalError."""
        members = self.read(profile_id)
        changes = {name: value for name, value in _object(wanted).items() if name in _CHANGEABLE}
        for name, value in changes.items():
            if not _CHANGEABLE[name](value):
                raise _invalid(name)
        self._members = members | changes | {"updated_at": iso(at)}
        return self.read()

    def number(self, id: str = NUMBER_ID) -> dict[str, Any]:
        """PhoneNumberWithMessagingSettings, by its id or the number itself. Raises a 404."""
        if id not in (NUMBER_ID, self._number["phone_number"]):
            raise RefusalError(404, "10005", "The requested resource or URL could not be found.")
        return dict(self._number)

    def change_number(self, id: str, wanted: object, at: int) -> dict[str, Any]:
        """The number on another profile, or on none if that is empty. Raises RefusalError."""
        self.number(id)
        members = _object(wanted)
        if "messaging_profile_id" in members:
            profile = members["messaging_profile_id"] or None
            if profile not in (None, PROFILE_ID):
                raise _invalid("messaging_profile_id")
            self._number |= {"messaging_profile_id": profile, "updated_at": iso(at)}
        return self.number()

    def autoresponses(self, profile_id: str) -> list[dict[str, Any]]:
        """AutorespConfigSchema, oldest first. Raises a 404."""
        self.read(profile_id)
        return list(self._autoresponses)

    def add_autoresponse(self, profile_id: str, wanted: object, at: int) -> dict[str, Any]:
        """Answer these keywords from now on. Raises RefusalError."""
        self.read(profile_id)
        members, made = _object(wanted), iso(at)
        for name, is_valid in _AUTORESPONSE.items():
            if not is_valid(members.get(name)):
                raise _invalid(name, 422)
        added = {name: members[name] for name in _AUTORESPONSE} | {
            "id": str(uuid.uuid4()),
            "resp_text": str(members.get("resp_text", "")),
            "created_at": made,
            "updated_at": made,
        }
        self._autoresponses.append(added)
        return added


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_list_of_words(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_word, value))


def _is_url_or_nothing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, str) and is_url(value))


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusalError(400, "10015", "The body must be a JSON object.")
    return value


def _invalid(name: str, status: int = 400) -> RefusalError:
    return RefusalError(status, "10015", f"The parameter '{name}' is invalid.", member=name)


_TWO_WAY = {
    "domestic_two_way": True,
    "international_inbound": True,
    "international_outbound": False,
}
_CHANGEABLE = {
    "name": _is_word,
    "enabled": _is_bool,
    "webhook_url": _is_url_or_nothing,
    "webhook_failover_url": _is_url_or_nothing,
    "webhook_api_version": lambda value: value in _VERSIONS,
    "whitelisted_destinations": _is_list_of_words,
    "daily_spend_limit": _is_word,
    "daily_spend_limit_enabled": _is_bool,
    "smart_encoding": _is_bool,
    "redaction_enabled": _is_bool,
    "redaction_level": lambda value: value in (1, 2),
    "mobile_only": _is_bool,
}
_AUTORESPONSE = {
    "op": lambda value: value in _OPERATIONS,
    "keywords": lambda value: _is_list_of_words(value) and 0 < len(value) <= _MOST_KEYWORDS,
    "country_code": _is_word,
}
