"""Why the service answers a text as it does, by the kind of its answer."""

from collections.abc import Mapping

#: {} is the phone. Kinds that a decision event already explains are left out.
ANSWERS: Mapping[str, str] = {
    "code": "A code for {}, to reply with",
    "code_claimed": "The letters are right: a code for {}, to reply with",
    "code_page": "A code for {}, to type on the page",
    "already_done": "{} is already verified: the code counts once",
    "code_expired": "Not compared: the code of {} has expired",
    "code_alone": "Not compared: {} must send the code alone",
    "type_on_page": "Not compared: the code of {} belongs on the page",
    "page_waits": "Not a code: a page waits for {}",
    "page_waits_label": "Not a code: a page waits for {}",
    "ref_unknown": "No page shows the letters that {} has texted",
    "refs_blocked": "Too many wrong letters from {}",
    "locked": "Not compared: {} is locked",
    "nothing_waits": "Nothing waits for {}",
    "too_late": "Too late for the NO of {}: the approval stands",
    "too_late_alone": "Too late for the NO of {}: the approval stands",
    "stopped": "{} has opted out: no more texts",
    "say_start": "{} has opted out: it must text START first",
    "hint": "Not understood: {} is told what to text",
    "hint_code_out": "Not understood: {} is told what to do with its code",
    "help": "{} asks for help",
    "help_contact": "{} asks for help",
    **dict.fromkeys(
        (
            *("status_idle", "status_awaiting", "status_dead"),
            *("status_page", "status_locked", "status_approved"),
        ),
        "{} asks how things stand",
    ),
}


def explain(kind: str, phone: str) -> str | None:
    """The decision behind an answer of this kind; None where its event says it."""
    words = ANSWERS.get(kind)
    return None if words is None else words.format(phone)
