"""The states of the conversation: how to reach each one, which one a phone is in, and texts to try.

The names are those of the table in `tests.bot.test_conversation`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.policy import REPUDIATION_WINDOW_MS
from tests.harness.constants import MINUTE_MS, NUMBER, OTHER_PHONE, PHONE, SECOND_MS
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation

UNKNOWN_REF = "ZZZZZZ"


@dataclass
class Scenario:
    """A simulation whose phone is in one state, and the code and the ref that it can text."""

    sim: Simulation
    right_code: str = "271828"
    ref: str = ""


def state_of(sim: Simulation, phone: str = PHONE, number: str = NUMBER) -> str:
    """The state that a text from this phone to this number meets."""
    if sim.is_opted_out(phone, number):
        return "opted-out"
    if sim.phone(phone).locked_until > sim.now:
        return "locked"
    pending = [one for one in sim.verifications(phone) if one.status == "pending" and one.codes]
    replies = [one for one in pending if one.code_entry == "reply"]
    if any(one.awaiting == "code" for one in replies):
        return "awaiting"
    if pending:
        return "dead" if replies else "page"
    since = sim.now - REPUDIATION_WINDOW_MS
    approved = [one for one in sim.verifications(phone) if one.status == "approved"]
    recent = any((one.completed_at or 0) > since for one in approved)
    return "approved" if recent else "idle"


# -- a simulation in each state --------------------------------------------------------------------


def idle() -> Scenario:
    return Scenario(Simulation())


def awaiting() -> Scenario:
    """A stand-alone login with a live code. The cooldown is over."""
    sim = Simulation()
    scenario = Scenario(sim, sim.start_login())
    sim.wait(61 * SECOND_MS)
    return scenario


def awaiting_claimed() -> Scenario:
    """A web app's request that this phone has claimed, with a live code."""
    sim = Simulation()
    ref = sim.request().ref or ""
    scenario = Scenario(sim, sim.start_login(words=f"LOGIN {ref}"), ref)
    sim.wait(61 * SECOND_MS)
    return scenario


def dead() -> Scenario:
    """A stand-alone login whose code has died."""
    scenario = awaiting()
    scenario.sim.wait(5 * MINUTE_MS)
    return scenario


def dead_claimed() -> Scenario:
    """A claimed request whose code has died."""
    scenario = awaiting_claimed()
    scenario.sim.wait(5 * MINUTE_MS)
    return scenario


def page() -> Scenario:
    """A request whose code was sent to this phone, to be typed on the page."""
    sim = Simulation()
    requested = sim.request("sms", PHONE)
    scenario = Scenario(sim, sim.code_of(requested))
    sim.wait(61 * SECOND_MS)
    return scenario


def page_dead() -> Scenario:
    """A page's request whose code has expired."""
    scenario = page()
    scenario.sim.wait(5 * MINUTE_MS)
    return scenario


def locked() -> Scenario:
    """Three wrong codes for a login that was denied, two for one that is still pending."""
    sim = Simulation()
    sim.start_login()
    sim.reply_wrong(3)
    sim.text("NO")
    sim.wait(61 * SECOND_MS)
    scenario = Scenario(sim, sim.start_login())
    sim.reply_wrong(2)
    sim.wait(61 * SECOND_MS)
    return scenario


def approved() -> Scenario:
    """A login that was approved a minute ago. The code is the one that approved it."""
    sim = Simulation()
    scenario = Scenario(sim, sim.start_login())
    sim.text(scenario.right_code)
    sim.wait(61 * SECOND_MS)
    return scenario


def approved_earlier() -> Scenario:
    """A login that was approved an hour ago."""
    scenario = approved()
    scenario.sim.wait(60 * MINUTE_MS)
    return scenario


def own_stop() -> Scenario:
    """Words after LOGIN that only we take for a stop."""
    sim = Simulation()
    scenario = Scenario(sim, sim.start_login())
    sim.text("don't text me")
    sim.wait(61 * SECOND_MS)
    return scenario


def opted_out() -> Scenario:
    """STOP after LOGIN. Telnyx refuses texts to this phone."""
    sim = Simulation()
    scenario = Scenario(sim, sim.start_login())
    sim.text("STOP")
    sim.wait(61 * SECOND_MS)
    sim.send_errors[PHONE] = "40300"
    return scenario


STATES: dict[str, Callable[[], Scenario]] = {
    "idle": idle,
    "awaiting": awaiting,
    "awaiting-claimed": awaiting_claimed,
    "dead": dead,
    "dead-claimed": dead_claimed,
    "page": page,
    "page-dead": page_dead,
    "locked": locked,
    "approved": approved,
    "approved-earlier": approved_earlier,
    "opted-out": opted_out,
    "own-stop": own_stop,
}
#: The states whose names add something to that of `state_of`.
WITHIN = {"page-dead": "page", "approved-earlier": "idle", "own-stop": "opted-out"}

# -- texts to try ----------------------------------------------------------------------------------


def open_ref(scenario: Scenario) -> str:
    """The ref of a request that no phone has claimed."""
    return f"LOGIN {scenario.sim.request().ref}"


def page_ref(scenario: Scenario) -> str:
    """The ref of a request whose code is to be typed on the page."""
    return f"LOGIN {scenario.sim.request(code_entry='page').ref}"


def earlier_code(scenario: Scenario) -> str:
    """The right code, which a newer one has replaced where a reply is awaited."""
    if state_of(scenario.sim) == "awaiting":
        scenario.sim.text("RESEND")
        scenario.sim.wait(61 * SECOND_MS)
    return scenario.right_code


def page_code(scenario: Scenario) -> str:
    """The live code of another request, which is to be typed on a page."""
    requested = scenario.sim.request("sms", PHONE)
    return scenario.sim.code_of(requested) if requested.codes else scenario.right_code


def used_ref(scenario: Scenario) -> str:
    """The ref of a request that another phone has claimed and finished."""
    ref = scenario.sim.request().ref
    code = scenario.sim.start_login(OTHER_PHONE, f"LOGIN {ref}")
    scenario.sim.text(code, OTHER_PHONE)
    return f"LOGIN {ref}"


def others_ref(scenario: Scenario) -> str:
    """The ref of a request that only another phone may claim."""
    return f"LOGIN {scenario.sim.request(phone=OTHER_PHONE).ref}"


TEXTS: dict[str, Callable[[Scenario], str]] = {
    "LOGIN": lambda scenario: "LOGIN",
    "open-ref": open_ref,
    "page-ref": page_ref,
    "same-ref": lambda scenario: f"LOGIN {scenario.ref}",
    "unknown-ref": lambda scenario: f"LOGIN {UNKNOWN_REF}",
    "used-ref": used_ref,
    "others-ref": others_ref,
    "mistyped-ref": lambda scenario: "LOGIN KTQMW",
    "right-code": lambda scenario: scenario.right_code,
    "earlier-code": earlier_code,
    "page-code": page_code,
    "wrong-code": lambda scenario: wrong_code(scenario.right_code),
    "code-in-text": lambda scenario: f"{scenario.right_code} is what they sent",
    "wrong-length": lambda scenario: scenario.right_code[:-1],
    "RESEND": lambda scenario: "RESEND",
    "no-code-came": lambda scenario: "no code came",
    "NO": lambda scenario: "NO",
    "STATUS": lambda scenario: "STATUS",
    "HELP": lambda scenario: "HELP",
    "STOP": lambda scenario: "STOP",
    "own-stop": lambda scenario: "stop texting me",
    "START": lambda scenario: "START",
    "thanks": lambda scenario: "thanks!",
    "reaction": lambda scenario: f"Liked “{scenario.right_code}”",
    "other": lambda scenario: "good morning",
}
