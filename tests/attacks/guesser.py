"""Somebody who guesses the codes of one phone.

He asks for codes and guesses at both doors: by texts in the phone's name, and on pages and in web
apps. Each guess is made with `decide`, and counts only where the right code would have approved
instead. He sees which codes are live, which is more than a real attacker does.
"""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from bot import codes
from bot.codes import Secrets
from bot.commands import Command
from bot.expiry import has_live_code
from bot.intents import Code
from bot.limits import may_send_code
from bot.policy import RECENT_MS
from bot.records import Verification
from tests.attacks.spoofed_texts import Spoofer
from tests.harness.constants import DAY_MS, MINUTE_MS, PHONE
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation


class Guesser:
    """One attacker and the phone."""

    def __init__(self, first_id: int = 0, **policy: int) -> None:
        self.sim = Simulation(**policy)
        self.sim.ids.made = first_id  # another one gives other codes
        self.spoofer = Spoofer(self.sim)
        self.end = self.sim.now + DAY_MS
        #: Guesses at each code: verification, which of its codes, digits.
        self.guesses: Counter[tuple[str, int, int]] = Counter()
        self.succeeded = 0
        self._keys = 0

    # -- asking for codes ----------------------------------------------------------------------

    def ask_by_login(self) -> None:
        """LOGIN: the code is to be replied."""
        self.sim.text("LOGIN")

    def ask_by_ref(self) -> None:
        """LOGIN with the ref of his own web app: the code is typed on its page."""
        self.sim.text(self.spoofer.open_ref("page"))

    def ask_on_page(self) -> None:
        """A page sends a code to the phone."""
        self.sim.try_request("sms", PHONE)

    def ask_again(self) -> None:
        """RESEND, and a resend of each verification that a page opened."""
        self.sim.text("RESEND")
        for one in self.live():
            if one.method == "sms":
                self.sim.resend(one.id)

    def rotate_key(self) -> None:
        """The operator puts a new secret key before the newest one."""
        self._keys += 1
        names = [str(self._keys - age).zfill(4) * 8 for age in range(2)]
        self.sim.policy = replace(self.sim.policy, secrets=Secrets(names))

    # -- guessing ------------------------------------------------------------------------------

    def live(self) -> list[Verification]:
        """The verifications of the phone whose code can be guessed."""
        return [one for one in self.sim.verifications(PHONE) if has_live_code(one)]

    def is_locked(self) -> bool:
        return self.sim.phone().locked_until > self.sim.now

    def guess(self, target: Verification) -> bool:
        """Guess once at its code. Returns whether that was a try: a locked phone has none."""
        if target.code_entry == "reply" and self.is_locked():
            return False
        right = codes.code(self.sim.policy.secrets, target)
        if right is None or not self._approves(target, right):
            return False
        key = (target.id, target.codes, target.digits)
        guessed = str(self.guesses[key]).zfill(target.digits)
        self.guesses[key] += 1
        self.succeeded += guessed == right
        # After a right one the day goes on as if it had been wrong.
        wrong = wrong_code(right) if guessed == right else guessed
        self.sim.carry_out(self._command(target, wrong))
        return True

    def guess_all(self) -> None:
        """Use up the tries of every live code."""
        tried = True
        while tried:
            tried = any(self.guess(target) for target in self.live())

    def _approves(self, target: Verification, code: str) -> bool:
        (decision,) = self.sim.decide(self._command(target, code))
        decided = decision.rows.verifications.get(target.id)
        return decided is not None and decided.status == "approved"

    def _command(self, target: Verification, code: str) -> Command:
        if target.code_entry == "page":
            return self.sim.check_command(target.id, code)
        return replace(self.sim.text_command(""), intent=Code(code))

    # -- time ----------------------------------------------------------------------------------

    def wait_for_more(self) -> None:
        """Wait until a door gives another code, or a lock ends."""
        now, phone, policy = self.sim.now, self.sim.phone(), self.sim.policy
        refusals = [may_send_code(phone, door, now, policy) for door in ("text", "page")]
        times = [refusal.until if refusal else now + MINUTE_MS for refusal in refusals]
        self.sim.now = min(at for at in (*times, phone.locked_until) if at > now)

    def begin_the_day(self) -> None:
        """The 24 hours that count begin now."""
        self.end = self.sim.now + DAY_MS

    def forget(self) -> None:
        """Forget what no decision needs any more, which makes a month fast."""
        store, since = self.sim.store, self.sim.now - RECENT_MS
        store.messages.clear()
        for id in [id for id, one in store.verifications.items() if one.created_at < since]:
            del store.verifications[id]
