"""A text message → the intent of its sender. Tolerant of spelling, strict about codes.

The rules apply in the order in which they stand here. Only whole messages are a stop or a NO, and a
code counts only without other words: a sentence that someone was talked into sending approves
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, islice

from bot.folding import EMOJI, SYMBOL, fold
from bot.intents import (
    Code,
    CodeInSentence,
    Help,
    Intent,
    Login,
    No,
    OwnStop,
    Reaction,
    Resend,
    Start,
    Status,
    Stop,
    Thanks,
    Unknown,
)
from bot.quotation import has_frame, is_reaction
from bot.vocabulary import CARRIER_STOP, TOKEN, Phrases, Vocabulary, calm, squash
from bot.written_code import MOST_WORDS, code_alone, has_code_like_digits
from bot.written_login import is_ref, login
from bot.written_resend import lacks_code, wants_code

#: In characters. A longer text is not read.
LONGEST_TEXT = 1600
#: Tokens; of one that is repeated, two count. A longer text is no whole message.
_LONGEST_WHOLE = 24
#: Characters of a text that may have a signature in its last line, or be a keyword.
_LONGEST_LINE = 200
#: Characters of a text that may have a stop or a NO in a clause.
_LONGEST_STATEMENT = 300
#: In characters.
_LONGEST_REMEMBERED = 40
#: Smileys of punctuation.
_SMILEYS = (":)", ":-)", ";)", ";-)", ":D", "=)", "XD")
#: A clause, with the marks that end it.
_CLAUSE = re.compile(r"[^.,;:!?\n]+[.,;:!?\n]*")
#: Likewise.
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
#: What is in a question, or in NOTME@EXAMPLE.COM.
_NO_STATEMENT = re.compile(rf"\?|[A-Z0-9]{SYMBOL}[A-Z0-9]")
#: WRONG # is WRONG NUMBER; before a code the sign is none of its words.
_NUMBER_SIGN = re.compile(r"(?<=[A-Z]) ?#(?! ?[A-Z0-9])")
_HEART = re.compile("<3(?![0-9])")
#: See `plain`.
_PLAIN: dict[str, Intent] = {"LOGIN": Login(), "STOP": Stop(), "NO": No(), "RESEND": Resend()}
_CARRIER_STOP = frozenset(CARRIER_STOP)


def understand(text: str | None, vocabulary: Vocabulary, autoresponse: str | None = None) -> Intent:
    """The intent of a text. `autoresponse` is what Telnyx has taken it for: STOP, START, HELP.

    None (media alone) and overlong texts are Unknown.
    """
    if autoresponse is not None:
        return _as_telnyx_says(autoresponse, text, vocabulary)
    if text is None or len(text) > LONGEST_TEXT:
        return Unknown()
    known = plain(text, vocabulary)
    if known is not None:
        return known
    if len(text) <= _LONGEST_REMEMBERED and not any(map(str.isdigit, text)):
        return _remembered(text, vocabulary)
    return _understand(text, vocabulary)


def plain(text: str, vocabulary: Vocabulary) -> Intent | None:
    """The intent of the most frequent texts, which need no parsing."""
    if text in _PLAIN:
        return _PLAIN[text]
    if len(text) == 6 and text.isascii() and text.isdigit():
        return Code(text)
    if text[:6] == "LOGIN " and is_ref(text[6:], vocabulary):  # as a page's link writes it
        return Login(text[6:])
    return None


@lru_cache(maxsize=4096)
def _remembered(text: str, vocabulary: Vocabulary) -> Intent:
    """Short texts without digits, so that no code stays in memory: people send the same few."""
    return _understand(text, vocabulary)


def _as_telnyx_says(autoresponse: str, text: str | None, vocabulary: Vocabulary) -> Intent:
    if autoresponse == "STOP":
        return Stop()
    own = understand(text, vocabulary)
    if autoresponse == "START":
        return own if isinstance(own, Login) else Start()
    return Help() if autoresponse in ("HELP", "INFO") else own


def _understand(text: str, vocabulary: Vocabulary) -> Intent:
    folded = _HEART.sub(EMOJI, fold(text))
    if has_frame(text) or is_reaction(folded, vocabulary):
        return Reaction()
    if text.isascii() and text.strip().upper() in _CARRIER_STOP:
        return Stop()
    folded = vocabulary.signature.sub("", folded)
    if len(folded) <= _LONGEST_LINE:
        folded = vocabulary.signature_in_a_line.sub("", folded)
        if squash(folded) in _CARRIER_WORDS:  # with punctuation or a signature
            return OwnStop()
    folded = vocabulary.without_app_name(folded).strip()
    folded = _NUMBER_SIGN.sub(" NUMBER", folded)
    tokens = TOKEN.findall(folded)
    words = _whole_tokens(folded, tokens)
    return (
        _whole_message(folded, words, vocabulary)
        or _clause(folded, tokens, vocabulary)
        or _code(folded, tokens, vocabulary)
        or login(tokens, vocabulary)
        or _about_a_code(folded, words, vocabulary)
        or _complaint(folded, tokens, vocabulary)
        or _request(folded, words, vocabulary)
    )


_CARRIER_WORDS = frozenset(map(squash, CARRIER_STOP))


def _whole_message(folded: str, words: list[str], vocabulary: Vocabulary) -> Intent | None:
    """Stop, START, HELP, idioms that no code came, and NO."""
    beside = (vocabulary.help, vocabulary.interjection)
    if vocabulary.whole(words, vocabulary.stop, *beside):
        return OwnStop()
    if vocabulary.whole(words, vocabulary.start):
        return Start()
    if vocabulary.whole(words, vocabulary.help) or _is_question_mark(folded):
        return Help()
    if vocabulary.whole(words, vocabulary.no_code_came):
        return Resend()
    if vocabulary.whole(words, vocabulary.stop, vocabulary.no, *beside):
        return OwnStop(denies=True)
    return No() if vocabulary.whole(words, vocabulary.no, *beside) else None


def _clause(folded: str, tokens: list[str], vocabulary: Vocabulary) -> Intent | None:
    """A stop or a NO in a clause that can mean nothing else: I AM NOT JOHN, WRONG NUMBER."""
    if not _has_clauses(folded, tokens) or has_code_like_digits(folded):
        return None
    clauses = list(_clauses(folded, vocabulary.conjunction))

    def begins(phrases: Phrases, *before: Phrases) -> bool:
        before = (vocabulary.interjection, *before)
        return any(vocabulary.begins(clause, phrases, *before) for clause in clauses)

    denies = begins(vocabulary.no_beginning, vocabulary.no)
    if begins(vocabulary.stop_beginning) or _ends_with_stop(folded, vocabulary):
        return OwnStop(denies or any(vocabulary.whole(one, vocabulary.no) for one in clauses))
    if begins(vocabulary.stop_beginning, vocabulary.no):
        return OwnStop(denies=True)
    return No() if denies else None


def _has_clauses(folded: str, tokens: list[str]) -> bool:
    """Whether the text is short enough to be read clause by clause."""
    return len(tokens) <= _LONGEST_WHOLE and len(folded) <= _LONGEST_STATEMENT


def _clauses(folded: str, conjunction: Phrases) -> Iterator[list[str]]:
    """The tokens of each clause that is no question, and what follows an AND in it."""
    for tokens in _statements(_CLAUSE, folded):
        yield tokens
        for position in range(len(tokens)):
            if count := conjunction.longest(tokens, position):
                yield tokens[position + count :]


def _ends_with_stop(folded: str, vocabulary: Vocabulary) -> bool:
    """Whether the last sentence is nothing but STOP: WHY DO YOU TEXT ME? STOP."""
    sentences = [one for one in _SENTENCE.findall(folded) if squash(one)]
    last = next(_statements(_SENTENCE, sentences[-1]), []) if sentences else []
    return vocabulary.whole(last, vocabulary.plain_stop)


def _statements(pattern: re.Pattern[str], folded: str) -> Iterator[list[str]]:
    """The tokens of each part that is no question."""
    for part in pattern.findall(folded):
        if not _NO_STATEMENT.search(part):
            yield TOKEN.findall(part)


def _about_a_code(folded: str, words: list[str], vocabulary: Vocabulary) -> Intent | None:
    """That no code came, or a wish for another one."""
    if not words or _is_smile(folded):
        return None
    return Resend() if wants_code(calm(folded), vocabulary.code_grammars) else None


def _code(folded: str, tokens: list[str], vocabulary: Vocabulary) -> Intent | None:
    digits = code_alone(folded, vocabulary) if len(tokens) <= MOST_WORDS else None
    if digits is not None:
        return Code(digits)
    return CodeInSentence() if has_code_like_digits(folded) else None


def _complaint(folded: str, tokens: list[str], vocabulary: Vocabulary) -> Intent | None:
    """That no code came, in a clause: I ASKED FOR A CODE BUT DIDNT GET IT."""
    if not _has_clauses(folded, tokens):
        return None
    clauses = _clauses(folded, vocabulary.conjunction)
    return Resend() if any(lacks_code(one, vocabulary.code_grammars) for one in clauses) else None


def _request(folded: str, tokens: list[str], vocabulary: Vocabulary) -> Intent:
    """RESEND, STATUS, thanks and anything else."""
    if vocabulary.whole(tokens, vocabulary.resend):
        return Resend()
    if vocabulary.whole(tokens, vocabulary.status):
        return Status()
    if vocabulary.whole(tokens, vocabulary.thanks) or _is_smile(folded):
        return Thanks()
    return Unknown()


def _whole_tokens(folded: str, tokens: list[str]) -> list[str]:
    """The words of a text that may be one whole message; none of a longer text."""
    calmed = calm(folded)
    words: list[str] = []
    for _, repeated in groupby(tokens if calmed == folded else TOKEN.findall(calmed)):
        words += islice(repeated, 2)
        if len(words) > _LONGEST_WHOLE:
            return []
    return words


def _is_question_mark(folded: str) -> bool:
    """?, and ?! too."""
    return "?" in folded and not any(map(str.isalnum, folded))


def _is_smile(folded: str) -> bool:
    """Emoji alone, or a smiley of punctuation."""
    return folded in _SMILEYS or (EMOJI in folded and not any(map(str.isalnum, folded)))
