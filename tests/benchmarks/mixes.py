"""What is texted. Each mix makes its requests just before it sends them: signatures age."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import cycle, islice

from tests.benchmarks.load import CONNECTIONS, Run, Void, load
from tests.benchmarks.requests import Text
from tests.benchmarks.service import Target

_CHATTERERS = 1000
_WORDS = "hello there"
_LONG_ENOUGH = 20


class Mix(StrEnum):
    """By name."""

    LOGIN = "login"
    CHAT = "chat"
    CODE = "code"


def login(target: Target, most: int, seconds: int, connections: int = CONNECTIONS) -> Run:
    """LOGINs of phones never seen."""
    texts = (Text(phone, "LOGIN") for phone in target.bench.phones.take(most))
    return _send(target, texts, seconds, connections)


def chat(target: Target, most: int, seconds: int) -> Run:
    """Words that get no answer, because each of these phones has had its one hint before."""
    chatterers = [Text(phone, _WORDS) for phone in target.bench.phones.take(_CHATTERERS)]
    _send(target, chatterers, _LONG_ENOUGH)
    held = target.held()
    run = _send(target, islice(cycle(chatterers), most), seconds)
    if target.held() != held:
        raise Void("a text was answered")
    return run


def code(target: Target, most: int, seconds: int) -> Run:
    """LOGINs of new phones, then the right code of each; as many of one as of the other."""
    phones = target.bench.phones.take(most)
    logins = _send(target, (Text(phone, "LOGIN") for phone in phones), seconds)
    replies = [Text(*pair) for pair in target.codes(set(phones)).items()]
    before = target.approved()
    approvals = _send(target, replies, seconds)
    if target.approved() - before < approvals.answered:
        raise Void("a right code did not approve")
    answered = logins.answered + approvals.answered
    return Run(
        answered,
        refused=0,
        broken=0,
        seconds=answered * (1 / logins.rate + 1 / approvals.rate) / 2,
        p50=(logins.p50 + approvals.p50) / 2,
        p99=max(logins.p99, approvals.p99),
        slowest=max(logins.slowest, approvals.slowest),
    )


def _send(
    target: Target, texts: Iterable[Text], seconds: int, connections: int = CONNECTIONS
) -> Run:
    requests = target.bench.files.write(target.bench.telnyx.requests(texts))
    try:
        return load(target.port, requests, seconds, connections=connections)
    finally:
        requests.path.unlink()  # a hundred megabytes each


MIXES: dict[Mix, Callable[[Target, int, int], Run]] = {
    Mix.LOGIN: login,
    Mix.CHAT: chat,
    Mix.CODE: code,
}
