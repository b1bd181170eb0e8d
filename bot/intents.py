"""What the sender of a text means. `understanding` finds it out."""

from __future__ import annotations

from msgspec import Struct

#: 20 letters without vowels (RFC 8628, section 6.1): they spell no word and few look alike.
REF_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
REF_LENGTH = 6


class Login(Struct, frozen=True):
    """LOGIN. `ref` is the letters that a page shows, None if the text has none."""

    ref: str | None = None


class MistypedRef(Struct, frozen=True):
    """LOGIN and letters that are not a ref but look like a mistyped one."""


class Code(Struct, frozen=True):
    """A code without words that matter. `digits` are ASCII, of any of the usual lengths."""

    digits: str


class CodeInSentence(Struct, frozen=True):
    """Digits that could be a code, among other words or in a question. They are never compared."""


class Resend(Struct, frozen=True):
    """RESEND, and that no code came."""


class No(Struct, frozen=True):
    """NO: it was not me."""


class Status(Struct, frozen=True):
    """STATUS."""


class Help(Struct, frozen=True):
    """HELP, INFO."""


class Stop(Struct, frozen=True):
    """An opt-out keyword, which Telnyx answers."""


class OwnStop(Stop, frozen=True):
    """A wish for no more texts that Telnyx may not know: the service answers it itself. `denies`
    means that it is also a NO."""

    denies: bool = False


class Start(Struct, frozen=True):
    """An opt-in keyword, which Telnyx answers."""


class Reaction(Struct, frozen=True):
    """A tapback or an edit, which a phone sends as a text."""


class Thanks(Struct, frozen=True):
    """Thanks, approval or emoji: no answer is wanted."""


class Unknown(Struct, frozen=True):
    """Anything else, including media without text."""


Intent = (
    Login
    | MistypedRef
    | Code
    | CodeInSentence
    | Resend
    | No
    | Status
    | Help
    | Stop
    | OwnStop
    | Start
    | Reaction
    | Thanks
    | Unknown
)


def denies(intent: Intent) -> bool:
    """Whether the intent is a NO, perhaps besides an own stop."""
    return isinstance(intent, No) or (isinstance(intent, OwnStop) and intent.denies)
