"""A random walk of phones, web apps and the sender, and what holds after each step."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot import codes
from bot.commands import (
    Access,
    CodeChecked,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
    SendOutcome,
    TextReceived,
)
from bot.intents import Help, Start, Stop
from bot.limits import refs_blocked, times
from bot.outcomes import Duplicate, Recorded
from bot.policy import REMEMBERED_TEXTS, REPLIES_PER_HOUR
from bot.records import CodeEntry, Message, Method, Phone, Verification
from bot.telnyx_errors import OPERATOR, TRANSIENT
from tests.harness.constants import (
    BRITISH_PHONE,
    HOUR_MS,
    MINUTE_MS,
    NUMBER,
    OTHER_NUMBER,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
    SHOP,
)
from tests.harness.decisions import rows_written
from tests.harness.sent_texts import codes_in, wrong_code
from tests.harness.simulation import Simulation
from tests.harness.states import state_of

CODE_KINDS = frozenset({"code", "code_claimed", "code_page"})
FINAL_WORDS = ("approved", "denied", "now_locked")
WORDS = [
    *("LOGIN", "LOGIN", "LOGIN", "RESEND", "NO", "STATUS", "HELP", "STOP", "START"),
    *("LOGIN ZZZZZZ", "LOGIN KTQMW", "hello", "123456", "here 123456 is", "", None),
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
STATUSES += ["delivery_unconfirmed", "expired", "new word"]

phones = st.sampled_from([PHONE, PHONE, OTHER_PHONE, BRITISH_PHONE])
numbers = st.sampled_from([NUMBER, NUMBER, NUMBER, OTHER_NUMBER])
picks = st.integers(0, 10_000)


class TextWalk(RuleBasedStateMachine):
    """A sim whose carrier takes what it likes, when it likes."""

    def __init__(self, sim: Simulation | None = None) -> None:
        super().__init__()
        self.sim = sim or Simulation(wrong_per_day=9)
        self.sim.sending_paused = True
        self.texts: list[TextReceived] = []
        self.known: dict[str, Verification] = {}
        self.allowed: set[str] = set()

    # -- steps ---------------------------------------------------------------------------------

    @rule(words=st.sampled_from(WORDS), phone=phones, number=numbers, auto=st.booleans())
    def text(self, words: str | None, phone: str, number: str, auto: bool) -> None:
        self._take(self.sim.text_command(words, phone, number, autoresponse=auto))

    @rule(phone=phones, number=numbers, late=st.integers(4 * MINUTE_MS, 6 * MINUTE_MS))
    def text_late(self, phone: str, number: str, late: int) -> None:
        self._take(self.sim.text_command("LOGIN", phone, number, self.sim.now - late))

    @rule(pick=picks, number=numbers, right=st.sampled_from([True, False, False]))
    def reply(self, pick: int, number: str, right: bool) -> None:
        found = self._with_code(pick)
        if found is not None and found.phone:
            code = self.sim.code_of(found)
            typed = code if right else wrong_code(code)
            self._take(self.sim.text_command(typed, found.phone, number), code if right else None)

    @rule(pick=picks, times=st.integers(2, 6))
    def guess(self, pick: int, times: int) -> None:
        found = self._with_code(pick)
        for _ in range(times if found is not None and found.phone else 0):
            assert found is not None
            if self.sim.store.verifications[found.id].seed:
                words = wrong_code(self.sim.code_of(found))
                self._take(self.sim.text_command(words, found.phone or ""))

    @rule(entry=st.sampled_from(["reply", "reply", "page"]))
    def wait_and_claim(self, entry: CodeEntry) -> None:
        self.sim.wait(61 * SECOND_MS)
        ref = self.sim.request(code_entry=entry).ref
        self._take(self.sim.text_command(f"LOGIN {ref}"))

    @rule(pick=picks, error=st.sampled_from(sorted(TRANSIENT)[:2]))
    def fail_transiently_after_acceptance(self, pick: int, error: str) -> None:
        """Accepted, then not delivered: the same text may go out once more."""
        queued = [one for one in self._messages() if one.state == "queued" and one.code]
        if queued:
            provider = self.sim.unique_name("provider")
            message = queued[-1 - pick % min(len(queued), 2)]
            self.sim.carry_out(MessageSettled(message.id, "sent", provider))
            self.sim.receive_receipt(provider, "delivery_failed", error)

    @rule(pick=picks)
    def text_the_code_among_other_words(self, pick: int) -> None:
        """A sentence that merely contains the code approves nothing."""
        found = self._with_code(pick)
        if found is not None and found.phone:
            words = f"he said {self.sim.code_of(found)} opens it"
            self._take(self.sim.text_command(words, found.phone))

    @rule(pick=picks, phone=phones, number=numbers)
    def text_a_ref(self, pick: int, phone: str, number: str) -> None:
        shown = [one for one in self.sim.store.verifications.values() if one.ref]
        if shown:
            ref = shown[-1 - pick % min(len(shown), 3)].ref
            self._take(self.sim.text_command(f"LOGIN {ref}", phone, number))

    @rule(phone=phones, first=st.sampled_from(WORDS), second=st.sampled_from(WORDS))
    def text_twice_at_once(self, phone: str, first: str | None, second: str | None) -> None:
        both = [self.sim.text_command(first, phone), self.sim.text_command(second, phone)]
        self.sim.carry_out(*both)
        self.texts += both

    @rule(pick=picks)
    def reply_twice_at_once(self, pick: int) -> None:
        found = self._with_code(pick)
        if found is not None and found.phone:
            code = self.sim.code_of(found)
            self.allowed.add(code)
            first, second = (self.sim.text_command(code, found.phone) for _ in range(2))
            self.sim.carry_out(
                first,
                CodeChecked(found.id, Access(SHOP, standalone=True), code),
                second,
            )
            self.texts += [first, second]

    @rule(
        method=st.sampled_from(["text", "text", "sms"]),
        phone=phones,
        bound=st.booleans(),
        entry=st.sampled_from(["reply", "page"]),
    )
    def ask(self, method: Method, phone: str, bound: bool, entry: CodeEntry) -> None:
        if method == "sms":
            self.sim.try_request("sms", phone)
        else:
            self.sim.try_request("text", phone if bound else None, entry)

    @rule(pick=picks, right=st.booleans())
    def check(self, pick: int, right: bool) -> None:
        found = self._with_code(pick)
        if found is not None:
            code = self.sim.code_of(found)
            if right:
                self.allowed.add(code)
            self.sim.check(found.id, code if right else wrong_code(code))

    @rule(pick=picks)
    def redeem(self, pick: int) -> None:
        every = list(self.sim.store.verifications)
        if every:
            self.sim.redeem(every[pick % len(every)])

    @rule(wait=st.sampled_from(WAITS))
    def wait(self, wait: int) -> None:
        self.sim.wait(wait)

    @rule(
        pick=picks,
        outcome=st.sampled_from(["sent", "sent", "sent", "refused", "retry", "held"]),
        error=st.sampled_from(ERRORS),
    )
    def settle(self, pick: int, outcome: SendOutcome, error: str | None) -> None:
        mine = [one for one in self._messages() if one.state in ("queued", "withdrawn")]
        if mine:
            provider = self.sim.unique_name("provider") if outcome == "sent" else None
            settled = MessageSettled(mine[pick % len(mine)].id, outcome, provider, error)
            self.sim.carry_out(settled)

    @rule(pick=picks, status=st.sampled_from(STATUSES), error=st.sampled_from(ERRORS))
    def receipt(self, pick: int, status: str, error: str | None) -> None:
        known = [one.provider_id for one in self._messages() if one.provider_id]
        provider = known[pick % len(known)] if known else "nobody's"
        self.sim.receive_receipt(provider, status, error)

    @rule()
    def sweep(self) -> None:
        self.sim.carry_out(OutboxSwept(10))

    @rule()
    def return_leases(self) -> None:
        self.sim.carry_out(LeasesReturned(tuple(one.id for one in self._messages())))

    @precondition(lambda self: self.texts)
    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        """A text that comes again changes nothing."""
        phone = self.texts[pick % len(self.texts)].phone
        remembered = [one for one in self.texts if one.phone == phone][-REMEMBERED_TEXTS:]
        (decision,) = self.sim.decide(remembered[pick % len(remembered)])
        assert decision.outcome == Duplicate()
        assert rows_written(decision) == []

    # -- what holds ----------------------------------------------------------------------------

    @invariant()
    def a_verification_never_goes_back(self) -> None:
        """Tries never come back, an end is an end, an approval needs its own code."""
        for id, now in self.sim.store.verifications.items():
            before = self.known.get(id)
            if before is None or before == now:
                continue
            assert now.revision > before.revision
            assert now.attempts_left <= before.attempts_left
            assert now.codes >= before.codes
            assert before.phone in (None, now.phone)
            if before.status != "pending" and now.status != before.status:
                assert (before.status, now.status) == ("approved", "denied")
                assert now.reason == "repudiated"
            if now.status == "approved" and before.status == "pending":
                code = codes.code(self.sim.policy.secrets, before)
                assert code in self.allowed
        self.known = dict(self.sim.store.verifications)
        self.allowed = set()

    @invariant()
    def a_finished_verification_has_no_seed(self) -> None:
        for one in self.sim.store.verifications.values():
            assert (one.seed is None) if one.status != "pending" else (one.completed_at is None)

    @invariant()
    def a_phone_awaits_at_most_one_reply(self) -> None:
        for phone in (PHONE, OTHER_PHONE):
            awaited = [
                one
                for one in self.sim.verifications(phone)
                if one.awaiting == "code" and one.code_entry == "reply"
            ]
            assert len(awaited) <= 1

    @invariant()
    def a_code_is_the_only_long_number_in_its_text(self) -> None:
        for sent in self.sim.sent:
            assert len(codes_in(sent.text)) == (sent.kind in CODE_KINDS)

    @invariant()
    def a_queued_code_is_the_newest_of_a_pending_verification(self) -> None:
        for message in self._messages():
            if message.state != "queued" or message.code is None:
                continue
            if message.send_before > self.sim.now:
                carried = self.sim.verification(message.verification_id or "")
                assert (carried.status, carried.codes) == ("pending", message.code)

    @invariant()
    def codes_and_replies_stay_within_the_limits(self) -> None:
        policy, now = self.sim.policy, self.sim.now
        for phone in (PHONE, OTHER_PHONE):
            mine = [one for one in self._messages() if one.phone == phone]
            sent = [one.created_at for one in mine if one.code is not None]
            for _, length, size in policy.windows():
                assert sum(at > now - length for at in sent) <= size
            replies = [one for one in mine if one.code is None and one.kind not in FINAL_WORDS]
            assert sum(one.created_at > now - HOUR_MS for one in replies) <= REPLIES_PER_HOUR

    @invariant()
    def a_phone_in_a_region_that_is_not_allowed_gets_no_texts(self) -> None:
        assert all(sent.phone in (PHONE, OTHER_PHONE) for sent in self.sim.sent)

    # -- in short ------------------------------------------------------------------------------

    def _take(self, text: TextReceived, code: str | None = None) -> None:
        """A text is answered, or there is a reason why not."""
        sim = self.sim
        before, state = sim.phone(text.phone), state_of(sim, text.phone, text.number)
        sent = len(sim.sent)
        if code is not None:
            self.allowed.add(code)
        assert sim.carry_out(text) == [Recorded()]
        self.texts.append(text)
        if len(sim.sent) == sent:
            assert self._may_be_silent(text, before, state)
        assert len(sim.sent) <= sent + 1

    def _may_be_silent(self, text: TextReceived, before: Phone, state: str) -> bool:
        now, told = self.sim.now, self.sim.phone(text.phone)
        return (
            isinstance(text.intent, Stop | Start)
            or text.received_at <= now - self.sim.policy.code_ttl_ms
            or text.phone not in (PHONE, OTHER_PHONE)
            or state in ("opted-out", "locked")
            or (isinstance(text.intent, Help) and text.autoresponse)
            or len(times(before.replies_at, now - HOUR_MS)) >= REPLIES_PER_HOUR
            or refs_blocked(before, now)
            or max(
                before.nothing_notified_until,
                before.hint_notified_until,
                before.done_notified_until,
            )
            > now
            or before.wait_notified_until == told.wait_notified_until > now
        )

    def _messages(self) -> list[Message]:
        return list(self.sim.store.messages.values())

    def _with_code(self, pick: int) -> Verification | None:
        """One of the newest whose code can still be made, dead or alive."""
        every = [one for one in self.sim.store.verifications.values() if one.seed]
        return every[-1 - pick % min(len(every), 3)] if every else None
