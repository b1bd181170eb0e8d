"""Worlds in each state of the conversation, and texts that mean something there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.harness.simulation import (
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
    Simulation,
    wrong,
)

UNKNOWN_REF = "ZZZZZZ"


@dataclass
class Scene:
    """A sim in one of the states, and what a text of its phone may name."""

    sim: Simulation
    right: str = "271828"
    ref: str = ""


def idle() -> Scene:
    return Scene(Simulation())


def awaiting() -> Scene:
    """A stand-alone login, whose cooldown is over and whose code lives."""
    sim = Simulation()
    scene = Scene(sim, sim.login())
    sim.wait(61 * SECOND_MS)
    return scene


def awaiting_claimed() -> Scene:
    """A web app's request, claimed by this phone."""
    sim = Simulation()
    ref = sim.request().ref or ""
    scene = Scene(sim, sim.login(words=f"LOGIN {ref}"), ref)
    sim.wait(61 * SECOND_MS)
    return scene


def dead() -> Scene:
    """A stand-alone login whose code has died."""
    scene = awaiting()
    scene.sim.wait(5 * MINUTE_MS)
    return scene


def dead_claimed() -> Scene:
    scene = awaiting_claimed()
    scene.sim.wait(5 * MINUTE_MS)
    return scene


def page() -> Scene:
    """A code that is typed on the page, sent to this phone."""
    sim = Simulation()
    asked = sim.request("sms", PHONE)
    scene = Scene(sim, sim.code_of(asked))
    sim.wait(61 * SECOND_MS)
    return scene


def locked() -> Scene:
    """Three wrong codes on a login that was denied, two on the one that is still open."""
    sim = Simulation()
    sim.login()
    sim.guess(3)
    sim.text("NO")
    sim.wait(61 * SECOND_MS)
    scene = Scene(sim, sim.login())
    sim.guess(2)
    return scene


def approved() -> Scene:
    sim = Simulation()
    scene = Scene(sim, sim.login())
    sim.text(scene.right)
    sim.wait(61 * SECOND_MS)
    return scene


def opted_out() -> Scene:
    sim = Simulation()
    scene = Scene(sim, sim.login())
    sim.text("STOP")
    sim.wait(61 * SECOND_MS)
    sim.refused[PHONE] = "40300"
    return scene


def good_ref(scene: Scene) -> str:
    return f"LOGIN {scene.sim.request().ref}"


def used_ref(scene: Scene) -> str:
    """Letters of a request that another phone has claimed and finished."""
    ref = scene.sim.request().ref
    scene.sim.text(scene.sim.login(OTHER_PHONE, f"LOGIN {ref}"), OTHER_PHONE)
    return f"LOGIN {ref}"


def others_ref(scene: Scene) -> str:
    """Letters that only another phone may claim."""
    return f"LOGIN {scene.sim.request(phone=OTHER_PHONE).ref}"


STATES: dict[str, Callable[[], Scene]] = {
    "idle": idle,
    "awaiting": awaiting,
    "awaiting-claimed": awaiting_claimed,
    "dead": dead,
    "dead-claimed": dead_claimed,
    "page": page,
    "locked": locked,
    "approved": approved,
    "opted-out": opted_out,
}
TEXTS: dict[str, Callable[[Scene], str]] = {
    "LOGIN": lambda scene: "LOGIN",
    "good-ref": good_ref,
    "same-ref": lambda scene: f"LOGIN {scene.ref}",
    "unknown-ref": lambda scene: f"LOGIN {UNKNOWN_REF}",
    "used-ref": used_ref,
    "others-ref": others_ref,
    "right-code": lambda scene: scene.right,
    "wrong-code": lambda scene: wrong(scene.right),
    "RESEND": lambda scene: "RESEND",
    "NO": lambda scene: "NO",
    "STATUS": lambda scene: "STATUS",
    "HELP": lambda scene: "HELP",
    "STOP": lambda scene: "STOP",
    "START": lambda scene: "START",
    "other": lambda scene: "good morning",
}
