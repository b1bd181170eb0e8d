"""A code as people write it: grouped, quoted, with polite words, twice."""

from __future__ import annotations

import re

from bot.folding import SYMBOL, fold
from bot.vocabulary import Vocabulary

#: The lengths that are read as a code. How many digits are awaited, the conversation knows.
CODE_LENGTHS = range(4, 11)
#: A code that is written several times has at least this many digits.
_LEAST_REPEATED = 6
_MOST_TIMES = 4
#: Groups of digits and polite words.
MOST_WORDS = 40
_WORD = re.compile(r"[A-Z]+|[0-9]+|ж+")
_NUMBER = re.compile(f"(?<![0-9])[0-9]{{{CODE_LENGTHS.start},{CODE_LENGTHS.stop - 1}}}(?![0-9])")
_DIGIT_RUN = re.compile(rf"[0-9](?:[ .,/\-]{{0,3}}[0-9]){{{CODE_LENGTHS.start - 1},}}")
_SEPARATORS = re.compile(r"[^0-9]+")


def code_alone(folded: str, vocabulary: Vocabulary) -> str | None:
    """The digits of a text that has only separators, emoji and polite words beside them."""
    if SYMBOL in folded or "?" in folded:
        return None
    words = _WORD.findall(folded)
    if len(words) > MOST_WORDS or _has_odd_word(folded) or vocabulary.question.longest(words, 0):
        return None
    numbers = _numbers(words, vocabulary)
    return None if numbers is None else _one_code(numbers)


def typed_code(text: str) -> str | None:
    """The digits of what was typed into a field for a code: digits and separators alone."""
    folded = fold(text)
    if SYMBOL in folded or any(word.isalpha() for word in _WORD.findall(folded)):
        return None
    return _one_code(["".join(_WORD.findall(folded))])


def has_code_like_digits(folded: str) -> bool:
    """Whether there is a run of 4 to 10 digits, also with separators in it."""
    if _NUMBER.search(folded):
        return True
    return any(len(_SEPARATORS.sub("", run)) in CODE_LENGTHS for run in _DIGIT_RUN.findall(folded))


def _has_odd_word(folded: str) -> bool:
    """Whether a word mixes letters and digits as in 48291S; 482915OK and CODE482915 do not."""
    for word in re.findall(r"[A-Z0-9]+", folded):
        if not word.isalpha() and not word.isdigit():
            letters = _WORD.findall(word)
            if len(letters) != 2 or min(map(len, letters)) < 2:
                return True
    return False


def _numbers(words: list[str], vocabulary: Vocabulary) -> list[str] | None:
    """The digits before, between and after polite words; None if there are other words."""
    numbers: list[str] = []
    position, joined = 0, False
    while position < len(words):
        if words[position].isdigit():
            if joined:
                numbers[-1] += words[position]
            else:
                numbers.append(words[position])
            position, joined = position + 1, True
            continue
        count = vocabulary.courtesy.longest(words, position)
        if not count:
            return None
        position, joined = position + count, False
    return numbers


def _one_code(numbers: list[str]) -> str | None:
    """The one code that the numbers are, perhaps several times."""
    codes = {_once(number) for number in numbers}
    if len(codes) != 1:
        return None
    (code,) = codes
    return code if len(code) in CODE_LENGTHS else None


def _once(digits: str) -> str:
    """482915482915 is 482915."""
    for length in range(_LEAST_REPEATED, max(CODE_LENGTHS) - 1):
        times, rest = divmod(len(digits), length)
        if 1 < times <= _MOST_TIMES and not rest and digits == digits[:length] * times:
            return digits[:length]
    return digits
