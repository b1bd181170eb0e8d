"""PostgreSQL behind PgBouncer: session mode works, the other modes are refused at the start."""

from functools import partial
from pathlib import Path

import psycopg
import pytest

from storage import pooler
from storage.causes import describe
from storage.database import Database
from storage.migrate import head, migrate
from storage.pooler import UnfitPooler
from storage.postgresql import SERVER_TIMEOUTS
from storage.startup_options import as_statement
from tests.harness.database_proxy import database_proxy
from tests.harness.eventually import eventually, until
from tests.harness.pgbouncer import PASSWORD, needs_pgbouncer, pgbouncer
from tests.harness.postgres import Postgres
from tests.harness.process import process
from tests.harness.running_service import running_service
from tests.harness.service_process import service_process
from tests.harness.settings import PUBLIC_KEY, environment
from tests.harness.telnyx_server import telnyx_server
from tests.harness.web_app import expect

CHECK = "SELECT current_setting('lock_timeout'), current_setting('enable_seqscan')"


def refusal(url: str) -> str:
    """Why the service does not start; empty if it does."""
    database = Database(url)
    assert database.servers is not None
    try:
        pooler.check(database.servers)
    except UnfitPooler as error:
        return str(error)
    finally:
        database.dispose()
    return ""


@needs_pgbouncer
def test_settings_are_made_behind_a_pooler_that_refuses_options(
    postgresql_url: str, tmp_path: Path
) -> None:
    with pgbouncer(postgresql_url) as url:
        with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
            psycopg.connect(url, options=SERVER_TIMEOUTS[0])
        database = Database(url)
        for engine, plans in ((database.writing, "off"), (database.reading, "on")):
            with engine.connect() as connection:
                assert connection.exec_driver_sql(CHECK).one() == ("1400ms", plans)
        database.dispose()


@needs_pgbouncer
def test_options_of_the_url_count_behind_a_pooler_too(postgresql_url: str, tmp_path: Path) -> None:
    with pgbouncer(postgresql_url) as pooled:
        for url in (pooled, postgresql_url):
            mark = "?" if url is pooled else "&"
            database = Database(f"{url}{mark}options=-c%20work_mem%3D5MB")
            with database.reading.connect() as connection:
                assert connection.exec_driver_sql("SHOW work_mem").scalar() == "5MB"
            database.dispose()


@needs_pgbouncer
def test_tables_are_migrated_through_a_pooler(postgres: Postgres, tmp_path: Path) -> None:
    with pgbouncer(postgres.create("pooled")) as url:
        database = Database(url)
        assert migrate(database) == (None, head())
        database.dispose()
    postgres.drop("pooled")


@needs_pgbouncer
async def test_processes_behind_a_pooler_see_what_the_others_change(
    postgresql_url: str, tmp_path: Path
) -> None:
    with pgbouncer(postgresql_url) as url:
        async with running_service(url) as one, running_service(url, clock=one.clock) as other:
            await until(lambda: not (one.live.disconnected or other.live.disconnected))
            opened = await one.web_app().open()
            shown = partial(other.web_app().show, opened["id"])
            assert (await shown())["status"] == "pending"
            expect(await one.web_app().cancel(opened["id"]), 200)

            async def is_canceled() -> bool:
                return bool((await shown())["status"] == "canceled")

            await eventually(is_canceled)


@needs_pgbouncer
def test_a_pooler_without_free_connections_is_named_and_holds_nobody_up(
    postgresql_url: str, tmp_path: Path
) -> None:
    with (
        pgbouncer(postgresql_url, default_pool_size="1") as url,
        psycopg.connect(url) as other,
    ):
        other.execute("SELECT 1")
        database = Database(url)
        assert database.servers is not None
        with pytest.raises(psycopg.Error):
            database.servers.connect(SERVER_TIMEOUTS, autocommit=True)  # not 120 s
        database.dispose()


# -- poolers that are refused ----------------------------------------------------------------------


@needs_pgbouncer
@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_that_keeps_no_sessions_is_refused(
    postgresql_url: str, tmp_path: Path, mode: str
) -> None:
    for settings in ({}, {"ignore_startup_parameters": "options"}, {"server_round_robin": "1"}):
        with pgbouncer(postgresql_url, pool_mode=mode, **settings) as url:
            assert "pool_mode=session" in refusal(url)


@needs_pgbouncer
def test_a_refused_pooler_keeps_no_timeouts_of_ours(postgresql_url: str, tmp_path: Path) -> None:
    """Its other clients share the connections to the server."""
    with pgbouncer(postgresql_url, pool_mode="transaction") as url:
        assert refusal(url)
        with psycopg.connect(url, autocommit=True) as other:
            assert other.execute("SHOW lock_timeout").fetchone() == ("0",)


@needs_pgbouncer
def test_a_pooler_that_drops_options_is_refused(postgresql_url: str, tmp_path: Path) -> None:
    with pgbouncer(postgresql_url, ignore_startup_parameters="options") as url:
        assert "ignore_startup_parameters" in refusal(url)


@needs_pgbouncer
def test_a_pooler_in_session_mode_is_accepted(postgresql_url: str, tmp_path: Path) -> None:
    with pgbouncer(postgresql_url) as url:
        assert refusal(url) == ""


def test_a_direct_connection_is_accepted_after_one_query(postgresql_url: str) -> None:
    with database_proxy(postgresql_url) as proxy:
        assert refusal(proxy.url) == ""
        assert proxy.trips == 2  # with the one that opens the connection


@needs_pgbouncer
def test_serve_behind_transaction_mode_says_what_to_do_and_exits_with_78(
    postgresql_url: str, tmp_path: Path
) -> None:
    with pgbouncer(postgresql_url, pool_mode="transaction") as url:
        variables = environment(url, PUBLIC_KEY)
        with process("webhooks", "serve", folder=tmp_path, environment=variables) as child:
            assert child.ends() == 78
    assert child.output == (
        "The pooler in DATABASE_URL runs in transaction mode. The service needs sessions: set "
        "pool_mode=session for this database, or connect to PostgreSQL directly."
    )


@needs_pgbouncer
def test_serve_runs_behind_session_mode(postgresql_url: str, tmp_path: Path) -> None:
    with (
        telnyx_server() as telnyx,
        pgbouncer(postgresql_url) as url,
        service_process(tmp_path, url, telnyx) as service,
    ):
        assert service.is_ready()


# -- what the log says -----------------------------------------------------------------------------


@needs_pgbouncer
def test_a_wrong_password_of_a_pooler_is_named(postgresql_url: str, tmp_path: Path) -> None:
    with pgbouncer(postgresql_url) as url:
        wrong = url.replace(PASSWORD, "wrong")
        with pytest.raises(psycopg.OperationalError) as raised:
            psycopg.connect(wrong)
    said = describe(raised.value)
    assert said == "password authentication failed: the password or user is refused"


@needs_pgbouncer
def test_a_pooler_with_too_few_connections_is_named(postgresql_url: str) -> None:
    with (
        pgbouncer(postgresql_url, query_wait_timeout="1", default_pool_size="1") as pooled,
        psycopg.connect(pooled) as other,
        psycopg.connect(pooled) as waiting,
    ):
        other.execute("SELECT 1")
        with pytest.raises(psycopg.Error) as raised:
            waiting.execute("SELECT 1")
        assert describe(raised.value) == "the pooler has too few connections"


# -- options ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "statement"),
    [
        ("", ""),
        ("-c a=1", "SELECT set_config(E'a', E'1', false); "),
        (
            "-cb=2 --c-d=3",
            "SELECT set_config(E'b', E'2', false), set_config(E'c_d', E'3', false); ",
        ),
        (r"-c a=x\ y\\'z", r"SELECT set_config(E'a', E'x y\\''z', false); "),
        ("-B 4", None),
        ("-c a", None),
    ],
)
def test_options_become_one_statement_or_none(options: str, statement: str | None) -> None:
    assert as_statement(options) == statement
