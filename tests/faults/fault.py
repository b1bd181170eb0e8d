"""What a fault is: a function that breaks something, waits, and mends it, with a plan and a bar."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from tests.benchmarks.databases import Kind

if TYPE_CHECKING:
    from tests.faults.outcome import Outcome
    from tests.faults.testbed import Testbed

BOTH = (Kind.SQLITE, Kind.POSTGRESQL)
SQLITE, POSTGRESQL = (Kind.SQLITE,), (Kind.POSTGRESQL,)

#: Called while phones log in. When it returns, the fault has ended and recovery begins.
Inject = Callable[["Testbed"], None]
#: A fault on a simulated clock, in this process. It is given the URL of a migrated database.
Simulate = Callable[[str], Coroutine[None, None, "Outcome"]]


class Skipped(Exception):
    """This machine cannot inject the fault; the message says what it lacks."""


@dataclass(frozen=True)
class Plan:
    """What a fault needs; the rest is the testbed's usual."""

    #: None: one on SQLite, two on PostgreSQL.
    processes: int | None = None
    #: Logins per second, over all processes.
    rate: float = 10
    #: Half of the webhooks come over new connections.
    opens_connections: bool = True
    #: More environment variables of the service.
    settings: Mapping[str, str] = field(default_factory=dict)
    #: RLIMIT_NOFILE of the service.
    file_limit: int | None = None
    #: Disks can be made slow or full (a compiler is needed).
    disk: bool = False
    #: The service's clock can be stepped: by a library of ours (a compiler is needed), or faketime.
    clock: Literal["ours", "faketime"] | None = None
    #: No other row runs meanwhile: recovery includes the start of a process, which needs the CPU.
    alone: bool = False
    #: The URL of a PostgreSQL server with a replica, with `{first}` and `{second}` for host:port.
    #: It leads past the proxy.
    replicated_url: str | None = None


@dataclass(frozen=True)
class Bar:
    """What a row must reach. Lost, doubled and unconfirmed must always be 0."""

    #: From the end of the fault until every process is ready and has got a fresh phone its code.
    recovery_s: float = 2.0
    #: How webhooks may be answered; 0 is no answer within Telnyx's 2 s.
    answers: tuple[int, ...] = (0, 200, 503)
    #: The most webhooks that may be refused with 503.
    refused: int | None = None
    #: The most webhooks that may get no answer.
    unanswered: int | None = None
    #: Within how many seconds each acknowledged LOGIN has its code.
    code_s: float | None = None
    #: Within how many seconds each webhook is answered that is answered with 200.
    answer_s: float | None = None


@dataclass(frozen=True)
class Fault:
    """A fault of the catalogue: `inject` is set, or `simulate`."""

    name: str
    proves: str
    databases: tuple[Kind, ...]
    inject: Inject | None = None
    plan: Plan = field(default_factory=Plan)
    bar: Bar = field(default_factory=Bar)
    simulate: Simulate | None = None


#: Every fault by name, in the order of the catalogue.
FAULTS: dict[str, Fault] = {}


def fault(
    databases: tuple[Kind, ...], plan: Plan | None = None, bar: Bar | None = None
) -> Callable[[Inject], Inject]:
    """Add a function to the faults. Its name is the fault's; its docstring says what it proves."""

    def add(inject: Inject) -> Inject:
        _add(inject, Fault("", "", databases, inject, plan or Plan(), bar or Bar()))
        return inject

    return add


def simulated_fault(databases: tuple[Kind, ...]) -> Callable[[Simulate], Simulate]:
    """The same for a function that runs the service in this process, on a clock of its own."""

    def add(simulate: Simulate) -> Simulate:
        _add(simulate, Fault("", "", databases, simulate=simulate))
        return simulate

    return add


def _add(function: Callable[..., object], unnamed: Fault) -> None:
    name = function.__name__.replace("_", "-")
    FAULTS[name] = replace(unnamed, name=name, proves=inspect.getdoc(function) or "")
