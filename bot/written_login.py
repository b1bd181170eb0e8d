"""LOGIN as people write it, and the ref in its neighbourhood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.intents import REF_ALPHABET, REF_LENGTH, Login, MistypedRef
from bot.vocabulary import Phrases, Vocabulary, calm

#: Polite and short words before LOGIN, and after it; other words beside a LOGIN with a ref.
_MOST_FILLERS = 3
_MOST_OTHERS = 3
#: Tokens of a longer text are not searched for LOGIN.
_MOST_TOKENS = 40
_MISTYPED = range(4, 9)
_REF_LETTERS = frozenset(REF_ALPHABET)
#: A ref alone has more letters than HMMMMM.
_LEAST_DIFFERENT = 3
#: HI LOGAN is a greeting.
_NAME = "LOGAN"
_NEGATIONS = frozenset({"NO", "NOT", "NON", "NICHT", "NAO", "PAS", "NEVER", "DIDNT", "DONT"})


def login(tokens: Sequence[str], vocabulary: Vocabulary) -> Login | MistypedRef | None:
    """LOGIN with or without a ref, or a ref alone; None for anything else."""
    if not tokens or len(tokens) > _MOST_TOKENS:
        return None
    glued = "".join(tokens)
    if glued.startswith("LOGIN") and is_ref(glued[5:], vocabulary):
        return Login(glued[5:])
    calmed = [calm(token) for token in tokens]  # a ref may have three of a letter
    found = _find_login(calmed, vocabulary)
    if found is None:
        return _bare_ref(tokens, vocabulary)
    start, end = found
    return _with_ref(tokens[:start], tokens[end:], vocabulary) or _alone(
        calmed[:start], calmed[end:], vocabulary
    )


def is_ref(letters: str, vocabulary: Vocabulary) -> bool:
    """Whether these are six letters of the alphabet of refs, without a chat word."""
    if len(letters) != REF_LENGTH or not _REF_LETTERS.issuperset(letters):
        return False
    return vocabulary.chat_word.search(letters) is None


def _find_login(tokens: Sequence[str], vocabulary: Vocabulary) -> tuple[int, int] | None:
    """Where LOGIN begins and ends; one typo is forgiven after fillers."""
    for start in range(len(tokens)):
        if count := vocabulary.login.longest(tokens, start):
            return start, start + count
    for start in range(len(tokens)):
        if is_login(tokens[start]) and (start == 0 or tokens[start] != _NAME):
            return start, start + 1
        if not vocabulary.login_fillers.longest(tokens, start):
            return None
    return None


def _with_ref(before: Sequence[str], after: Sequence[str], vocabulary: Vocabulary) -> Login | None:
    ref = _ref_in(after, vocabulary) or _ref_in(before, vocabulary)
    if ref is None or not _NEGATIONS.isdisjoint((*before, *after)):
        return None
    words = (*before, *after)
    others = [word for word in _others(words, vocabulary.login_fillers) if not _is_part(word, ref)]
    return Login(ref) if len(others) <= _MOST_OTHERS else None


def _alone(
    before: Sequence[str], after: Sequence[str], vocabulary: Vocabulary
) -> Login | MistypedRef | None:
    fillers = vocabulary.login_fillers
    others = [*_others(before, fillers), *_others(after, fillers)]
    if not others:
        most = max(_count(before, fillers), _count(after, fillers))
        return Login() if most <= _MOST_FILLERS else None
    return MistypedRef() if _looks_like_ref(others) else None


def _bare_ref(tokens: Sequence[str], vocabulary: Vocabulary) -> Login | None:
    ref = _ref_in(tokens, vocabulary)
    if ref is None or len(set(ref)) < _LEAST_DIFFERENT:
        return None
    others = _others(tokens, vocabulary.login_fillers)
    return Login(ref) if all(_is_part(word, ref) for word in others) else None


def _ref_in(tokens: Sequence[str], vocabulary: Vocabulary) -> str | None:
    """The first ref: one group of letters, or neighbouring groups."""
    for run in _runs(tokens, vocabulary):
        letters = "".join(run)
        if is_ref(letters, vocabulary):
            return letters
        for start in range(len(run)):
            for end in range(start + 1, len(run) + 1):
                letters = "".join(run[start:end])
                if len(letters) > REF_LENGTH:
                    break
                if is_ref(letters, vocabulary) and _is_grouped(run[start:end]):
                    return letters
    return None


def _runs(tokens: Sequence[str], vocabulary: Vocabulary) -> Iterator[list[str]]:
    """Neighbouring tokens that may be groups of a ref."""
    run: list[str] = []
    for token in tokens:
        if _REF_LETTERS.issuperset(token) and token not in vocabulary.never_in_a_ref:
            run.append(token)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _is_grouped(groups: Sequence[str]) -> bool:
    return len(groups) == 1 or all(len(group) in (2, 3) for group in groups)


def _is_part(word: str, ref: str) -> bool:
    return word in ref


def _others(tokens: Sequence[str], fillers: Phrases) -> list[str]:
    """The tokens that are no fillers."""
    others, position = [], 0
    while position < len(tokens):
        count = fillers.longest(tokens, position)
        if not count:
            others.append(tokens[position])
        position += count or 1
    return others


def _count(tokens: Sequence[str], fillers: Phrases) -> int:
    """How many fillers there are, THANK YOU being one."""
    count = position = 0
    while position < len(tokens):
        position += fillers.longest(tokens, position) or 1
        count += 1
    return count


def _looks_like_ref(groups: Sequence[str]) -> bool:
    """4 to 8 letters or digits that are no word: with a digit, no vowel or four consonants."""
    if len(groups) > 1 and any(len(group) > 3 for group in groups):
        return False
    letters = "".join(groups)
    if len(letters) not in _MISTYPED or not letters.isascii():
        return False
    return bool(re.search("[0-9]|^[^AEIOUY]+$|[^AEIOUY]{4}", letters))


def is_login(word: str) -> bool:
    """Whether it is LOGIN with at most one letter wrong, missing, added or transposed."""
    target = "LOGIN"
    if not 4 <= len(word) <= 6:
        return False
    start = 0
    while start < min(len(word), len(target)) and word[start] == target[start]:
        start += 1
    rest, wanted = word[start:], target[start:]
    swapped = wanted[1:2] + wanted[:1] + wanted[2:]
    return rest[1:] == wanted[1:] or rest == wanted[1:] or rest[1:] == wanted or rest == swapped
