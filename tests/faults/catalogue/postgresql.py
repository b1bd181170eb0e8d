"""PostgreSQL dies, stops, turns read-only, or is replaced by its replica."""

from __future__ import annotations

from tests.faults.fault import POSTGRESQL, Plan, fault
from tests.faults.testbed import Testbed

#: Forms in which a URL may name several hosts.
_COMMAS = "postgresql://postgres@{first},{second}/{name}?target_session_attrs=read-write"
_PARAMETERS = "postgresql://postgres@/{name}?host={first}&host={second}"


@fault(POSTGRESQL)
def postgresql_killed(bed: Testbed) -> None:
    """The server is killed and started again a second later: what it committed is durable."""
    bed.postgresql.server.kill()
    bed.hold(1)
    bed.postgresql.server.start()


@fault(POSTGRESQL)
def postgresql_stopped(bed: Testbed) -> None:
    """The server is stopped in order for 8 s: webhooks are refused, and Telnyx repeats them."""
    bed.postgresql.server.stop()
    bed.hold(8)
    bed.postgresql.server.start()


@fault(POSTGRESQL)
def postgresql_read_only(bed: Testbed) -> None:
    """The server takes no writes for 5 s: `/readyz` says so."""
    bed.postgresql.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    bed.hold(5)
    bed.expect_not_ready()
    bed.postgresql.execute("ALTER SYSTEM RESET default_transaction_read_only")


@fault(POSTGRESQL, Plan(replicated_url=_COMMAS))
def replica_promoted(bed: Testbed) -> None:
    """The server dies and its replica is promoted; `h1:p1,h2:p2` names both."""
    _fail_over(bed)


@fault(POSTGRESQL, Plan(replicated_url=_PARAMETERS))
def replica_promoted_by_parameters(bed: Testbed) -> None:
    """The same; `?host=h1:p1&host=h2:p2` names both."""
    _fail_over(bed)


def _fail_over(bed: Testbed) -> None:
    bed.postgresql.server.kill()
    bed.hold(1)
    bed.replica.promote()
    bed.postgresql.server = bed.replica
