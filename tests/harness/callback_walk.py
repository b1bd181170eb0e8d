"""A random walk of web apps and their callbacks, and what holds after each step."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.commands import (
    CallbackOutcome,
)
from bot.expiry import FINAL_STATUSES
from bot.outcomes import Found, Mismatch, Replayed
from bot.records import Method
from tests.harness.constants import (
    ADDRESS,
    BRITISH_PHONE,
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
    SHOP,
)
from tests.harness.requests import OTHER_URL, URL
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation

CODES_PER_IP_HOUR = 4

picks = st.integers(0, 10_000)
urls = st.sampled_from([URL, URL, OTHER_URL, None])


class CallbackWalk(RuleBasedStateMachine):
    """Every step may come at any time. The walk decides how web apps answer callbacks."""

    def __init__(self, sim: Simulation | None = None) -> None:
        super().__init__()
        self.sim = sim or Simulation(codes_per_ip_hour=CODES_PER_IP_HOUR)
        self.tries: dict[str, int] = {}

    @rule(
        method=st.sampled_from(["text", "sms"]),
        phone=st.sampled_from([PHONE, OTHER_PHONE, BRITISH_PHONE]),
        url=urls,
        key=st.sampled_from([None, "shop a", "shop b"]),
        address=st.sampled_from([None, ADDRESS]),
    )
    def request(
        self, method: Method, phone: str, url: str | None, key: str | None, address: str | None
    ) -> None:
        known = len(self.sim.store.verifications)
        before = self.sim.store.idempotent_requests.get(key or "")
        outcome = self.sim.try_request(
            method,
            phone if method == "sms" else None,
            callback_url=url,
            idempotency_key=key,
            fingerprint=method,
            address=address,
        )
        if before is not None and before.created_at > self.sim.now - DAY_MS:
            assert isinstance(outcome, Replayed | Mismatch)
        if not isinstance(outcome, Found):
            assert len(self.sim.store.verifications) == known

    @rule(pick=picks, words=st.sampled_from(["LOGIN", "NO", "STOP", "START", "RESEND"]))
    def text(self, pick: int, words: str) -> None:
        shown = [one.ref for one in self.sim.store.verifications.values() if one.ref]
        if words == "LOGIN" and shown:
            words = f"LOGIN {shown[-1 - pick % min(len(shown), 3)]}"
        self.sim.text(words, (PHONE, OTHER_PHONE)[pick % 2])

    @rule(pick=picks, right=st.booleans(), token=st.booleans())
    def check(self, pick: int, right: bool, token: bool) -> None:
        found = [one for one in self.sim.store.verifications.values() if one.seed]
        if found:
            one = found[pick % len(found)]
            code = self.sim.code_of(one)
            typed = code if right else wrong_code(code)
            self.sim.check(one.id, typed, None if token else SHOP)

    @rule(pick=picks, token=st.booleans())
    def resend(self, pick: int, token: bool) -> None:
        id = self._some(pick)
        if id:
            self.sim.resend(id, None if token else SHOP, ADDRESS if token else None)

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        if id := self._some(pick):
            self.sim.cancel(id)

    @rule(
        owner=st.sampled_from(["one", "another"]),
        room=st.integers(1, 4),
        outcomes=st.lists(st.sampled_from(["delivered", "retry", "retry", "gone", None])),
    )
    def sweep_and_settle(
        self, owner: str, room: int, outcomes: list[CallbackOutcome | None]
    ) -> None:
        leased = self.sim.sweep_callbacks(owner, room)
        assert len(leased) <= room
        for callback, outcome in zip(leased, outcomes, strict=False):
            self.tries[callback.id] = self.tries.get(callback.id, 0) + (outcome is not None)
            if outcome is not None:
                self.sim.settle_callback(callback.id, outcome)

    @rule(
        wait=st.sampled_from(
            [SECOND_MS, 10 * SECOND_MS, MINUTE_MS, 6 * MINUTE_MS, HOUR_MS, 25 * HOUR_MS]
        )
    )
    def wait(self, wait: int) -> None:
        self.sim.wait(wait)

    @invariant()
    def each_final_status_is_announced_once(self) -> None:
        announced: dict[str, list[str]] = {}
        for callback in self.sim.store.callbacks.values():
            announced.setdefault(callback.verification_id, []).append(callback.type)
        for one in self.sim.store.verifications.values():
            events = [event.removeprefix("verification.") for event in announced.pop(one.id, [])]
            if one.client is None or one.callback_url is None or one.status not in FINAL_STATUSES:
                assert events == []
            elif one.reason == "repudiated":
                assert events == ["approved", "repudiated"]
            else:
                assert events == [one.status]
        assert announced == {}

    @invariant()
    def each_try_is_counted_and_there_are_at_most_ten(self) -> None:
        for id, callback in self.sim.store.callbacks.items():
            assert callback.tries == self.tries.get(id, 0) <= 10

    @invariant()
    def a_client_address_stays_within_its_limit(self) -> None:
        for address in self.sim.store.addresses.values():
            times = [int(time) for time in address.codes_at.split(",")]
            assert sum(time > self.sim.now - HOUR_MS for time in times) <= CODES_PER_IP_HOUR

    def _some(self, pick: int) -> str | None:
        every = list(self.sim.store.verifications)
        return every[-1 - pick % min(len(every), 4)] if every else None
