"""What goes wrong on purpose: a webhook that is lost or comes twice, an API that is down."""

from typing import Any, Literal, cast

from webhooks.sandbox.problems import InvalidError
from webhooks.sandbox.refusals import RefusalError

WebhookFault = Literal["drop", "duplicate"]
_VALUES: dict[str, tuple[str | None, ...]] = {
    "next_webhook": ("drop", "duplicate", None),
    "telnyx": ("up", "down"),
}
_WORDS = {"next_webhook": 'must be "drop", "duplicate" or null', "telnyx": 'must be "up" or "down"'}


class Faults:
    """None at the start, and none is kept for the next run."""

    def __init__(self) -> None:
        self._next_webhook: WebhookFault | None = None
        self._is_down = False

    def change(self, members: dict[str, Any]) -> None:
        """Take over what `parse_faults` has returned."""
        self._next_webhook = cast(
            WebhookFault | None, members.get("next_webhook", self._next_webhook)
        )
        self._is_down = members.get("telnyx", "down" if self._is_down else "up") == "down"

    def reading(self) -> dict[str, Any]:
        """The faults as JSON."""
        return {
            "next_webhook": self._next_webhook,
            "telnyx": "down" if self._is_down else "up",
        }

    def take(self) -> WebhookFault | None:
        """The fault of the webhook that is delivered next; it happens to that one only."""
        fault, self._next_webhook = self._next_webhook, None
        return fault

    def refuse(self) -> None:
        """Raises RefusalError (500) while the API is down."""
        if self._is_down:
            raise RefusalError(500, "10007", "An unexpected error occurred.")


def parse_faults(body: object) -> dict[str, Any]:
    """Validate the body of `POST /faults`: the faults to change. Raises InvalidError."""
    if not isinstance(body, dict) or not body:
        raise InvalidError({"": f"must be a JSON object with {' or '.join(_VALUES)}"})
    wrong = {str(name): "is unknown" for name in body if name not in _VALUES}
    # An equality, since a list could not be looked up in a set.
    wrong |= {
        name: _WORDS[name]
        for name in body
        if name in _VALUES and not any(body[name] == value for value in _VALUES[name])
    }
    if wrong:
        raise InvalidError(wrong)
    return body
