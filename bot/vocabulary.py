"""The words that the conversation understands, in all languages at once.

The lists are in `bot/locales`; the caller of `Vocabulary` reads them. A phrase is known by its
letters without the spaces, so that OPT OUT and OPTOUT, N'AI and N AI are the same. An entry may
stand for several phrases: `NO CODE (CAME|ARRIVED|)` is NO CODE CAME, NO CODE ARRIVED and NO CODE.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from bot.folding import fold

#: The lists that a language may have, those of `SLOTS` aside.
_OTHER_LISTS = (
    *("stop_own", "stop_beginning", "no_beginning"),
    *("start", "help", "no", "login", "login_fillers"),
    *("never_in_a_ref", "resend", "status", "courtesy", "question", "thanks", "polite"),
    *("interjection", "conjunction"),
    *("signature", "device", "reaction", "reaction_media", "common", "shared"),
)
#: The lists with the words of a sentence about a code, which `written_resend` reads → the letter
#: that stands for a word of theirs.
SLOTS = {
    "no_code_came": "M",
    "slot_code": "C",
    "slot_text": "T",
    "slot_it": "P",
    "slot_not": "N",
    "slot_not_behind": "B",
    "slot_no": "O",
    "slot_nothing": "Z",
    "slot_receive": "R",
    "slot_where": "W",
    "slot_waiting": "H",
    "slot_yet": "Y",
    "slot_already": "J",
    "slot_send": "S",
    "slot_again": "A",
    "slot_resend": "V",
    "slot_expired": "X",
    "slot_filler": "f",
    "slot_other": "x",
}
LISTS = (*SLOTS, *_OTHER_LISTS)
#: The lists of which a text is read as one whole; no phrase is in two of them.
WHOLE = ("stop_own", "start", "help", "no_code_came", "no", "login", "resend", "status", "thanks")
#: The lists that tell in which language a text is. The others hold names and words of every kind.
TELLING = (
    *(*WHOLE, "stop_beginning", "no_beginning"),
    *("courtesy", "polite", "question", "common", "shared"),
    *("slot_where", "slot_waiting", "slot_send", "slot_again", "slot_resend"),
)
#: The name of the words that every language uses.
ANY = "any"
#: What Telnyx acts on by itself where it is the whole text.
CARRIER_STOP = ("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT")
#: Of these, what opts out among polite words too: CANCEL PLEASE may be about the login.
PLAIN_STOP = ("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE")

#: A run of letters and digits, or of letters of another script.
TOKEN = re.compile(r"[A-Z0-9]+|ж+")
#: Words after a phrase that begins a text.
_MOST_AFTER = 6
#: (CAME|ARRIVED|) in an entry of a list.
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_THREE_LETTERS = re.compile(r"([A-Z])\1{2,}")

Words = Mapping[str, Sequence[str]]


class Phrases:
    """A set of phrases, which are found at the beginning of a list of tokens."""

    __slots__ = ("_beginnings", "_letters", "_sorted")

    def __init__(self, phrases: Iterable[str]) -> None:
        self._letters = frozenset(squash(phrase) for phrase in phrases)
        self._beginnings = frozenset(letters[:size] for letters in self._letters for size in (1, 2))
        self._sorted = sorted(self._letters)

    def __contains__(self, letters: str) -> bool:
        """Whether these letters, without spaces, are one of the phrases."""
        return letters in self._letters

    def longest(self, tokens: Sequence[str], start: int) -> int:
        """How many tokens from `start` on are one phrase: the longest one, 0 if there is none."""
        if start >= len(tokens) or tokens[start][:2] not in self._beginnings:
            return 0
        letters, end = "", start
        for position in range(start, len(tokens)):
            letters += tokens[position]
            if letters in self._letters:
                end = position + 1
            elif not self._continues(letters):
                break
        return end - start

    def _continues(self, letters: str) -> bool:
        """Whether a phrase begins with these letters."""
        place = bisect_left(self._sorted, letters)
        return place < len(self._sorted) and self._sorted[place].startswith(letters)


class CodeGrammar:
    """The words with which one language speaks of a code, each in a slot."""

    __slots__ = ("_phrases", "_slots")

    def __init__(self, words: Sequence[Words], polite: Iterable[str]) -> None:
        """`words` are lists of this language and of `ANY`; polite words say nothing."""
        self._slots = {squash(phrase): SLOTS["slot_filler"] for phrase in polite}
        for name, letter in SLOTS.items():
            phrases = (phrase for lists in words for phrase in lists.get(name, ()))
            self._slots |= {squash(phrase): letter for phrase in phrases}
        self._phrases = Phrases(self._slots)

    def longest(self, tokens: Sequence[str], start: int) -> tuple[int, str]:
        """How many tokens from `start` on are one phrase, and the letter of its slot."""
        count = self._phrases.longest(tokens, start)
        return count, self._slots["".join(tokens[start : start + count])] if count else ""

    def __contains__(self, letters: str) -> bool:
        """Whether these letters, without spaces, are one of the phrases."""
        return letters in self._slots


class Vocabulary:
    """The word lists of every language, merged, and the name of the service.

    `language_of` has the letters of each phrase that one language alone has, and that language.
    """

    def __init__(self, languages: Mapping[str, Words], app_name: str = "") -> None:
        """`languages` may have words of `ANY` language. Raises ValueError if a list is unknown."""
        unknown = {name for words in languages.values() for name in words} - set(LISTS)
        if unknown:
            raise ValueError(f"unknown word lists: {', '.join(sorted(unknown))}")
        languages = {
            language: {name: spelled_out(entries) for name, entries in words.items()}
            for language, words in languages.items()
        }
        merged = {
            name: [phrase for words in languages.values() for phrase in words.get(name, ())]
            for name in LISTS
        }
        self.stop = Phrases([*merged["stop_own"], *PLAIN_STOP])
        self.plain_stop = Phrases(PLAIN_STOP)
        self.stop_beginning = Phrases(merged["stop_beginning"])
        self.no_beginning = Phrases(merged["no_beginning"])
        self.start = Phrases(merged["start"])
        self.help = Phrases(merged["help"])
        self.no_code_came = Phrases(merged["no_code_came"])
        self.no = Phrases(merged["no"])
        self.login = Phrases(merged["login"])
        self.login_fillers = Phrases([*merged["login_fillers"], *merged["never_in_a_ref"]])
        self.resend = Phrases(merged["resend"])
        self.status = Phrases(merged["status"])
        self.thanks = Phrases(merged["thanks"])
        self.polite = Phrases(merged["polite"])
        self.interjection = Phrases(merged["interjection"])
        self.conjunction = Phrases(merged["conjunction"])
        self.courtesy = Phrases(merged["courtesy"])
        self.question = Phrases(merged["question"])
        self.reaction = Phrases(merged["reaction"])
        self.reaction_media = Phrases(merged["reaction_media"])
        self.never_in_a_ref = frozenset(merged["never_in_a_ref"])
        self.chat_word = re.compile(_either(merged["never_in_a_ref"]))
        self.signature = _beginning(merged["signature"])
        self.signature_in_a_line = _device_line(merged["signature"], merged["device"])
        self.code_grammars = _grammars(languages, (*merged["polite"], *merged["interjection"]))
        self.app_name = self._name(app_name)
        spoken_in = _languages_of_phrases(languages)
        self.telling = Phrases(spoken_in)
        self.language_of = {
            letters: next(iter(found))
            for letters, found in spoken_in.items()
            if len(found) == 1 and ANY not in found
        }

    def without_app_name(self, folded: str) -> str:
        """The folded text without the name of the service, whose digits are no code."""
        return folded if self.app_name is None else self.app_name.sub(" ", folded)

    def whole(self, tokens: Sequence[str], phrases: Phrases, *beside: Phrases) -> bool:
        """Whether the text is one or more of these phrases, with polite words and phrases of
        `beside` at most. Where a phrase of `beside` is longer it counts: PARA QUE ES ESTO asks
        what this is for, though PARA may be a stop."""
        position, found = 0, False
        while position < len(tokens):
            count = phrases.longest(tokens, position)
            longer = max((one.longest(tokens, position) for one in beside), default=0)
            found = found or (count > 0 and count >= longer)
            count = max(count, longer) or self.polite.longest(tokens, position)
            if not count:
                return False
            position += count
        return found

    def begins(self, tokens: Sequence[str], phrases: Phrases, *before: Phrases) -> bool:
        """Whether a short text begins with one of these phrases, perhaps after polite words and
        phrases of `before`."""
        position = 0
        while position < len(tokens):
            if count := phrases.longest(tokens, position):
                return len(tokens) - position - count <= _MOST_AFTER
            count = max(one.longest(tokens, position) for one in (*before, self.polite))
            if not count:
                return False
            position += count
        return False

    def _name(self, app_name: str) -> re.Pattern[str] | None:
        """The name is not taken out of a text where it is a word that the bot knows."""
        folded = fold(app_name)
        if not folded or any(squash(folded) in getattr(self, name) for name in _KNOWN):
            return None
        return re.compile(rf"(?<![A-Z0-9]){re.escape(folded)}(?![A-Z0-9])")


def _grammars(languages: Mapping[str, Words], polite: Sequence[str]) -> list[CodeGrammar]:
    """The grammar of each language. Polite words of all languages are in each."""
    shared = languages.get(ANY, {})
    own = (words for language, words in languages.items() if language != ANY)
    return [CodeGrammar((words, shared), polite) for words in own]


def _languages_of_phrases(languages: Mapping[str, Words]) -> dict[str, set[str]]:
    """The letters of each telling phrase → the languages that have it."""
    found = defaultdict(set)
    for language, words in languages.items():
        for name in TELLING:
            for phrase in words.get(name, ()):
                found[squash(phrase)].add(language)
    for phrase in CARRIER_STOP:
        found[squash(phrase)].add(ANY)
    return found


#: Where a name of the service would hide a word.
_KNOWN = (
    *("stop", "start", "help", "no", "login", "resend", "status", "thanks"),
    *("courtesy", "login_fillers"),
)


def spelled_out(entries: Iterable[str]) -> list[str]:
    """Every phrase that the entries of a list stand for."""
    return [phrase for entry in entries for phrase in _phrases_of(entry)]


def _phrases_of(entry: str) -> list[str]:
    parts = _ALTERNATIVES.split(entry)
    if len(parts) == 1:
        return parts
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    return [" ".join("".join(chosen).split()) for chosen in product(*choices)]


def squash(text: str) -> str:
    """The letters and digits of a folded text, without what is between them."""
    return "".join(TOKEN.findall(text))


def calm(folded: str) -> str:
    """The text with letters that somebody has held down written once: NOOOO, STOPPP."""
    return _THREE_LETTERS.sub(r"\1", folded)


def _beginning(phrases: Iterable[str]) -> re.Pattern[str]:
    """Matches from a line that begins with one of the phrases to the end of the text."""
    return re.compile(rf"(?:^|\n)[^A-Z0-9ж\n]*(?:{_either(phrases)})(?![A-Z0-9])[\s\S]*")


def _device_line(signatures: Iterable[str], devices: Iterable[str]) -> re.Pattern[str]:
    """Matches SENT FROM MY IPHONE at the end of a text, also within a line."""
    return re.compile(
        rf"(?<![A-Z0-9])(?:{_either(signatures)}) (?:[A-Z]{{1,12}} ){{0,2}}(?:{_either(devices)})"
        rf"(?: [A-Z0-9]{{1,12}}){{0,3}}[^A-Z0-9]*$"
    )


def _either(phrases: Iterable[str]) -> str:
    return (
        "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True)) or "(?!)"
    )
