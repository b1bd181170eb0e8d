"""Texts that somebody sends in a phone's name. He sees no answer and knows no code."""

from __future__ import annotations

from collections.abc import Callable

from bot.intents import Login
from bot.records import CodeEntry
from tests.harness.constants import PHONE
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation
from tests.harness.words import understand


class Spoofer:
    """The sender. His own web app opens requests, so that he knows good refs."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        #: The id of the newest request, by code entry. It is replaced once it is claimed.
        self._requested: dict[CodeEntry, str] = {}

    def words(self, name: str) -> str:
        """The text of this name, as of the simulation's state."""
        return SPOOFED[name](self)

    def open_ref(self, entry: CodeEntry) -> str:
        """The ref of a request that nobody has claimed."""
        known = self._requested.get(entry)
        if known is None or self._is_used(known):
            known = self._requested[entry] = self._request(entry)
        return f"LOGIN {self.sim.verification(known).ref}"

    def claimed_ref(self) -> str:
        """The ref that the phone has claimed last."""
        claimed = [one.ref for one in self.sim.verifications(PHONE) if one.ref]
        return f"LOGIN {claimed[-1]}" if claimed else "LOGIN"

    def wrong_code(self) -> str:
        """Not the code that is awaited. Of its length, because he knows the rules."""
        known = [one for one in self.sim.verifications(PHONE) if one.seed]
        return wrong_code(self.sim.code_of(known[-1])) if known else "123456"

    def _request(self, entry: CodeEntry) -> str:
        """Open a request whose ref has no chat word, as the service makes them."""
        while True:
            opened = self.sim.request(code_entry=entry)
            if understand(f"LOGIN {opened.ref}") == Login(opened.ref):
                return opened.id

    def _is_used(self, id: str) -> bool:
        if id not in self.sim.store.verifications:
            return True
        known = self.sim.verification(id)
        return known.status != "pending" or known.claimed_at is not None


#: Every kind of text that has an effect or an answer.
SPOOFED: dict[str, Callable[[Spoofer], str]] = {
    "LOGIN": lambda _: "LOGIN",
    "good ref": lambda spoofer: spoofer.open_ref("reply"),
    "good ref of a page": lambda spoofer: spoofer.open_ref("page"),
    "claimed ref": lambda spoofer: spoofer.claimed_ref(),
    "unknown ref": lambda _: "LOGIN ZZZZZZ",
    "mistyped ref": lambda _: "LOGIN KTQMW",
    "wrong code": lambda spoofer: spoofer.wrong_code(),
    "wrong length": lambda _: "1234",
    "code in a sentence": lambda _: "they said 123456 to me",
    "RESEND": lambda _: "RESEND",
    "NO": lambda _: "NO",
    "STATUS": lambda _: "STATUS",
    "HELP": lambda _: "HELP",
    "anything": lambda _: "good morning",
    "thanks": lambda _: "thanks",
    "own stop": lambda _: "stop it",
    "STOP": lambda _: "STOP",
    "START": lambda _: "START",
}
