"""What phones text. Each mix signs its webhooks right before it sends them: signatures expire."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from itertools import cycle, islice

from tests.benchmarks.errors import InvalidRun
from tests.benchmarks.load import CONNECTIONS, Run, load
from tests.benchmarks.requests import RequestFile
from tests.benchmarks.target import Target
from tests.benchmarks.webhook_signer import Text

_CHAT_PHONES = 1000
_CHAT_TEXT = "hello there"
_FIRST_CHAT_S = 20


class Mix(StrEnum):
    """The names of the mixes."""

    LOGIN = "login"
    CHAT = "chat"
    CODE = "code"


def login(target: Target, most: int, seconds: int, connections: int = CONNECTIONS) -> Run:
    """LOGINs of new phones, at most `most` of them."""
    requests = target.traffic.webhooks(target.traffic.logins(most))
    return _send(target, requests, seconds, connections)


def chat(target: Target, most: int, seconds: int) -> Run:
    """Texts that the service does not answer: each phone has had its one hint before."""
    phones = target.traffic.phones.take(_CHAT_PHONES)
    texts = [Text(phone, _CHAT_TEXT) for phone in phones]
    _send(target, target.traffic.webhooks(texts), _FIRST_CHAT_S)
    held = target.held()
    run = _send(target, target.traffic.webhooks(islice(cycle(texts), most)), seconds)
    if target.held() != held:
        raise InvalidRun("the service answered a text that needs no answer")
    return run


def code(target: Target, most: int, seconds: int) -> Run:
    """LOGINs of new phones, then the right code from each; both weigh the same."""
    texts = list(target.traffic.logins(most))
    logins = _send(target, target.traffic.webhooks(texts), seconds)
    codes = target.codes([text.phone for text in texts])
    before = target.approved()
    replies = target.traffic.webhooks(Text(*sent) for sent in codes.items())
    approvals = _send(target, replies, seconds)
    if target.approved() - before < approvals.answered:
        raise InvalidRun("a right code did not approve its verification")
    return _average(logins, approvals)


def _average(one: Run, other: Run) -> Run:
    """Both as one run in which half of the requests are of either kind."""
    answered = one.answered + other.answered
    return Run(
        answered=answered,
        refused=0,
        broken=0,
        seconds=answered * (1 / one.rate + 1 / other.rate) / 2,
        p50=(one.p50 + other.p50) / 2,
        p99=max(one.p99, other.p99),
        slowest=max(one.slowest, other.slowest),
    )


def _send(
    target: Target, requests: RequestFile, seconds: int, connections: int = CONNECTIONS
) -> Run:
    try:
        return load(target.port, requests, seconds, connections=connections)
    finally:
        requests.path.unlink()  # up to 100 MB each


MIXES: dict[Mix, Callable[[Target, int, int], Run]] = {
    Mix.LOGIN: login,
    Mix.CHAT: chat,
    Mix.CODE: code,
}
