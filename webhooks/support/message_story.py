"""One text of ours in plain words: what became of it, with Telnyx's error, its meaning and cure."""

from __future__ import annotations

from msgspec import json

from bot.records import Callback, Message
from bot.telnyx_cures import cure
from bot.wording import Catalogue
from webhooks.support.line import Line, Tone
from webhooks.support.times import clock_time


def of_message(message: Message, catalogue: Catalogue) -> Line:
    """A code is counted, never shown; other texts are quoted, in English."""
    outcome, tone = _outcome(message)
    if message.code is None:
        words = f"Texted “{_quoted(message, catalogue)}”: {outcome}"
        return Line(message.created_at, words, message.verification_id, tone)
    again = f" (sent {message.round + 1} times)" if message.round else ""
    words = f"Code {message.code}{again}: {outcome}"
    return Line(message.created_at, words, message.verification_id, tone)


def of_callback(callback: Callback) -> Line:
    """What the web app was told, and what it answered."""
    outcome, tone = _answered(callback)
    words = f"Callback {callback.type} to {callback.url}: {outcome}"
    return Line(callback.created_at, words, callback.verification_id, tone)


def _answered(callback: Callback) -> tuple[str, Tone]:
    tries = "1 try" if callback.tries == 1 else f"{callback.tries} tries"
    answer = callback.answer or "no answer yet"
    match callback.state:
        case "delivered":
            return f"delivered ({answer}, {tries})", "good"
        case "disabled":
            return "not sent: its URL answered 410 and is disabled", "bad"
        case "queued" if not callback.tries:
            return "waits to be sent", "plain"
        case "queued":
            return f"{answer}, {tries}, next one at {clock_time(callback.not_before)}", "bad"
        case _:
            return f"given up after {tries}: {answer}", "bad"


def explained(error: str) -> str:
    """Telnyx's code, or the sender's word, with what it means and what cures it."""
    known = cure(error)
    name = f"Telnyx {error}: " if error.isdigit() else ""
    return f"{name}{known.meaning} {known.cure}"


def _outcome(message: Message) -> tuple[str, Tone]:
    why = f": {explained(message.error)}" if message.error else ""
    match message.state, message.delivery:
        case "failed", _:
            return f"not sent{why}", "bad"
        case "sent", "failed":
            return f"sent, not delivered{why}", "bad"
        case "sent", "delivered":
            return "sent and delivered", "good"
        case "sent", _:
            return "sent, no report of its delivery", "plain"
        case "expired", _:
            return f"not sent in time{why}", "bad"
        case "withdrawn", _:
            return "not sent: no longer needed", "plain"
        case _:
            return f"waits to be sent{why}", "bad" if why else "plain"


def _quoted(message: Message, catalogue: Catalogue) -> str:
    try:
        params = json.decode(message.params, type=dict[str, str])
        return catalogue.text(message.kind, "en", params)
    except KeyError:  # of another release
        return message.kind
