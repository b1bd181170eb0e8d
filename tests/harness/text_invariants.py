"""What holds after each step of a random walk of phones, web apps and the sender."""

from __future__ import annotations

from hypothesis.stateful import RuleBasedStateMachine, invariant

from bot import codes
from bot.policy import REPLIES_PER_DAY, REPLIES_PER_HOUR, UNCOUNTED_WRONG_PER_DAY
from bot.records import Message, Verification
from tests.harness.constants import DAY_MS, HOUR_MS, OTHER_PHONE, PHONE
from tests.harness.sent_texts import codes_in
from tests.harness.simulation import Simulation

CODE_KINDS = frozenset({"code", "code_claimed", "code_page"})
#: Replies that do not count towards those of the hour and the day.
CONCLUSIONS = (
    "approved",
    "denied",
    "denied_undone",
    "denied_page_closed",
    "denied_late",
    "too_late",
    "too_late_alone",
    "stopped",
)


class TextInvariants(RuleBasedStateMachine):
    """The invariants. `TextWalk` has the steps."""

    def __init__(self, sim: Simulation) -> None:
        super().__init__()
        self.sim = sim
        #: The verifications before the last step.
        self.before: dict[str, Verification] = {}
        #: The right codes that the last step has texted or typed.
        self.right_codes: set[str] = set()

    @invariant()
    def a_verification_never_goes_back(self) -> None:
        """Attempts never increase, and a final status changes only by a repudiation."""
        for id, now in self.sim.store.verifications.items():
            old = self.before.get(id)
            if old is None or old == now:
                continue
            assert now.revision > old.revision
            assert now.attempts_left <= old.attempts_left
            assert now.codes >= old.codes
            assert old.phone in (None, now.phone)
            if old.status != "pending" and now.status != old.status:
                assert (old.status, now.status) == ("approved", "denied")
                assert now.reason == "repudiated"
            self._check_approval(old, now)
        self.before = dict(self.sim.store.verifications)
        self.right_codes = set()

    def _check_approval(self, old: Verification, now: Verification) -> None:
        """It needs the verification's own code."""
        if now.status == "approved" and old.status == "pending":
            assert codes.code(self.sim.policy.secrets, old) in self.right_codes

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
                assert sum(at > now - length for at in sent) <= 2 * size  # two doors
            replies = [one for one in mine if one.code is None and one.kind not in CONCLUSIONS]
            for length, most in ((HOUR_MS, REPLIES_PER_HOUR), (DAY_MS, REPLIES_PER_DAY)):
                said = sum(one.created_at > now - length for one in replies)
                assert said <= most + UNCOUNTED_WRONG_PER_DAY

    @invariant()
    def a_phone_in_a_region_that_is_not_allowed_gets_no_texts(self) -> None:
        assert all(sent.phone in (PHONE, OTHER_PHONE) for sent in self.sim.sent)

    def _messages(self) -> list[Message]:
        return list(self.sim.store.messages.values())
