"""The core with phones, web apps, a sender and a clock, without database, network or randomness.

`tests.harness.fake_store` stands in for the storage.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from bot import codes
from bot.commands import (
    Access,
    CallbackOutcome,
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
    CodeChecked,
    Command,
    DeliveryReported,
    MessageSettled,
    Redeemed,
    ResendRequested,
    SendOutcome,
    TextReceived,
    VerificationRequested,
)
from bot.decide import decide
from bot.expiry import as_of
from bot.intents import REF_ALPHABET, REF_LENGTH
from bot.outbound import Outbound
from bot.outcomes import Found, Outcome, Recorded
from bot.records import Callback, CodeEntry, Message, Method, Phone, Verification
from bot.snapshot import Decision, Rows
from bot.wording import compose
from tests.harness.constants import NUMBER, PHONE, SHOP, START_MS
from tests.harness.counting_ids import CountingIds
from tests.harness.fake_store import FakeStore
from tests.harness.free_slots import FreeSlots
from tests.harness.policy import policy
from tests.harness.sent_texts import SentText, code_in, wrong_code
from tests.harness.verifications import status_and_reason
from tests.harness.words import understand
from webhooks.service import catalogue

english = cache(catalogue)


class Simulation:
    """Every action is a command; the methods build commands and carry them out."""

    def __init__(self, **changes: Any) -> None:
        self.policy = policy(**changes)
        self.now = START_MS
        self.ids = CountingIds()
        self.slots = FreeSlots()
        self.store = FakeStore()
        self.sent: list[SentText] = []
        #: Telnyx's error for each text to a phone; Telnyx accepts texts to all others.
        self.send_errors: dict[str, str] = {}
        #: While set, queued messages stay queued.
        self.sending_paused = False
        self._named = 0

    # -- commands ------------------------------------------------------------------------------

    def carry_out(self, *commands: Command) -> list[Outcome]:
        """One batch: gather, decide, apply; then the sender sends what is queued."""
        decisions = self.decide(*commands)
        for decision in decisions:
            self.apply(decision)
        if not self.sending_paused:
            self.send_queued()
        return [decision.outcome for decision in decisions]

    def decide(self, *commands: Command) -> list[Decision]:
        """The decisions on a batch, each command seeing the ones before it. Writes nothing."""
        snapshot = self.store.gather(commands, self.now)
        decisions = []
        for command in commands:
            decision = decide(command, snapshot, self.now, self.policy, self.ids, self.slots)
            snapshot.overlay(decision)
            decisions.append(decision)
        return decisions

    def apply(self, decision: Decision) -> None:
        """Write its rows, and note its new texts in `sent`."""
        new = [one for id, one in decision.rows.messages.items() if id not in self.store.messages]
        self.store.write(decision.rows)
        self.sent += [self.composed(message, self.store) for message in new]

    def composed(self, message: Message, rows: Rows) -> SentText:
        """A message as its phone reads it, with the code of its verification in `rows`."""
        carried = rows.verifications.get(message.verification_id or "")
        words = compose(Outbound(message, carried), english(), self.policy.secrets)
        return SentText(message.id, message.kind, words, message.phone, message.number)

    def wait(self, milliseconds: int) -> None:
        self.now += milliseconds

    # -- a phone -------------------------------------------------------------------------------

    def text(
        self,
        words: str | None,
        phone: str = PHONE,
        *,
        number: str = NUMBER,
        received_at: int | None = None,
        autoresponse: str | None = None,
    ) -> list[SentText]:
        """A phone texts us. Returns the texts that it gets back."""
        before = len(self.sent)
        command = self.text_command(words, phone, number, received_at, autoresponse)
        assert self.carry_out(command) == [Recorded()]
        return self.sent[before:]

    def text_command(
        self,
        words: str | None,
        phone: str = PHONE,
        number: str = NUMBER,
        received_at: int | None = None,
        autoresponse: str | None = None,
    ) -> TextReceived:
        """The command of a text that arrives now."""
        id = self.unique_name("text")
        at = self.now if received_at is None else received_at
        intent = understand(words, autoresponse)
        return TextReceived(f"event-{id}", id, phone, number, intent, at, autoresponse)

    def start_login(self, phone: str = PHONE, words: str = "LOGIN") -> str:
        """Text LOGIN and get a code, which is returned."""
        (sent,) = self.text(words, phone)
        assert sent.kind.startswith("code")
        return code_in(sent.text)

    def complete_login(self, phone: str = PHONE) -> Verification:
        """Text LOGIN and the code. Returns the approved verification."""
        self.text(self.start_login(phone), phone)
        return self.verifications(phone)[-1]

    def reply_wrong(self, times: int, phone: str = PHONE) -> list[SentText]:
        """Text wrong codes. Returns the answers."""
        answers = []
        for _ in range(times):
            newest = self.verifications(phone)[-1]
            answers += self.text(wrong_code(self.code_of(newest)), phone)
        return answers

    # -- a web app -----------------------------------------------------------------------------

    def request(
        self,
        method: Method = "text",
        phone: str | None = None,
        code_entry: CodeEntry | None = None,
        **members: Any,
    ) -> Verification:
        """A web app requests a verification. Returns it; fails if none is opened."""
        outcome = self.try_request(method, phone, code_entry, **members)
        assert isinstance(outcome, Found), outcome
        return self.verification(outcome.verification.id)

    def try_request(
        self,
        method: Method = "text",
        phone: str | None = None,
        code_entry: CodeEntry | None = None,
        **members: Any,
    ) -> Outcome:
        return self.carry_out(self.request_command(method, phone, code_entry, **members))[0]

    def request_command(
        self,
        method: Method = "text",
        phone: str | None = None,
        code_entry: CodeEntry | None = None,
        *,
        client: str = SHOP,
        **members: Any,
    ) -> VerificationRequested:
        entry: CodeEntry = code_entry or ("page" if method == "sms" else "reply")
        refs = (self.unused_ref(),) if method == "text" else ()
        return VerificationRequested(
            client, method, NUMBER, refs, phone=phone, code_entry=entry, **members
        )

    def check(self, id: str, code: str, client: str | None = SHOP) -> Outcome:
        """A code is typed on the page. `client` None is the holder of the poll token."""
        return self.carry_out(self.check_command(id, code, client))[0]

    def check_command(self, id: str, code: str, client: str | None = SHOP) -> CodeChecked:
        return CodeChecked(id, Access(client, standalone=True), code)

    def redeem(self, id: str, client: str | None = SHOP, key: str | None = None) -> Outcome:
        return self.carry_out(Redeemed(id, Access(client, standalone=True), key))[0]

    def resend(self, id: str, client: str | None = SHOP, address: str | None = None) -> Outcome:
        return self.carry_out(ResendRequested(id, Access(client, standalone=True), address))[0]

    def cancel(self, id: str, client: str | None = SHOP) -> Outcome:
        return self.carry_out(CancelRequested(id, Access(client, standalone=True)))[0]

    # -- the sender and the callbacks ----------------------------------------------------------

    def send_queued(self) -> None:
        """Try to send every due message. Telnyx accepts it, or refuses it by `send_errors`."""
        for message in list(self.store.messages.values()):
            if message.state == "queued" and message.not_before <= self.now:
                error = self.send_errors.get(message.phone)
                self.settle_message(message.id, "refused" if error else "sent", error)

    def settle_message(
        self, message_id: str, outcome: SendOutcome, error: str | None = None
    ) -> str:
        """The sender reports on one try. Returns Telnyx's id for the message."""
        provider_id = self.unique_name("provider")
        accepted = provider_id if outcome == "sent" else None
        command = MessageSettled(message_id, outcome, provider_id=accepted, error=error)
        for decision in self.decide(command):
            self.apply(decision)
        return provider_id

    def receive_receipt(self, provider_id: str, status: str, error: str | None = None) -> Outcome:
        event = self.unique_name("receipt")
        return self.carry_out(DeliveryReported(event, provider_id, status, error))[0]

    def sweep_callbacks(self, owner: str = "this process", room: int = 32) -> list[Callback]:
        """A process leases due callbacks. Returns those that it is to send."""
        (decision,) = self.decide(CallbacksSwept(owner, room))
        self.apply(decision)
        swept = decision.rows.callbacks.values()
        return [one for one in swept if one.lease_owner == owner and one.state == "queued"]

    def settle_callback(
        self, id: str, outcome: CallbackOutcome, answer: str = "-", retry_after: int = 0
    ) -> Callback:
        """A process reports on one try at a callback. Returns the callback after it."""
        self.carry_out(CallbackSettled(id, outcome, answer, retry_after))
        return self.store.callbacks[id]

    # -- what the tests look at ----------------------------------------------------------------

    def verification(self, id: str) -> Verification:
        """As it reads now."""
        return as_of(self.store.verifications[id], self.now)

    def verifications(self, phone: str = PHONE) -> list[Verification]:
        """Those of a phone as they read now, oldest first."""
        every = self.store.verifications.values()
        return [self.verification(one.id) for one in every if one.phone == phone]

    def statuses(self, phone: str = PHONE) -> list[str]:
        """Status and reason of each."""
        return [status_and_reason(one) for one in self.verifications(phone)]

    def code_of(self, verification: Verification) -> str:
        """Its newest code."""
        code = codes.code(self.policy.secrets, self.store.verifications[verification.id])
        assert code is not None
        return code

    def message_of(self, verification: Verification) -> Message:
        """The message with its newest code."""
        id = self.store.verifications[verification.id].message_id
        assert id is not None
        return self.store.messages[id]

    def phone(self, phone: str = PHONE) -> Phone:
        """The limits of a phone."""
        return self.store.phones.get(phone, Phone(phone))

    def is_opted_out(self, phone: str = PHONE, number: str = NUMBER) -> bool:
        pair = self.store.conversations.get((phone, number))
        return pair is not None and pair.opted_out_at is not None

    # -- names ---------------------------------------------------------------------------------

    def unique_name(self, prefix: str) -> str:
        self._named += 1
        return f"{prefix}-{self._named}"

    def unused_ref(self) -> str:
        self._named += 1
        number, base = self._named, len(REF_ALPHABET)
        letters = [REF_ALPHABET[number // base**place % base] for place in range(REF_LENGTH)]
        return "".join(reversed(letters))
