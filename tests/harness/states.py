"""Worlds in each state of the conversation, and texts that mean something there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.harness.simulation import (
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
    World,
    wrong,
)

UNKNOWN_REF = "ZZZZZZ"


@dataclass
class Scene:
    """A world in one of the states, and what a text of its phone may name."""

    world: World
    right: str = "271828"
    ref: str = ""


def idle() -> Scene:
    return Scene(World())


def awaiting() -> Scene:
    """A stand-alone login, whose cooldown is over and whose code lives."""
    world = World()
    scene = Scene(world, world.login())
    world.wait(61 * SECOND_MS)
    return scene


def awaiting_claimed() -> Scene:
    """A web app's request, claimed by this phone."""
    world = World()
    ref = world.request().ref or ""
    scene = Scene(world, world.login(words=f"LOGIN {ref}"), ref)
    world.wait(61 * SECOND_MS)
    return scene


def dead() -> Scene:
    """A stand-alone login whose code has died."""
    scene = awaiting()
    scene.world.wait(5 * MINUTE_MS)
    return scene


def dead_claimed() -> Scene:
    scene = awaiting_claimed()
    scene.world.wait(5 * MINUTE_MS)
    return scene


def page() -> Scene:
    """A code that is typed on the page, sent to this phone."""
    world = World()
    asked = world.request("sms", PHONE)
    scene = Scene(world, world.code_of(asked))
    world.wait(61 * SECOND_MS)
    return scene


def locked() -> Scene:
    """Three wrong codes on a login that was denied, two on the one that is still open."""
    world = World()
    world.login()
    world.guess(3)
    world.text("NO")
    world.wait(61 * SECOND_MS)
    scene = Scene(world, world.login())
    world.guess(2)
    return scene


def approved() -> Scene:
    world = World()
    scene = Scene(world, world.login())
    world.text(scene.right)
    world.wait(61 * SECOND_MS)
    return scene


def opted_out() -> Scene:
    world = World()
    scene = Scene(world, world.login())
    world.text("STOP")
    world.wait(61 * SECOND_MS)
    world.refused[PHONE] = "40300"
    return scene


def good_ref(scene: Scene) -> str:
    return f"LOGIN {scene.world.request().ref}"


def used_ref(scene: Scene) -> str:
    """Letters of a request that another phone has claimed and finished."""
    ref = scene.world.request().ref
    scene.world.text(scene.world.login(OTHER_PHONE, f"LOGIN {ref}"), OTHER_PHONE)
    return f"LOGIN {ref}"


def others_ref(scene: Scene) -> str:
    """Letters that only another phone may claim."""
    return f"LOGIN {scene.world.request(phone=OTHER_PHONE).ref}"


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
