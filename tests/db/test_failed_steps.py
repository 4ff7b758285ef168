"""What the log tells of a step that failed, on databases that keep a part of it.

SQLite keeps what runs outside of a transaction, MySQL whatever precedes a DDL
statement, PostgreSQL what precedes an `autocommit_block`, and else nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.config import Config

ENV = """\
from sqlalchemy import create_engine, pool
from alembic_c import context

attributes = context.config.attributes
engine = create_engine(
    attributes["url"], poolclass=pool.NullPool, **attributes["engine_options"]
)
with engine.connect() as connection:
    context.configure(connection=connection, **attributes["options"])
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """\
import sqlalchemy as sa
from alembic_c import op

revision, down_revision = {name!r}, {down!r}

def upgrade():
    {up}

def downgrade():
    {down_body}
"""

MAKE = "op.create_table('t', sa.Column('a', sa.Integer))"
INSERT = "op.get_bind().exec_driver_sql('INSERT INTO t VALUES (1)')"
FAIL = "raise RuntimeError('half way')"


class Project:
    """A script directory, and the reports that upgrades of a database give."""

    def __init__(self, root: Path, url: str, caplog: pytest.LogCaptureFixture) -> None:
        self._versions = root / "scripts" / "versions"
        self._versions.mkdir(parents=True)
        (root / "scripts" / "env.py").write_text(ENV)
        self._caplog = caplog
        self._config = Config(
            attributes={"url": url, "engine_options": {}, "options": {}}
        )
        self._config.set_main_option("script_location", str(root / "scripts"))

    def revision(
        self, name: str, down: Any, *up: str, down_body: tuple[str, ...] = ("pass",)
    ) -> None:
        text = REVISION.format(
            name=name,
            down=down,
            up="\n    ".join(up),
            down_body="\n    ".join(down_body),
        )
        (self._versions / f"{name}.py").write_text(text)

    def set(self, **options: Any) -> None:
        self._config.attributes.update(options)

    def report(
        self,
        verb: Callable[..., None] = command.upgrade,
        revision: Any = "heads",
        error: type[BaseException] = RuntimeError,
    ) -> list[str]:
        """Run a command that fails; return the lines of its report, if there is one."""
        self._caplog.clear()
        with pytest.raises(error), self._caplog.at_level(logging.ERROR, "alembic"):
            verb(self._config, revision)
        texts = [
            record.getMessage()
            for record in self._caplog.records
            if record.name == "alembic.runtime.migration"
        ]
        assert len(texts) <= 1
        return [line.strip() for text in texts for line in text.splitlines()]

    def upgrade(self, revision: str = "heads") -> None:
        command.upgrade(self._config, revision)


@pytest.fixture
def on_sqlite(
    tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> Project:
    return Project(tmp_path, sqlite_url, caplog)


@pytest.fixture
def on_postgresql(
    tmp_path: Path, pg_url: str, caplog: pytest.LogCaptureFixture
) -> Project:
    return Project(tmp_path, pg_url, caplog)


@pytest.fixture
def on_maria(
    tmp_path: Path, mariadb_url: str, caplog: pytest.LogCaptureFixture
) -> Project:
    return Project(tmp_path, mariadb_url, caplog)


def in_effect(lines: list[str]) -> list[str]:
    """Return the first words of the statements that a report has."""
    if "In effect, of what it did in this run:" not in lines:
        assert "Nothing that it did in this run is in effect." in lines
        return []
    start = lines.index("In effect, of what it did in this run:") + 1
    end = next(n for n, line in enumerate(lines) if line.startswith("The version"))
    return [line.split()[0] for line in lines[start:end]]


def test_statements_outside_of_a_transaction(on_sqlite: Project) -> None:
    on_sqlite.revision("a", None, MAKE, INSERT, FAIL)
    lines = on_sqlite.report()
    assert lines[0].startswith("upgrade  -> a (")
    assert "versions/a.py) failed; " in lines[0]
    # The INSERT has begun a transaction.
    assert in_effect(lines) == ["CREATE"]
    assert "The version table 'alembic_version' has: no revision." in lines
    assert lines[-1].endswith("alembic stamp a")
    on_sqlite.set(engine_options={"isolation_level": "AUTOCOMMIT"})
    assert in_effect(on_sqlite.report(error=sa.exc.OperationalError)) == []


def test_each_statement_in_autocommit_mode(on_sqlite: Project) -> None:
    on_sqlite.set(engine_options={"isolation_level": "AUTOCOMMIT"})
    on_sqlite.revision("a", None, MAKE, INSERT, INSERT, FAIL)
    assert in_effect(on_sqlite.report()) == ["CREATE", "INSERT"]


@pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE"])
def test_batches_are_in_effect_as_a_whole(on_sqlite: Project, level: str) -> None:
    on_sqlite.set(engine_options={"isolation_level": level})
    batch = "with op.batch_alter_table('t', recreate='always') as b: "
    add = f"{batch}b.add_column(sa.Column('b', sa.Integer))"
    on_sqlite.revision("a", None, MAKE, INSERT)
    on_sqlite.revision("b", "a", add, FAIL)
    on_sqlite.upgrade("a")
    done = ["CREATE", "INSERT", "DROP", "ALTER"]
    assert in_effect(on_sqlite.report()) == (done if level == "AUTOCOMMIT" else [])
    on_sqlite.revision(
        "b", "a", f"{batch}b.alter_column('a', type_=sa.Text(), server_default='(')"
        "; b.create_index('i', [sa.text('(')])"
    )  # fmt: skip
    lines = on_sqlite.report(error=sa.exc.OperationalError)
    assert in_effect(lines) == []


def test_nothing_to_tell_where_all_is_rolled_back(on_postgresql: Project) -> None:
    on_postgresql.revision("a", None, MAKE, FAIL)
    assert on_postgresql.report() == []
    on_postgresql.set(options={"transaction_per_migration": True})
    assert on_postgresql.report() == []
    on_postgresql.set(options={"transactional_ddl": False})
    assert on_postgresql.report() == []


def test_sqlite_with_transactions_of_its_own(on_sqlite: Project) -> None:
    """With SQLAlchemy's recipe for SQLite the whole step is in a transaction."""

    @sa.event.listens_for(sa.Engine, "connect")
    def connect(dbapi_connection: Any, record: Any) -> None:
        dbapi_connection.isolation_level = None

    @sa.event.listens_for(sa.Engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    try:
        on_sqlite.revision("a", None, MAKE, INSERT, FAIL)
        assert on_sqlite.report() == []
    finally:
        sa.event.remove(sa.Engine, "connect", connect)
        sa.event.remove(sa.Engine, "begin", begin)


def test_autocommit_block(on_postgresql: Project) -> None:
    block = "with op.get_context().autocommit_block(): "
    on_postgresql.revision("a", None, MAKE, f"{block}{INSERT}", INSERT, FAIL)
    lines = on_postgresql.report()
    assert in_effect(lines) == ["CREATE", "INSERT"]
    assert lines[-1].startswith("Undo what is in effect and run the command again")


def test_error_in_the_database_behind_an_autocommit_block(
    on_postgresql: Project,
) -> None:
    block = "with op.get_context().autocommit_block(): "
    on_postgresql.revision("a", None, f"{block}{MAKE}", "op.execute('SELECT nothing')")
    lines = on_postgresql.report(error=sa.exc.ProgrammingError)
    # The transaction answers nothing any more: one line says so, without its SQL.
    (line,) = lines[lines.index("In effect, of what it did in this run:") + 2 : -1]
    assert line.startswith("What is left over could not be looked up: ")
    assert "current transaction is aborted" in line


def test_connection_in_autocommit_mode(on_postgresql: Project) -> None:
    on_postgresql.set(engine_options={"isolation_level": "AUTOCOMMIT"})
    on_postgresql.revision("a", None, MAKE, INSERT, FAIL)
    assert in_effect(on_postgresql.report()) == ["CREATE", "INSERT"]


def test_ddl_commits_what_precedes_it(on_maria: Project) -> None:
    on_maria.revision("a", None, MAKE)
    on_maria.upgrade()
    alter = "op.add_column('t', sa.Column('b', sa.Integer))"
    on_maria.revision("b", "a", INSERT, alter, INSERT.replace("(1)", "(1, 2)"), FAIL)
    lines = on_maria.report()
    assert in_effect(lines) == ["INSERT", "ALTER"]
    assert "The version table 'alembic_version' has: a." in lines
    # The run again finds the column, and has committed the first INSERT before.
    on_maria.revision("b", "a", INSERT.replace("(1)", "(1, 2)"), alter)
    lines = on_maria.report(error=sa.exc.OperationalError)
    assert in_effect(lines) == ["INSERT"]


def test_interrupted_move_and_copy(
    on_maria: Project, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old table is gone, and nobody has heard of it: the copy is not dropped."""
    from alembic_c.ddl.impl import DefaultImpl

    on_maria.revision("a", None, MAKE, INSERT)
    batch = "with op.batch_alter_table('t', recreate='always') as b: "
    on_maria.revision("b", "a", f"{batch}b.add_column(sa.Column('b', sa.Integer))")
    on_maria.upgrade("a")
    drop_table = DefaultImpl.drop_table

    def interrupted(self: DefaultImpl, table: sa.Table, **kw: Any) -> None:
        drop_table(self, table, **kw)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(DefaultImpl, "drop_table", interrupted)
        lines = on_maria.report(error=KeyboardInterrupt)
    assert in_effect(lines) == ["CREATE", "INSERT", "DROP"]
    told = "An interrupted batch has left all rows of the table 't' (1) in "
    (leftover,) = [line for line in lines if line.startswith(told)]
    remedy = leftover.partition("Give it its name: ")[2].partition(", and create")[0]
    engine = sa.create_engine(mariadb_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(remedy)
        assert connection.exec_driver_sql("SELECT * FROM t").fetchall() == [(1, None)]


def test_copy_that_fails_is_removed(on_maria: Project, mariadb_url: str) -> None:
    on_maria.revision("a", None, MAKE, INSERT.replace("(1)", "(NULL)"))
    batch = "with op.batch_alter_table('t', recreate='always') as b: "
    change = "b.alter_column('a', nullable=False, existing_type=sa.Integer())"
    on_maria.revision("b", "a", batch + change)
    on_maria.upgrade("a")
    lines = on_maria.report(error=sa.exc.DBAPIError)
    assert not [line for line in lines if "interrupted batch" in line]
    engine = sa.create_engine(mariadb_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM t").fetchall() == [(None,)]
        assert set(sa.inspect(connection).get_table_names()) == {"t", "alembic_version"}


def test_ddl_that_fails_commits_nothing_on_sqlite(on_sqlite: Project) -> None:
    on_sqlite.revision("a", None, MAKE)
    on_sqlite.upgrade()
    on_sqlite.revision("b", "a", INSERT, "op.execute('ALTER TABLE t RENAME TO t')")
    assert in_effect(on_sqlite.report(error=sa.exc.OperationalError)) == []


def test_connection_to_mariadb_in_autocommit_mode(on_maria: Project) -> None:
    on_maria.revision("a", None, MAKE)
    on_maria.upgrade()
    on_maria.set(engine_options={"isolation_level": "AUTOCOMMIT"})
    on_maria.revision("b", "a", INSERT, FAIL)
    assert in_effect(on_maria.report()) == ["INSERT"]


def test_many_comments_in_front_of_a_statement(on_sqlite: Project) -> None:
    """They are skipped in linear time."""
    create = "'/* all rights reserved */ ' * 60 + 'CREATE TABLE t (a INTEGER)'"
    on_sqlite.revision("a", None, f"op.execute({create})", FAIL)
    assert in_effect(on_sqlite.report()) == ["/*"]
    query = create.replace("CREATE TABLE t (a INTEGER)", "SELECT 1")
    on_sqlite.revision("a", None, f"op.execute({query})", FAIL)
    assert in_effect(on_sqlite.report()) == []


REFUSED = """
CREATE TRIGGER no_b BEFORE INSERT ON alembic_version WHEN new.version_num = 'b'
BEGIN SELECT RAISE(ABORT, 'no b'); END
"""


@pytest.mark.parametrize("isolation_level", ["SERIALIZABLE", "AUTOCOMMIT"])
def test_failing_stamp(
    on_sqlite: Project, sqlite_url: str, isolation_level: str
) -> None:
    """It changes no schema, so nothing is told or advised of any."""
    on_sqlite.set(engine_options={"isolation_level": isolation_level})
    for name in "a", "b", "c":
        on_sqlite.revision(name, None, MAKE.replace("'t'", f"'{name}'"))
    on_sqlite.upgrade("c")
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(REFUSED)
    lines = on_sqlite.report(command.stamp, ["a", "b"], sa.exc.IntegrityError)
    assert lines == [
        "stamp_revision  -> b failed, and not all of it can be rolled back here.",
        "The version table 'alembic_version' has: a, c.",
        "Run the command again",
    ]
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version", "c"]
        connection.exec_driver_sql("DROP TRIGGER no_b")
    command.stamp(on_sqlite._config, ["a", "b"])
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert sorted(rows.scalars()) == ["a", "b", "c"]


def leftovers(project: Project, *tables: str) -> list[str]:
    """Return what is told of tables that are there when a step fails."""
    names = ", ".join(map(repr, tables))
    create = f"for name in ({names},): op.execute(f'CREATE TABLE {{name}} (a INTEGER)')"
    project.revision("a", None, create, FAIL)
    return [line for line in project.report() if "interrupted batch" in line]


def test_leftover_copy(on_sqlite: Project) -> None:
    (line,) = leftovers(on_sqlite, "_alembic_tmp_person", "person", "person_old")
    assert "; person still has all of its rows." in line


def test_leftover_whose_name_others_begin_with(on_sqlite: Project) -> None:
    """It is the only table that has the rows."""
    (line,) = leftovers(on_sqlite, "_alembic_tmp_person", "person_old")
    assert "RENAME TO person," in line
    assert "DROP TABLE" not in line


def test_leftover_whose_name_is_cut(on_sqlite: Project) -> None:
    """Which table it has the rows of cannot be told, so no command is given."""
    cut = "_alembic_tmp_" + 37 * "x"
    (line,) = leftovers(on_sqlite, cut, 37 * "x" + "_old")
    assert "whose name begins with" in line
    assert "DROP TABLE" not in line
    assert "RENAME TO" not in line


def test_the_error_is_the_same_where_nothing_can_be_looked_up(
    on_sqlite: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(self: Any, **kw: Any) -> list[str]:
        raise NotImplementedError("no such feature")

    monkeypatch.setattr(sa.Inspector, "get_table_names", unable)
    on_sqlite.revision("a", None, FAIL)
    (line,) = [line for line in on_sqlite.report() if "looked up" in line]
    assert "no such feature" in line


def test_failing_downgrade(on_sqlite: Project) -> None:
    on_sqlite.revision("a", None, MAKE, down_body=("op.drop_table('t')", FAIL))
    on_sqlite.revision("b", "a", "pass", down_body=(MAKE.replace("'t'", "'u'"), FAIL))
    on_sqlite.revision("x", None, "pass")
    on_sqlite.upgrade()
    lines = on_sqlite.report(command.downgrade, "a")
    assert lines[0].startswith("downgrade b -> a (")
    assert in_effect(lines) == ["CREATE"]
    assert lines[-1].endswith("alembic stamp a")
    on_sqlite.revision("b", "a", "pass")
    lines = on_sqlite.report(command.downgrade, "a@base")
    assert in_effect(lines) == ["DROP"]
    assert "The version table 'alembic_version' has: a, x." in lines
    assert lines[-1].endswith("alembic stamp a@base")
    command.stamp(on_sqlite._config, "a@base")
    on_sqlite.revision("x", None, "pass", down_body=(FAIL,))
    lines = on_sqlite.report(command.downgrade, "x@base")
    assert "The version table 'alembic_version' has: x." in lines


def test_many_and_long_statements(on_sqlite: Project) -> None:
    loop = "for n in range(300): op.execute(f'CREATE TABLE t{n} (a INTEGER)')"
    long = "op.execute('CREATE TABLE long (' + 'a' * 1000 + ' INTEGER)')"
    on_sqlite.revision("a", None, long, loop, FAIL)
    lines = on_sqlite.report()
    assert "and 101 more" in lines
    assert max(map(len, lines)) < 400


def test_transaction_of_the_connection_is_left_as_it_was(
    sqlite_url: str, tmp_path: Path
) -> None:
    """A program that catches the error can begin its own transaction."""
    from alembic_c.runtime.environment import EnvironmentContext
    from alembic_c.script import ScriptDirectory

    project = Project(tmp_path, sqlite_url, None)  # type: ignore[arg-type]
    project.revision("a", None, FAIL)
    script = ScriptDirectory.from_config(project._config)
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        environment = EnvironmentContext(
            project._config, script, fn=lambda rev, ctx: script._upgrade_revs("a", rev)
        )
        environment.configure(connection=connection)
        with pytest.raises(RuntimeError):
            environment.run_migrations()
        assert not connection.in_transaction()
        with connection.begin():
            connection.exec_driver_sql("CREATE TABLE mine (a INTEGER)")
    engine.dispose()
