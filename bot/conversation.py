"""What each text does: the table of (phase, intent).

Each journey has a file of its own: `login`, `code_reply`, `denial`, `opt_out`. Limits, locks and
the awaited reply are per phone; opt-out is per phone and our number.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot import codes, duplicates
from bot.changes import Changes
from bot.code_reply import check, check_again, point_to_page
from bot.commands import TextReceived
from bot.conversation_state import Phase, phase_after
from bot.denial import deny, take_back
from bot.events import TextIgnored
from bot.intents import (
    Code,
    CodeInSentence,
    Help,
    Intent,
    Login,
    MistypedRef,
    No,
    OwnStop,
    Reaction,
    Resend,
    Start,
    Status,
    Stop,
    Thanks,
    denies,
)
from bot.login import login, mistype_ref, refuse, send_code
from bot.opt_out import opt_in, opt_out, opt_out_ourselves
from bot.outcomes import Duplicate, Outcome, Recorded
from bot.turn import Turn


def receive(changes: Changes, text: TextReceived) -> Outcome:
    """Handle one text, once."""
    memory_ms = changes.policy.memory_ms()
    phone = duplicates.remember(changes.phone(text.phone), text, changes.now, memory_ms)
    if phone is None:
        return Duplicate()
    if duplicates.is_flood(phone, text):
        changes.report(TextIgnored(text.phone, "flood"))
        return Recorded()
    if text.language is not None and text.language != phone.locale:
        phone = replace(phone, locale=text.language)
    changes.put(phone)
    changes.record_expiry(text.phone)
    turn = Turn(changes, text)
    before = turn.state.phase
    is_late = text.received_at < changes.now - changes.policy.code_ttl_ms
    forbidden = changes.policy.reason_against(text.phone)
    if text.autoresponse == "START":
        opt_in(turn)
        turn = Turn(changes, text)
    match text.intent:
        case OwnStop():
            is_answered = not is_late and forbidden is None
            if denies(text.intent) and is_answered:
                take_back(turn)
            opt_out_ourselves(turn, answered=is_answered)
        case Stop():
            opt_out(turn)
        case Start():
            opt_in(turn)
        case _ if is_late:
            # Its sender no longer waits for an answer.
            changes.report(TextIgnored(text.phone, "late"))
        case intent if forbidden is not None:
            refuse(turn, intent, forbidden)
        case intent:
            answer(turn, _as_awaited(turn, intent))
    after = phase_after(before, changes, text.phone, text.number)
    changes.phases = (before.name.lower(), after.name.lower())
    return Recorded()


def answer(turn: Turn, intent: Intent) -> None:
    """The table of the conversation."""
    match turn.state.phase, intent:
        case Phase.OPTED_OUT, Login(ref):
            login(turn, ref)
        case Phase.OPTED_OUT, No():
            take_back(turn)
        case Phase.OPTED_OUT, _:
            pass

        case _, Reaction() | Thanks():
            pass

        case _, Status():
            _tell_status(turn)
        case _, Help():
            _help(turn)
        case _, No():
            deny(turn)

        case _, Login(ref):
            login(turn, ref)
        case _, MistypedRef():
            mistype_ref(turn)

        case Phase.LOCKED, Code() | Resend():
            turn.replies.locked()
        case Phase.LOCKED, _:
            pass

        case Phase.AWAITING | Phase.DEAD, Code(digits):
            _reply(turn, digits)
        case Phase.PAGE, Code():
            point_to_page(turn)
        case Phase.APPROVED, Code(digits):
            check_again(turn, digits)
        case Phase.IDLE, Code():
            turn.replies.nothing_waits()

        case Phase.AWAITING | Phase.DEAD | Phase.PAGE, Resend():
            send_code(turn, turn.state.newest_open())
        case _, Resend():
            turn.replies.nothing_waits()

        case Phase.AWAITING | Phase.DEAD, CodeInSentence():
            turn.replies.code_alone(turn.state.newest_open().digits)
        case _:
            turn.replies.hint("hint_code_out" if turn.state.has_code_out else "hint")


def _as_awaited(turn: Turn, intent: Intent) -> Intent:
    """Digits of another length than the code's are not a try."""
    if isinstance(intent, Code) and len(intent.digits) not in turn.state.code_lengths():
        return CodeInSentence()
    return intent


def _reply(turn: Turn, digits: str) -> None:
    """A code, where a reply is awaited or was until its code died."""
    awaited = turn.state.awaited() or turn.state.expired_under_way()
    expected = codes.code(turn.changes.policy.secrets, awaited) if awaited else None
    if awaited is None or expected is None:  # no code could be right: it or its secret key is gone
        turn.replies.say("code_expired")
    else:
        check(turn, awaited, digits)


def _tell_status(turn: Turn) -> None:
    phase, params = turn.state.phase, {}
    awaited = turn.state.awaited()
    if phase is Phase.LOCKED:
        until = turn.changes.phone(turn.phone).locked_until
        params["minutes"] = turn.replies.minutes_until(until)
    elif phase is Phase.AWAITING and awaited is not None:
        params["left"] = str(awaited.attempts_left)
    turn.replies.say(f"status_{phase.name.lower()}", **params)


def _help(turn: Turn) -> None:
    """Answer HELP, unless Telnyx has answered it."""
    if not turn.autoresponse:
        turn.replies.help()
