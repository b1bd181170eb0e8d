"""One text of a conversation: its phone, the state before it, its changes and replies."""

from __future__ import annotations

from bot import ceilings, limits
from bot.changes import Changes
from bot.commands import TextReceived
from bot.conversation_state import ConversationState, Phase
from bot.events import Refused
from bot.limits import Refusal
from bot.replies import Replies


class Turn:
    """What every journey of the conversation works with."""

    __slots__ = ("autoresponse", "changes", "number", "phone", "received_at", "replies", "state")

    def __init__(self, changes: Changes, text: TextReceived) -> None:
        self.changes = changes
        self.phone = text.phone
        self.number = text.number
        self.received_at = text.received_at
        self.autoresponse = text.autoresponse
        self.state = ConversationState(changes, text.phone, text.number, text.received_at)
        self.replies = Replies(
            changes,
            text.phone,
            text.number,
            about=self.state.subject,
            opted_out=self.state.phase is Phase.OPTED_OUT,
        )

    def refusal(self) -> Refusal | None:
        """The limit that refuses another code to this phone now, if any."""
        phone, now, policy = self.changes.phone(self.phone), self.changes.now, self.changes.policy
        return limits.may_send_code(phone, "text", now, policy) or ceilings.refusal(
            self.changes, "text"
        )

    def refuse(self, refusal: Refusal) -> None:
        """Tell the phone how long to wait."""
        self.changes.report(Refused(self.phone, "text", refusal.limit, refusal.until))
        self.replies.wait(refusal)
