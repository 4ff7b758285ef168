"""The database as the judge of expressions: what it sees, and that it does no harm."""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql

from alembic_c import op
from alembic_c.autogenerate import produce_migrations, render_python_code
from alembic_c.autogenerate._expressions import Expressions
from alembic_c.autogenerate._questions import Question
from alembic_c.autogenerate.api import AutogenContext
from alembic_c.operations import Operations
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util import sqla_compat
from tests.support import expression_cases as cases
from tests.support.proving import mode

PLUGINS = ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]
OPTIONS = {"compare_server_default": True, "autogenerate_plugins": PLUGINS}
LOGGER = "alembic.autogenerate.expressions"


@pytest.fixture
def connection(pg_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        yield connection
    engine.dispose()


def compared(connection: sa.Connection, metadata: sa.MetaData) -> Any:
    """Return the script that autogenerate makes, and the context."""
    context = MigrationContext.configure(connection, opts=dict(OPTIONS))
    return produce_migrations(context, metadata), context


def tables_of(upgrade_ops: Any) -> set[str]:
    return {each.table_name for each in upgrade_ops.ops}


def run(context: MigrationContext, operations: Any) -> None:
    """Run what a revision file would say."""
    code = render_python_code(operations, migration_context=context)
    body = "\n".join(f"    {line.strip()}" for line in code.splitlines())
    names: dict[str, Any] = {"op": op, "sa": sa, "postgresql": postgresql}
    exec(f"def step():\n{body}", names)
    with Operations.context(context):
        names["step"]()


DEFINITIONS = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid::regclass::text !~ '^pg_'
UNION ALL
SELECT conrelid::regclass || conname, pg_get_constraintdef(oid) FROM pg_constraint
UNION ALL
SELECT adrelid::regclass::text || adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef
ORDER BY 1, 2
"""


def definitions(connection: sa.Connection) -> list[Any]:
    return [tuple(row) for row in connection.exec_driver_sql(DEFINITIONS)]


@pytest.mark.parametrize("setting", ["on", "off", "check"])
def test_the_servers_wording_is_no_change(
    connection: sa.Connection, setting: str
) -> None:
    metadata = cases.model(cases.SAME)
    metadata.create_all(connection)
    with mode(setting), warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        script, context = compared(connection, cases.model(cases.SAME))
    assert script.upgrade_ops.is_empty(), render_python_code(
        script.upgrade_ops, migration_context=context
    )


@pytest.mark.parametrize("setting", ["on", "off"])
def test_changes_are_seen_and_run_both_ways(
    connection: sa.Connection, setting: str
) -> None:
    before = {name: case[0] for name, case in cases.CHANGED.items()}
    after = cases.model({name: case[1] for name, case in cases.CHANGED.items()})
    cases.model(before).create_all(connection)
    at_first = definitions(connection)
    with mode(setting):
        script, context = compared(connection, after)
        assert tables_of(script.upgrade_ops) == set(cases.CHANGED)
        run(context, script.upgrade_ops)
        rest, _ = compared(connection, after)
        assert rest.upgrade_ops.is_empty(), tables_of(rest.upgrade_ops)
    run(context, script.downgrade_ops)
    assert definitions(connection) == at_first


def test_a_changed_generated_column_is_warned_of(connection: sa.Connection) -> None:
    old = {"t": cases.generated("n || 'A'")}
    cases.model(old).create_all(connection)
    for setting in ("on", "off"):
        with mode(setting), pytest.warns(UserWarning, match=r"t\.g cannot be modified"):
            compared(connection, cases.model({"t": cases.generated("n || 'a'")}))


def upstreams_answer(
    connection: sa.Connection, package: ModuleType, metadata: sa.MetaData
) -> set[str]:
    """Return the tables in which upstream finds a change, or warns of one."""
    theirs = import_module(f"{package.__name__}.autogenerate")
    migration = import_module(f"{package.__name__}.runtime.migration")
    context = migration.MigrationContext.configure(connection, opts=dict(OPTIONS))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        script = theirs.produce_migrations(context, metadata)
    warned = re.findall(r"Computed default on (\w+)", str([w.message for w in caught]))
    return tables_of(script.upgrade_ops) | set(warned)


def test_upstream_sees_less(connection: sa.Connection, upstream: ModuleType) -> None:
    """What upstream answers to the same changes."""
    kept = {name: case for name, case in cases.CHANGED.items() if case[2] is not None}
    cases.model({name: case[0] for name, case in kept.items()}).create_all(connection)
    after = cases.model({name: case[1] for name, case in kept.items()})
    seen = {name for name, case in kept.items() if case[2]}
    assert upstreams_answer(connection, upstream, after) == seen


def test_upstream_alarms(connection: sa.Connection, upstream: ModuleType) -> None:
    """What upstream answers where nothing has changed."""
    same = dict(cases.SAME)
    for name in cases.FAILURES_OF_UPSTREAM:
        del same[name]
    cases.model(same).create_all(connection)
    alarmed = upstreams_answer(connection, upstream, cases.model(same))
    assert alarmed == cases.ALARMS_OF_UPSTREAM


# --- cost ---------------------------------------------------------------------------


def statements(connection: sa.Connection, metadata: sa.MetaData) -> list[str]:
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        script, _ = compared(connection, metadata)
    finally:
        event.remove(connection, "before_cursor_execute", note)
    assert script.upgrade_ops.is_empty()
    return seen


def test_four_round_trips_for_any_number_of_tables(connection: sa.Connection) -> None:
    def odd(count: int) -> sa.MetaData:
        return cases.model(
            {f"t{number}": cases.check("a in (1, 2)") for number in range(count)}
        )

    def plain() -> sa.MetaData:
        written = "(a = ANY (ARRAY[1, 2]))"
        return cases.model({f"t{n}": cases.check(written) for n in range(150)})

    odd(150).create_all(connection)
    equal = statements(connection, plain())
    assert not any("DO E'" in statement for statement in equal)
    different = statements(connection, odd(150))
    assert len(different) - len(equal) == 4, different[len(equal) :]


# --- safety -------------------------------------------------------------------------


def catalog_of(connection: sa.Connection) -> list[Any]:
    rows = connection.exec_driver_sql(
        "SELECT n.nspname::text, c.relname::text, c.oid::int8 FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2"
    )
    return [tuple(row) for row in rows]


COUNTED = {
    "t": lambda: [
        sa.Column("s", sa.Integer, server_default=sa.text("nextval('public.counter')")),
        sa.Column("u", sa.Integer, server_default=sa.text("code( )")),
        sa.CheckConstraint("a in (1, 2)", name="ck"),
        sa.Index("ix", "a", postgresql_where=sa.text("a in (1, 2)")),
    ]
}


def prepare(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE SEQUENCE counter")
    connection.exec_driver_sql(
        "CREATE FUNCTION code() RETURNS int LANGUAGE sql"
        " AS 'SELECT nextval(''counter'')::int'"
    )
    cases.model(COUNTED).create_all(connection)


def last_value(connection: sa.Connection) -> Any:
    query = "SELECT last_value, is_called FROM counter"
    return tuple(connection.exec_driver_sql(query).one())


def test_an_open_transaction_stays_as_it_is(connection: sa.Connection) -> None:
    """DDL that is not committed is seen; nothing is written; no sequence moves."""
    prepare(connection)
    before = catalog_of(connection), last_value(connection)
    for setting in ("on", "off"):
        with mode(setting):
            script, _ = compared(connection, cases.model(COUNTED))
        assert script.upgrade_ops.is_empty()
    assert (catalog_of(connection), last_value(connection)) == before
    assert connection.in_transaction()
    assert not connection.in_nested_transaction()
    connection.rollback()
    assert not sa.inspect(connection).has_table("t")


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg", "pg8000"])
def test_every_driver(pg_url: str, driver: str) -> None:
    engine = sa.create_engine(
        sa.make_url(pg_url).set(drivername=f"postgresql+{driver}")
    )
    with engine.connect() as connection:
        in_a_transaction(connection)
    engine.dispose()


@pytest.mark.greenlet
def test_asyncpg(pg_url: str) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine

    async def main() -> None:
        engine = create_async_engine(
            sa.make_url(pg_url).set(drivername="postgresql+asyncpg")
        )
        async with engine.connect() as connection:
            await connection.run_sync(in_a_transaction)
        await engine.dispose()

    asyncio.run(main())


def in_a_transaction(connection: sa.Connection) -> None:
    """Compare what is there and what is not, amid a transaction."""
    percent = {
        "t": lambda: [*cases.check("n like 'a%:x'")(), *cases.SAME["index_trim"]()]
    }
    cases.model(percent).create_all(connection)
    with mode("off"):
        script, _ = compared(connection, cases.model(percent))
        assert script.upgrade_ops.is_empty()
        changed, _ = compared(
            connection, cases.model({"t": cases.check("n like '%b'")})
        )
    assert tables_of(changed.upgrade_ops) == {"t"}
    connection.rollback()
    assert not sa.inspect(connection).has_table("t")


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Collect what is said at DEBUG."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger, collector = logging.getLogger(LOGGER), Collector()
    level = logger.level
    logger.addHandler(collector)
    logger.setLevel(logging.DEBUG)
    yield messages
    logger.removeHandler(collector)
    logger.setLevel(level)


REFUSALS = {
    "the transaction only reads": "SET TRANSACTION READ ONLY",
    "there is no right to temporary tables": "SET LOCAL ROLE poor",
    "canceling statement due to statement timeout": "SET LOCAL statement_timeout = 1",
    "event triggers watch DDL": (
        "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS"
        " 'BEGIN END';"
        "CREATE EVENT TRIGGER w ON ddl_command_end EXECUTE FUNCTION seen()"
    ),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_where_nothing_can_be_made_texts_are_compared(
    connection: sa.Connection, told: list[str], reason: str
) -> None:
    metadata = cases.model(
        {f"t{number}": cases.check("a in (1, 2)") for number in range(200)}
    )
    metadata.create_all(connection)
    database = connection.engine.url.database
    connection.exec_driver_sql(f"REVOKE TEMP ON DATABASE {database} FROM PUBLIC")
    connection.exec_driver_sql(
        "DO 'BEGIN CREATE ROLE poor; EXCEPTION WHEN duplicate_object THEN NULL; END'"
    )
    connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO poor")
    connection.commit()
    context = MigrationContext.configure(connection, opts=dict(OPTIONS))
    questions = [
        Question((None, name), "check", "ck", next(iter(checks)))
        for name, table in metadata.tables.items()
        if (checks := [c for c in table.constraints if c.name == "ck"])
    ]
    connection.exec_driver_sql("CREATE TABLE mine (id int)")
    connection.exec_driver_sql(REFUSALS[reason])
    expressions = Expressions(AutogenContext(context, metadata))
    expressions.ask(questions)
    assert [expressions.answer(question) for question in questions] == [None] * 200
    assert told == [f"expressions are compared as text: {reason}"]
    # The transaction goes on as it was.
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("RESET ROLE")
    assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar() == 0
    connection.rollback()


def run_undone(connection: sa.Connection, *statements: str) -> None:
    with sqla_compat._undone_by_error(connection):
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_rollback_that_is_cancelled_is_sent_again(connection: sa.Connection) -> None:
    """A time limit of the server's holds for ROLLBACK TO as well."""
    refused: list[str] = []

    def fail_first(*given: Any) -> tuple[str, Any]:
        statement, parameters = given[2:4]
        if statement.startswith("ROLLBACK TO") and len(refused) < 2:
            refused.append(statement)
            statement = "SELECT 1"  # which an aborted transaction refuses
        return statement, parameters

    connection.exec_driver_sql("CREATE TABLE mine (id int)")
    event.listen(connection, "before_cursor_execute", fail_first, retval=True)
    with pytest.raises(sa.exc.DBAPIError, match="division by zero"):
        run_undone(connection, "DROP TABLE mine", "SELECT 1 / 0")
    assert len(refused) == 2
    assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar() == 0


def test_the_error_of_a_lost_connection_is_told(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"terminat|closed") as caught:
        run_undone(connection, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert caught.value.connection_invalidated
    connection.rollback()


def test_autocommit_compares_texts(pg_url: str, told: list[str]) -> None:
    engine = sa.create_engine(pg_url, isolation_level="AUTOCOMMIT")
    metadata = cases.model({"t": cases.check("a in (1, 2)")})
    with engine.connect() as connection:
        metadata.create_all(connection)
        before = catalog_of(connection)
        for setting in ("on", "off"):
            with mode(setting):
                script, _ = compared(connection, metadata)
            assert script.upgrade_ops.is_empty()
        assert catalog_of(connection) == before
    engine.dispose()
    assert len(told) == 2
    assert all("compared as text" in message for message in told)


def test_one_that_cannot_be_made_does_not_disturb_the_others(
    connection: sa.Connection, told: list[str]
) -> None:
    before = {"t": cases.check("a in (1, 2)"), "u": cases.check("a > 0")}
    cases.model(before).create_all(connection)
    after = {**before, "u": cases.check("nothing_like_it(a)")}
    with mode("off"):
        script, _ = compared(connection, cases.model(after))
    assert script.upgrade_ops.is_empty()
    assert len(told) == 1
    assert told[0].startswith("no answer about check 'ck' of 'u': function nothing")


def test_a_condition_on_a_new_column(connection: sa.Connection) -> None:
    cases.model({"t": cases.check("a > 0")}).create_all(connection)
    new = cases.model(
        {
            "t": lambda: [
                sa.Column("new", sa.Integer),
                sa.CheckConstraint("new > 0", name="ck"),
            ]
        }
    )
    script, context = compared(connection, new)
    run(context, script.upgrade_ops)
    rest, _ = compared(connection, new)
    assert rest.upgrade_ops.is_empty()
    assert "new > 0" in str(definitions(connection))
