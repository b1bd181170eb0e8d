"""That no code came, or a wish for another one, as people write it.

Such a text is a small sentence of one language: each word is in a slot of this language or polite.
The sentence is compared by its *shape*, one letter for each word: `SLOTS` has the letters,
`bot/locales` the words of each slot. The verbs of a NO (REQUEST, ASK FOR) and of a stop are in no
slot, so I DIDN'T REQUEST A CODE has no shape. DON'T SEND A CODE has one, which no pattern matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.vocabulary import SLOTS, CodeGrammar

#: Of a phrase that is about something else: THE ONE, I DON'T GET IT.
_OTHER = SLOTS["slot_other"]
#: A word, or a mark that ends a clause.
_PIECE = re.compile(r"[A-Z0-9]+|ж+|[.,;:!?\n]+")
#: Words and marks; a longer text is no such sentence.
_MOST_PIECES = 36

#: Of words: a code, a text, IT; with words that say nothing.
_IT = "[CTPYf]*"
#: DIDN'T GET THE CODE, KAM NICHT.
_NOT_RECEIVED = f"[NB]{_IT}R|R{_IT}B"
#: NO CODE, NO NEW CODE CAME. Nothing stands between: NO THE CODE CAME is another sentence.
_NO_CODE = "OY*[CT]"
_NO_NEW_CODE = re.compile("OY*A[CT]f*R")
_COMPLAINT = re.compile(
    rf"{_NOT_RECEIVED}|{_NO_CODE}|Z{_IT}[RY]|[RY]{_IT}Z|W[fY]*[CTP]|[CTP][fY]*W"
    rf"|H[fY]*[CTP]|Yf*H|Hf*Y|M"
)
#: What may stand beside a complaint, after one NO: NO I DIDN'T GET IT, HAVEN'T GOT NOTHING.
_BESIDE_COMPLAINT = re.compile("[NO]?[CTPRHYZJf]*")
#: In AGAIN NO CODE and THE NEW CODE NEVER CAME.
_AGAIN_OF_A_COMPLAINT = re.compile(rf"A(?={_IT}[NB]{_IT}R|f*{_NO_CODE})")
#: RESEND, ANOTHER, NEW CODE, SEND CODE, SEND IT AGAIN, CODE EXPIRED; no GOT A NEW CODE.
_REQUEST = re.compile(
    "[^NBOZWM]*(?:V[^NBOZWM]*|S[^NBOZWM]*[AC]|[AC][^NBOZWM]*S|X[^NBOZWM]*[CTP]|[CTP][^NBOZWM]*X)"
    "[^NBOZWM]*|[CPYJHf]*A[CPYJf]*"
)
#: An answer NO, with which a clause ends.
_NO = re.compile(r"[NO]\.")
#: NO CODE alone.
_HALF_SAID = re.compile(f"[CTPYf]*{_NO_CODE}[CTPYf]*")
_NEGATION = frozenset("NBOZ")


def wants_code(folded: str, grammars: Sequence[CodeGrammar]) -> bool:
    """Whether the text says that no code came, or asks for one, and nothing else."""
    pieces = _PIECE.findall(folded)
    return len(pieces) <= _MOST_PIECES and any(map(_wants, _shapes(pieces, grammars)))


def lacks_code(clause: Sequence[str], grammars: Sequence[CodeGrammar]) -> bool:
    """Whether the clause says that no code came, and nothing else."""
    return any(map(_complains, _shapes(clause, grammars)))


def _shapes(pieces: Sequence[str], grammars: Sequence[CodeGrammar]) -> Iterator[str]:
    """The shape in each language that has all the words."""
    for grammar in grammars:
        shape = _shape(pieces, grammar)
        if shape is not None:
            yield _NO_NEW_CODE.sub("M", _AGAIN_OF_A_COMPLAINT.sub("f", shape))


def _shape(pieces: Sequence[str], grammar: CodeGrammar) -> str | None:
    """The letter of each word, a dot between clauses; None if a word is in no slot."""
    letters, position = [], 0
    while position < len(pieces):
        if not pieces[position][0].isalnum():
            letters.append(".")
            position += 1
            continue
        count, letter = grammar.longest(pieces, position)
        if not count or letter == _OTHER:
            return None
        letters.append(letter)
        position += count
    return "".join(letters)


def _wants(shape: str) -> bool:
    """Whether the text says it as a whole or in a clause; another clause negates nothing."""
    if not _NO.search(shape) and _says(shape.replace(".", "")):
        return True
    said = [(one, _says(one)) for one in shape.split(".")]
    return any(says for _, says in said) and all(
        says or _NEGATION.isdisjoint(clause) for clause, says in said
    )


def _says(clause: str) -> bool:
    """Whether it complains, asks, or does both."""
    return _complains(clause) or _asks(clause) or _complains_and_asks(clause)


def _complains(clause: str) -> bool:
    rest, count = _COMPLAINT.subn("", clause)
    return count > 0 and _BESIDE_COMPLAINT.fullmatch(rest) is not None


def _asks(clause: str) -> bool:
    return _REQUEST.fullmatch(clause) is not None


def _complains_and_asks(clause: str) -> bool:
    """DIDN'T GET IT SEND AGAIN, NO CODE RESEND, RESEND I DIDN'T GET IT.

    NO CODE SEND and I WANT A CODE NOT RECEIVE may be wishes for none.
    """
    first = re.split("(?=[SAVX])", clause, maxsplit=1)
    if len(first) == 2 and _complains(first[0]) and _asks(first[1]):
        return first[1][0] == "V" or not _HALF_SAID.fullmatch(first[0])
    last = re.split("(?=[NBOZ])", clause, maxsplit=1)
    return (
        len(last) == 2
        and not {"A", "V"}.isdisjoint(last[0])
        and _asks(last[0])
        and ("R" in last[1] and _complains(last[1]))
    )
