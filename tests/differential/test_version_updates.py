"""The version table's UPDATE, offline and on databases: ours against upstream's.

Ours is compiled once and then filled in, where nothing speaks against it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c.runtime._version_update import VersionUpdate
from alembic_c.util import CommandError

DIALECTS = ("default", "mssql", "mysql", "oracle", "postgresql", "sqlite")
IDS = ("a1", "b2_", "50%", "50%%", ":x", "\\:y", "tab\there", "é", "{0}")
TABLES: tuple[dict[str, Any], ...] = (
    {},
    {"version_table": "My Version", "version_table_schema": "sch"},
    {"version_table": "per%cent"},
    {"version_table": "co:lon", "version_table_schema": "a.b"},
    {"version_table": 'qu"ote`[x]'},
    {"version_table": "alembic_c_from_0"},
    {"literal_binds": True},
    {"mssql_batch_separator": "", "oracle_batch_separator": "%"},
)


def _dialect(name: str) -> sa.Dialect:
    if name == "default":
        return sa.engine.default.DefaultDialect()
    dialect: sa.Dialect = sa.make_url(f"{name}://").get_dialect()()
    return dialect


def _context(package: str, dialect: str, options: dict[str, Any]) -> Any:
    if package == "alembic_c":
        import_module("alembic_c._bootstrap").ensure()
    migration = import_module(f"{package}.runtime.migration")
    return migration.MigrationContext(
        _dialect(dialect),
        None,
        {"as_sql": True, "output_buffer": io.StringIO(), **options},
    )


def _script(context: Any, ids: tuple[str, ...]) -> str:
    package = type(context).__module__.partition(".")[0]
    maintainer = import_module(f"{package}.runtime.migration").HeadMaintainer(
        context, {ids[0]}
    )
    for old, new in pairwise(ids):
        maintainer._update_version(old, new)
    text: str = context.output_buffer.getvalue()
    return text


@pytest.mark.parametrize("options", TABLES, ids=repr)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.usefixtures("upstream")
def test_scripts_are_equal(dialect: str, options: dict[str, Any]) -> None:
    texts = [
        _script(_context(package, dialect, dict(options)), IDS)
        for package in ("alembic", "alembic_c")
    ]
    assert texts[1] == texts[0]
    assert texts[0].count("UPDATE") == len(IDS) - 1


def _kinds(context: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the kinds of statements that two updates are."""
    seen: list[str] = []
    original = context.impl._exec

    def note(statement: Any, *args: Any, **kw: Any) -> Any:
        seen.append(statement.__visit_name__)
        return original(statement, *args, **kw)

    monkeypatch.setattr(context.impl, "_exec", note)
    _script(context, ("a1", "b2", "it's"))
    return seen


def test_plain_ids_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    context = _context("alembic_c", "sqlite", {})
    assert _kinds(context, monkeypatch) == ["textclause", "update"]


def test_a_column_with_a_default_in_python_is_not_filled_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = _context("alembic_c", "sqlite", {})
    context._version.append_column(sa.Column("n", sa.Integer, onupdate=lambda: 5))
    assert _kinds(context, monkeypatch) == ["update", "update"]


@pytest.mark.usefixtures("upstream")
def test_a_column_with_a_default_in_sql_is_filled_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = []
    for package in ("alembic", "alembic_c"):
        context = _context(package, "postgresql", {})
        at = sa.Column("at", sa.DateTime, onupdate=sa.func.now())
        context._version.append_column(at)
        texts.append(_script(context, ("a", "b", "c")))
    assert texts[1] == texts[0]
    assert "now()" in texts[0]


def test_a_table_that_is_replaced_is_compiled_again() -> None:
    context = _context("alembic_c", "sqlite", {})
    maintainer = import_module("alembic_c.runtime.migration").HeadMaintainer(
        context, {"a"}
    )
    maintainer._update_version("a", "b")
    column = sa.Column("version_num", sa.String(32))
    context._version = sa.Table("other", sa.MetaData(), column)
    maintainer._update_version("b", "c")
    assert "UPDATE other " in context.output_buffer.getvalue()


@pytest.fixture
def foreign_impl() -> Iterator[type[Any]]:
    from alembic_c.ddl import impl

    own = impl._impls["sqlite"]

    class Foreign(own):  # type: ignore[misc, valid-type]
        pass

    impl._impls["sqlite"] = Foreign
    yield Foreign
    impl._impls["sqlite"] = own


def test_an_implementation_of_others_gets_the_construct(
    foreign_impl: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = _context("alembic_c", "sqlite", {})
    assert isinstance(context.impl, foreign_impl)
    assert _kinds(context, monkeypatch) == ["update", "update"]


# --- with a connection --------------------------------------------------------------


def _executed(
    package: str, connection: sa.Connection, ids: tuple[str, ...]
) -> list[tuple[str, Any, str]]:
    """Return text, parameters and construct of what moves between ids."""
    migration = import_module(f"{package}.runtime.migration")
    context = migration.MigrationContext.configure(connection)
    context._ensure_version_table()
    seen: list[tuple[str, Any, str]] = []

    def note(
        conn: Any, cursor: Any, sql: str, parameters: Any, ctx: Any, many: bool
    ) -> None:
        seen.append((sql, parameters, ctx.invoked_statement.__visit_name__))

    connection.execute(context._version.insert().values(version_num=ids[0]))
    sa.event.listen(connection, "before_cursor_execute", note)
    maintainer = migration.HeadMaintainer(context, {ids[0]})
    for old, new in pairwise(ids):
        maintainer._update_version(old, new)
    sa.event.remove(connection, "before_cursor_execute", note)
    versions = connection.scalars(sa.select(context._version.c.version_num))
    assert versions.all() == [ids[-1]]
    return seen


@pytest.mark.usefixtures("upstream")
def test_databases_get_the_same(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    both = []
    for package in ("alembic", "alembic_c"):
        with engine.connect() as connection:
            both.append(_executed(package, connection, ("a1", "b2", "50%", ":x", "c")))
            connection.rollback()
        sa.MetaData().drop_all(engine)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    engine.dispose()
    assert both[1] == both[0]
    assert "version_num='b2'" in both[1][0][0]
    assert both[1][0][2] == "update"


def _in_schema(package: str, connection: sa.Connection, schema: str) -> Any:
    connection = connection.execution_options(schema_translate_map={None: schema})
    return _executed(package, connection, ("a", "b", "c"))


@pytest.mark.usefixtures("upstream")
def test_translated_schemas_stay_apart(pg_url: str) -> None:
    engine = sa.create_engine(pg_url)
    with engine.begin() as connection:
        for schema in ("one", "two"):
            connection.execute(sa.schema.CreateSchema(schema))
    both = []
    for package in ("alembic", "alembic_c"):
        found = []
        for schema in ("one", "two"):
            with engine.connect() as connection:
                found.append(_in_schema(package, connection, schema))
                connection.rollback()
        both.append(found)
    engine.dispose()
    assert both[1] == both[0]
    assert [found[0][0].split()[1] for found in both[1]] == [
        "one.alembic_version",
        "two.alembic_version",
    ]


def test_a_row_that_is_gone_is_noticed(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    migration = import_module("alembic_c.runtime.migration")
    with engine.connect() as connection:
        context = migration.MigrationContext.configure(connection)
        context._ensure_version_table()
        maintainer = migration.HeadMaintainer(context, {"a"})
        with pytest.raises(CommandError, match=r"when updating 'a' to 'b'.*0 found"):
            maintainer._update_version("a", "b")


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg", "asyncpg", "pg8000"])
def test_drivers_that_cast_strings_do_not_cast_ids(driver: str) -> None:
    dialect: Any = sa.make_url(f"postgresql+{driver}://").get_dialect()()
    context = _context("alembic_c", "postgresql", {"as_sql": False})
    bound = VersionUpdate(context).between("a", "b")
    compiled: Any = bound.statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    filled = compiled.construct_expanded_state(bound.parameters)
    assert filled.statement == (
        "UPDATE alembic_version SET version_num='b' "
        "WHERE alembic_version.version_num = 'a'"
    )
