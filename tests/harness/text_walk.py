"""A random walk of phones, web apps and the sender: its steps."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.commands import (
    HoldersLost,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
    SendOutcome,
    TextReceived,
)
from bot.intents import Help, Start, Stop, Thanks
from bot.limits import refs_blocked_until, times
from bot.outcomes import Duplicate, Recorded
from bot.policy import (
    CODE_ALONE_PER_CODE,
    HELP_PER_HOUR,
    REPLIES_PER_DAY,
    REPLIES_PER_HOUR,
)
from bot.records import CodeEntry, Method, Phone, Verification
from bot.telnyx_errors import OPERATOR, TRANSIENT
from tests.harness.constants import (
    BRITISH_PHONE,
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    NUMBER,
    OTHER_NUMBER,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
)
from tests.harness.decisions import rows_written
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation
from tests.harness.states import state_of
from tests.harness.text_invariants import TextInvariants

WORDS = [
    *("LOGIN", "LOGIN", "LOGIN", "RESEND", "NO", "STATUS", "HELP", "STOP", "START"),
    *(
        "LOGIN ZZZZZZ",
        "LOGIN KTQMW",
        "stop it",
        "thanks!",
        "hello",
        "123456",
        "here 123456 is",
        "",
        None,
    ),
]
WAITS = [
    SECOND_MS,
    20 * SECOND_MS,
    *[61 * SECOND_MS] * 4,
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    HOUR_MS,
    30 * HOUR_MS,
]
ERRORS = ["40300", "40001", "40302", *sorted(TRANSIENT)[:2], *sorted(OPERATOR)[:1], None]
STATUSES = ["queued", "sending", "sent", "delivered", "sending_failed", "delivery_failed"]
STATUSES += ["delivery_unconfirmed", "expired", "a future status"]

phones = st.sampled_from([PHONE, PHONE, OTHER_PHONE, BRITISH_PHONE])
numbers = st.sampled_from([NUMBER, NUMBER, NUMBER, OTHER_NUMBER])
picks = st.integers(0, 10_000)
#: What Telnyx takes a text for.
keywords = st.sampled_from([None, None, None, "STOP", "START", "HELP"])


class TextWalk(TextInvariants):
    """Every step may come at any time. The walk decides what Telnyx accepts, and when."""

    def __init__(self, sim: Simulation | None = None) -> None:
        super().__init__(sim or Simulation(wrong_per_day=9))
        self.sim.sending_paused = True
        self.texts: list[TextReceived] = []
        #: When each text arrived (ms), by its event.
        self.arrived_at: dict[str, int] = {}

    @rule(
        words=st.sampled_from(WORDS),
        phone=phones,
        number=numbers,
        auto=keywords,
    )
    def text(self, words: str | None, phone: str, number: str, auto: str | None) -> None:
        self._receive(self.sim.text_command(words, phone, number, autoresponse=auto))

    @rule(phone=phones, number=numbers, late=st.integers(4 * MINUTE_MS, 6 * MINUTE_MS))
    def text_late(self, phone: str, number: str, late: int) -> None:
        self._receive(self.sim.text_command("LOGIN", phone, number, self.sim.now - late))

    @rule(pick=picks, number=numbers, right=st.sampled_from([True, False, False]))
    def reply(self, pick: int, number: str, right: bool) -> None:
        found = self._some_with_code(pick)
        if found is not None and found.phone:
            code = self.sim.code_of(found)
            typed = code if right else wrong_code(code)
            self._receive(
                self.sim.text_command(typed, found.phone, number), code if right else None
            )

    @rule(pick=picks, count=st.integers(2, 6))
    def reply_wrong(self, pick: int, count: int) -> None:
        found = self._some_with_code(pick)
        for _ in range(count if found is not None and found.phone else 0):
            assert found is not None
            if self.sim.store.verifications[found.id].seed:
                words = wrong_code(self.sim.code_of(found))
                self._receive(self.sim.text_command(words, found.phone or ""))

    @rule(entry=st.sampled_from(["reply", "reply", "page"]))
    def wait_and_claim(self, entry: CodeEntry) -> None:
        self.sim.wait(61 * SECOND_MS)
        ref = self.sim.request(code_entry=entry).ref
        self._receive(self.sim.text_command(f"LOGIN {ref}"))

    @rule(pick=picks, error=st.sampled_from(sorted(TRANSIENT)[:2]))
    def fail_transiently_after_acceptance(self, pick: int, error: str) -> None:
        """Telnyx accepts a code and then does not deliver it: it may be sent again."""
        queued = [one for one in self._messages() if one.state == "queued" and one.code]
        if queued:
            provider = self.sim.unique_name("provider")
            message = queued[-1 - pick % min(len(queued), 2)]
            self.sim.carry_out(MessageSettled(message.id, "sent", provider))
            self.sim.receive_receipt(provider, "delivery_failed", error)

    @rule(pick=picks)
    def text_the_code_among_other_words(self, pick: int) -> None:
        found = self._some_with_code(pick)
        if found is not None and found.phone:
            words = f"he said {self.sim.code_of(found)} opens it"
            self._receive(self.sim.text_command(words, found.phone))

    @rule(pick=picks, phone=phones, number=numbers)
    def text_a_ref(self, pick: int, phone: str, number: str) -> None:
        shown = [one for one in self.sim.store.verifications.values() if one.ref]
        if shown:
            ref = shown[-1 - pick % min(len(shown), 3)].ref
            self._receive(self.sim.text_command(f"LOGIN {ref}", phone, number))

    @rule(phone=phones, first=st.sampled_from(WORDS), second=st.sampled_from(WORDS))
    def text_twice_in_one_batch(self, phone: str, first: str | None, second: str | None) -> None:
        both = [self.sim.text_command(first, phone), self.sim.text_command(second, phone)]
        self.sim.carry_out(*both)
        self._note(*both)

    @rule(pick=picks)
    def reply_twice_in_one_batch(self, pick: int) -> None:
        found = self._some_with_code(pick)
        if found is not None and found.phone:
            code = self.sim.code_of(found)
            self.right_codes.add(code)
            first, second = (self.sim.text_command(code, found.phone) for _ in range(2))
            self.sim.carry_out(first, self.sim.check_command(found.id, code), second)
            self._note(first, second)

    @rule(
        method=st.sampled_from(["text", "text", "sms"]),
        phone=phones,
        named=st.booleans(),
        entry=st.sampled_from(["reply", "page"]),
    )
    def request(self, method: Method, phone: str, named: bool, entry: CodeEntry) -> None:
        if method == "sms":
            self.sim.try_request("sms", phone)
        else:
            self.sim.try_request("text", phone if named else None, entry)

    @rule(pick=picks, right=st.booleans())
    def check(self, pick: int, right: bool) -> None:
        found = self._some_with_code(pick)
        if found is not None:
            code = self.sim.code_of(found)
            if right:
                self.right_codes.add(code)
            self.sim.check(found.id, code if right else wrong_code(code))

    @rule(pick=picks, key=st.sampled_from([None, "shop redeem k"]))
    def redeem(self, pick: int, key: str | None) -> None:
        every = list(self.sim.store.verifications)
        if every:
            id = every[pick % len(every)]
            self.sim.redeem(id, key=key and f"{key} {id}")

    @rule(wait=st.sampled_from(WAITS))
    def wait(self, wait: int) -> None:
        self.sim.wait(wait)

    @rule(
        pick=picks,
        outcome=st.sampled_from(["sent", "sent", "sent", "refused", "retry", "held"]),
        error=st.sampled_from(ERRORS),
    )
    def report(self, pick: int, outcome: SendOutcome, error: str | None) -> None:
        unsent = [one for one in self._messages() if one.state in ("queued", "withdrawn")]
        if unsent:
            provider = self.sim.unique_name("provider") if outcome == "sent" else None
            settled = MessageSettled(unsent[pick % len(unsent)].id, outcome, provider, error)
            self.sim.carry_out(settled)

    @rule(pick=picks, status=st.sampled_from(STATUSES), error=st.sampled_from(ERRORS))
    def receive_receipt(self, pick: int, status: str, error: str | None) -> None:
        accepted = [one.provider_id for one in self._messages() if one.provider_id]
        provider = accepted[pick % len(accepted)] if accepted else "unknown"
        self.sim.receive_receipt(provider, status, error)

    @rule()
    def sweep_outbox(self) -> None:
        self.sim.carry_out(OutboxSwept(10))

    @rule()
    def return_leases(self) -> None:
        self.sim.carry_out(LeasesReturned(tuple(one.id for one in self._messages())))

    @rule()
    def lose_the_process(self) -> None:
        self.sim.carry_out(HoldersLost((str(self.sim.slots.owner),)))

    @precondition(lambda self: self.texts)
    @rule(pick=picks)
    def repeat_a_text(self, pick: int) -> None:
        """A duplicate text changes nothing."""
        since = self.sim.now - self.sim.policy.memory_ms()
        recent = [one for one in self.texts if self.arrived_at[one.event_id] > since]
        if not recent:
            return
        (decision,) = self.sim.decide(recent[pick % len(recent)])
        assert decision.outcome == Duplicate()
        assert rows_written(decision) == []

    def _receive(self, text: TextReceived, right_code: str | None = None) -> None:
        """Each text gets at most one answer, and none only where that is right."""
        sim = self.sim
        phone, state = sim.phone(text.phone), state_of(sim, text.phone, text.number)
        sent = len(sim.sent)
        if right_code is not None:
            self.right_codes.add(right_code)
        assert sim.carry_out(text) == [Recorded()]
        self._note(text)
        if len(sim.sent) == sent:
            assert self._may_be_silent(text, phone, state)
        assert len(sim.sent) <= sent + 1

    def _note(self, *texts: TextReceived) -> None:
        self.texts += texts
        self.arrived_at.update(dict.fromkeys([one.event_id for one in texts], self.sim.now))

    def _may_be_silent(self, text: TextReceived, phone: Phone, state: str) -> bool:
        """Whether the text needs no answer. `phone` and `state` are those before it."""
        return (
            isinstance(text.intent, Stop | Start | Thanks)
            or text.received_at <= self.sim.now - self.sim.policy.code_ttl_ms
            or text.phone not in (PHONE, OTHER_PHONE)
            or state in ("opted-out", "locked")
            or (isinstance(text.intent, Help) and text.autoresponse is not None)
            or self._was_notified(phone)
        )

    def _was_notified(self, phone: Phone) -> bool:
        """Whether its replies of the hour are used up, or an earlier notice still holds."""
        now = self.sim.now
        wait_notified_until = self.sim.phone(phone.phone).wait_notified_until
        notices = (
            phone.nothing_notified_until,
            phone.hint_notified_until,
            phone.done_notified_until,
        )
        return (
            len(times(phone.replies_at, now - HOUR_MS)) >= REPLIES_PER_HOUR
            or len(times(phone.replies_at, now - DAY_MS)) >= REPLIES_PER_DAY
            or len(times(phone.helped_at, now - HOUR_MS)) >= HELP_PER_HOUR
            or phone.code_alone_said >= CODE_ALONE_PER_CODE
            or refs_blocked_until(phone, now) is not None
            or max(notices) > now
            or phone.wait_notified_until == wait_notified_until > now
        )

    def _some_with_code(self, pick: int) -> Verification | None:
        """One of the newest whose code can still be computed, live or dead."""
        every = [one for one in self.sim.store.verifications.values() if one.seed]
        return every[-1 - pick % min(len(every), 3)] if every else None
