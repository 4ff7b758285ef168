"""What goes wrong while a catalog is read, on real databases.

Always a clear exception; the caller's connection is left as after a failed query of its
own.  Each PostgreSQL fault is tried through a connection of the caller's and, where it
can be made, through our own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session

from alembic_c import _catalog, _libpq, _sqlite3
from alembic_c.catalog import DatabaseError, snapshot

DRIVERS = ("psycopg2", "psycopg", "pg8000")


@pytest.fixture(params=DRIVERS)
def engine(request: pytest.FixtureRequest, pg_url: str) -> Iterator[sa.Engine]:
    url = sa.make_url(pg_url).set(drivername=f"postgresql+{request.param}")
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def conninfo(pg_url: str) -> str:
    """Return libpq's URI for the test's database."""
    url = sa.make_url(pg_url).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


@contextlib.contextmanager
def locked_catalog(pg_url: str, catalog: str = "pg_constraint") -> Iterator[None]:
    """Hold a lock that makes each reader of a catalog wait."""
    engine = sa.create_engine(sa.make_url(pg_url).set(drivername="postgresql+psycopg2"))
    with engine.connect() as connection:
        connection.exec_driver_sql(
            f"LOCK TABLE pg_catalog.{catalog} IN ACCESS EXCLUSIVE MODE"
        )
        yield
    engine.dispose()


def observer(pg_url: str) -> sa.Engine:
    """Return an engine for another database: its connections wait for no lock here."""
    url = sa.make_url(pg_url).set(drivername="postgresql+psycopg2", database="postgres")
    return sa.create_engine(url, isolation_level="AUTOCOMMIT")


def await_lock(pg_url: str) -> None:
    """Return when a client of the database waits for a lock."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        f" WHERE datname = '{sa.make_url(pg_url).database}'"
        " AND wait_event_type = 'Lock'"
    )
    engine = observer(pg_url)
    deadline = time.monotonic() + 20
    with engine.connect() as connection:
        while not connection.exec_driver_sql(waiting).scalar():
            assert time.monotonic() < deadline, "nobody waits for the lock"
            time.sleep(0.02)
    engine.dispose()


@contextlib.contextmanager
def killer(pg_url: str) -> Iterator[None]:
    """Terminate each client of the database that waits for a lock."""
    database = sa.make_url(pg_url).database
    engine = observer(pg_url)
    stop = threading.Event()

    def terminate() -> None:
        with engine.connect() as connection:
            while not stop.wait(0.05):
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    f" WHERE datname = '{database}' AND wait_event_type = 'Lock'"
                )

    thread = threading.Thread(target=terminate)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        engine.dispose()


def test_connection_lost_in_the_middle(engine: sa.Engine, pg_url: str) -> None:
    with engine.connect() as connection, locked_catalog(pg_url):
        with killer(pg_url), pytest.raises(sa.exc.DBAPIError):
            snapshot(connection)
        assert connection.invalidated
    # As after a lost query of one's own: the next connection of the pool works.
    with engine.connect() as connection:
        assert len(snapshot(connection)) == 0


def test_own_connection_lost_in_the_middle(pg_url: str) -> None:
    with (
        locked_catalog(pg_url),
        killer(pg_url),
        pytest.raises(DatabaseError) as caught,
    ):
        snapshot(conninfo(pg_url))
    assert caught.value.sqlstate == "57P01"
    assert "administrator" in str(caught.value)
    assert len(snapshot(conninfo(pg_url))) == 0


def test_statement_timeout(engine: sa.Engine, pg_url: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("SET statement_timeout = '150ms'")
        connection.commit()
        with locked_catalog(pg_url), pytest.raises(sa.exc.DBAPIError, match="timeout"):
            snapshot(connection)
        # The transaction has failed, as with any query, and can be rolled back.
        with pytest.raises(sa.exc.DBAPIError, match="aborted"):
            connection.exec_driver_sql("SELECT 1")
        connection.rollback()
        assert len(snapshot(connection)) == 0


def test_statement_timeout_of_our_own_connection(pg_url: str) -> None:
    url = sa.make_url(pg_url).set(drivername="postgresql+psycopg")
    url = url.update_query_dict({"options": "-c statement_timeout=150ms"})
    with locked_catalog(pg_url), pytest.raises(DatabaseError, match="timeout") as e:
        snapshot(url.render_as_string(hide_password=False))
    assert e.value.sqlstate == "57014"


def test_savepoint_survives(engine: sa.Engine, pg_url: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (id int)")
        connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        # The lock that is wanted is one that nobody who creates a table holds.
        with locked_catalog(pg_url, "pg_description"):
            savepoint = connection.begin_nested()
            with pytest.raises(sa.exc.DBAPIError, match="lock timeout"):
                snapshot(connection)
            savepoint.rollback()
        assert [table.name for table in snapshot(connection).tables] == ["kept"]


@pytest.fixture
def stranger(pg_url: str) -> Iterator[str]:
    """Yield the URL of an account that may not read pg_constraint."""
    admin = sa.create_engine(
        sa.make_url(pg_url).set(drivername="postgresql+psycopg2"),
        isolation_level="AUTOCOMMIT",
    )
    name = f"stranger_{os.getpid()}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
        connection.exec_driver_sql(
            "REVOKE SELECT ON pg_catalog.pg_constraint FROM PUBLIC"
        )
    url = sa.make_url(pg_url).set(username=name, password="x")
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql("GRANT SELECT ON pg_catalog.pg_constraint TO PUBLIC")
        connection.exec_driver_sql(f"DROP OWNED BY {name}")
        connection.exec_driver_sql(f"DROP ROLE {name}")
    admin.dispose()


@pytest.mark.parametrize("driver", DRIVERS)
def test_permission_denied_on_a_catalog(driver: str, stranger: str) -> None:
    engine = sa.create_engine(
        sa.make_url(stranger).set(drivername=f"postgresql+{driver}")
    )
    with engine.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError, match="permission denied"):
            snapshot(connection)
        connection.rollback()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
    with pytest.raises(
        DatabaseError, match=r"permission denied.*pg_constraint"
    ) as caught:
        snapshot(conninfo(stranger))
    assert caught.value.sqlstate == "42501"


def test_aborted_transaction(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError):
            connection.exec_driver_sql("SELECT 1/0")
        with pytest.raises(sa.exc.DBAPIError, match="aborted"):
            snapshot(connection)
        connection.rollback()
        assert len(snapshot(connection)) == 0


def test_closed_connection(engine: sa.Engine) -> None:
    connection = engine.connect()
    connection.close()
    with pytest.raises(sa.exc.ResourceClosedError):
        snapshot(connection)


@pytest.mark.parametrize("options", [{"stream_results": True}, {"yield_per": 3}])
@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_cursor_held_open_by_the_caller(
    driver: str, options: dict[str, Any], pg_url: str
) -> None:
    """Rows that the caller has not fetched yet are still there afterwards.

    The options are the whole connection's, so the catalog's rows are meant by them too.
    """
    url = sa.make_url(pg_url).set(drivername=f"postgresql+{driver}")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id int)")
        streaming = connection.execution_options(**options)
        numbers = streaming.exec_driver_sql("SELECT generate_series(1, 1000)")
        assert numbers.fetchone() == (1,)
        assert [table.name for table in snapshot(connection).tables] == ["t"]
        assert numbers.fetchone() == (2,)
        assert len(numbers.fetchall()) == 998
    engine.dispose()


def test_server_older_than_supported(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.dialect.server_version_info = (12, 22)
        with pytest.raises(OverflowError, match=r"12\.22 is older than 13"):
            snapshot(connection)
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    with pytest.raises(OverflowError, match="older"):
        _catalog.PgReader(90624)


def test_unreachable_server(pg_url: str) -> None:
    wrong = sa.make_url(pg_url)
    cases = {
        "password authentication failed|no password": wrong.set(password="wrong!"),
        "does not exist": wrong.set(database="there_is_none"),
        "refused": wrong.set(port=1),
    }
    for message, url in cases.items():
        with pytest.raises(DatabaseError, match=message) as caught:
            snapshot(conninfo(url.render_as_string(hide_password=False)))
        assert "wrong!" not in str(caught.value)
    with pytest.raises(DatabaseError, match="invalid connection option"):
        snapshot("no_such_option=1")


def interrupted(address: str, await_reader: Callable[[], object]) -> str:
    """Return what a process prints that is interrupted in reading a snapshot.

    await_reader: returns when the process waits for the server.
    """
    program = textwrap.dedent(
        """
        import signal, sys
        from alembic_c.catalog import snapshot
        # A shell lets what it starts in the background ignore the signal.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("reading", flush=True)
        try:
            snapshot(sys.argv[1])
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, address], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        await_reader()
        process.send_signal(signal.SIGINT)
        return process.communicate(timeout=120)[0]
    finally:
        process.kill()


def test_interrupted_by_a_signal(pg_url: str) -> None:
    """Ctrl-C ends the wait for a server that does not answer."""
    with locked_catalog(pg_url):
        said = interrupted(conninfo(pg_url), lambda: await_lock(pg_url))
        assert said == "interrupted\n"


def test_server_that_never_speaks() -> None:
    """Ctrl-C and connect_timeout end the wait for a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"postgresql://127.0.0.1:{server.getsockname()[1]}/db"
        clients: list[socket.socket] = []
        said = interrupted(address, lambda: clients.append(server.accept()[0]))
        assert said == "interrupted\n"
        clients.pop().close()
        with pytest.raises(DatabaseError, match="server failed: timeout expired"):
            snapshot(f"{address}?connect_timeout=1")


def test_closed_by_another_thread_while_reading(pg_url: str) -> None:
    """A connection under a reader: closing waits its turn, reading fails cleanly."""
    connection = _libpq.Connection(conninfo(pg_url))
    rows = connection.rows(
        "SELECT 'n', g::int8, 0, 'n' || g, NULL, NULL, true, NULL, NULL, NULL, NULL,"
        " NULL, NULL FROM generate_series(1, 3000000) g"
    )
    failures: list[BaseException] = []

    def read() -> None:
        try:
            _catalog.PgReader(150000).feed(0, rows)
        except DatabaseError as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.1)
    connection.close()
    reader.join()
    assert [str(error) for error in failures] == ["the connection is closed"]
    with pytest.raises(DatabaseError, match="closed"):
        connection.execute("SELECT 1")


@pytest.mark.parametrize("call", ["execute", "rows", "feed"])
def test_closed_by_a_signal_handler(pg_url: str, call: str) -> None:
    """The call that waits ends, and the connection is closed."""
    connection = _libpq.Connection(conninfo(pg_url))
    reader = _catalog.PgReader(150000)
    sql = "SELECT pg_sleep(30)"
    if call == "feed":
        # The first row is there before the wait.
        columns = ", ".join(["NULL"] * 9)
        sql = (
            f"SELECT 'n', 1::int8, 0, 'n', {columns} UNION ALL SELECT 'n', g::int8, 0, "
            f"pg_sleep(30)::text, {columns} FROM generate_series(1, 2000) g"
        )
    calls: dict[str, Callable[[], object]] = {
        "execute": lambda: connection.execute(sql),
        "rows": lambda: connection.rows(sql),
        "feed": lambda: reader.feed(0, connection.rows(sql)),
    }
    told: list[str] = []

    def close(number: int, frame: Any) -> None:
        with pytest.raises(RuntimeError, match="has not returned") as caught:
            connection.execute("SELECT 1")
        told.append(str(caught.value))
        connection.close()

    before = signal.signal(signal.SIGALRM, close)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(DatabaseError, match="the connection is closed"):
            calls[call]()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(told) == 1
    assert connection.server_version == 0
    with pytest.raises(DatabaseError, match="closed"):
        connection.execute("SELECT 1")


def schema_row(oid: Any, name: Any) -> tuple[Any, ...]:
    """Return a row of the first catalog query."""
    return ("n", oid, 0, name, None, None, True, *[None] * 6)


def test_reader_is_used_by_one_at_a_time(pg_url: str) -> None:
    reader = _catalog.PgReader(150000)

    def rows() -> Iterator[tuple[Any, ...]]:
        yield schema_row(1, "a")
        with pytest.raises(RuntimeError, match="already"):
            reader.feed(1, [])
        with pytest.raises(RuntimeError, match="already"):
            reader.finish()
        with pytest.raises(RuntimeError, match="already"):
            reader.sql(1)
        raise LookupError("of the iterator's own")

    with pytest.raises(LookupError, match="own"):
        reader.feed(0, rows())


@pytest.mark.parametrize(
    "rows",
    [
        [("n", 1)],
        [(*schema_row(1, "a"), 4)],
        [schema_row(1, b"a")],
        [schema_row(1.5, "a")],
        [schema_row(2**70, "a")],
        [schema_row(1, "\ud800")],
        [None],
        [1],
    ],
)
def test_rows_of_another_form(rows: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"row|value|number|text"):
        _catalog.PgReader(150000).feed(0, rows)
    with pytest.raises(TypeError):
        _catalog.PgReader(150000).feed(0, 5)  # type: ignore[arg-type]


# --- SQLite -------------------------------------------------------------------------


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    path = tmp_path / "a file?with#odd%20signs.db"
    connection = sqlite3.connect(path)
    for n in range(300):
        connection.execute(f"CREATE TABLE table_{n} (id INTEGER PRIMARY KEY, b TEXT)")
    connection.commit()
    connection.close()
    return path


def by_connection(path: Path) -> sa.Engine:
    return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(path))


def corrupt(path: Path) -> None:
    """Overwrite what is behind the first page, in which the schema begins."""
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


def test_corrupt_file(sqlite_file: Path) -> None:
    corrupt(sqlite_file)
    with pytest.raises(DatabaseError, match="malformed"):
        snapshot(sqlite_file)
    engine = by_connection(sqlite_file)
    with engine.connect() as connection:
        with pytest.raises(sa.exc.DatabaseError, match="malformed"):
            snapshot(connection)
        # The connection is as good as its file: this does not look at the schema.
        assert connection.exec_driver_sql("PRAGMA page_size").scalar()
    engine.dispose()


def test_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("This is no database at all. " * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        snapshot(path)
    with pytest.raises(DatabaseError, match=r"unable to open|disk I/O"):
        snapshot(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"missing\.db"):
        snapshot(tmp_path / "missing.db")
    assert not (tmp_path / "missing.db").exists()


def test_what_is_no_source(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for source in (connection, b"app.db", None):
            with pytest.raises(TypeError, match="pass SQLAlchemy's connection"):
                snapshot(source)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"session\.connection\(\)"):
        snapshot(Session(sa.create_engine(f"sqlite:///{path}")))  # type: ignore[arg-type]
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    with pytest.raises(TypeError, match=r"run_sync\(snapshot\)"):
        snapshot(engine)  # type: ignore[arg-type]


def test_a_password_is_in_no_error() -> None:
    for address in ("postgresql://u:secret@[::1/x", "postgresql://u:secret@::1]:x/"):
        with pytest.raises(DatabaseError) as caught:
            snapshot(address)
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None


def test_locked_file(sqlite_file: Path) -> None:
    holder = sqlite3.connect(sqlite_file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseError, match="locked"):
        snapshot(sqlite_file)
    engine = sa.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(sqlite_file, timeout=0.1)
    )
    with engine.connect() as connection:
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            snapshot(connection)
        holder.execute("ROLLBACK")
        assert len(snapshot(connection)) == 300
    engine.dispose()
    assert len(snapshot(sqlite_file)) == 300
    holder.close()


def test_locks_of_the_program_survive(sqlite_file: Path) -> None:
    """Reading a file by its path does not drop the locks that the program holds."""
    holder = sqlite3.connect(sqlite_file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert len(snapshot(sqlite_file)) == 300
    program = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], timeout=0.1, isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE')\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(sqlite_file)],
        capture_output=True,
        text=True,
    )
    assert "locked" in other.stderr
    holder.close()


def test_names_that_are_not_unicode(tmp_path: Path) -> None:
    path = tmp_path / "garbage.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE placeholder (id INTEGER, other TEXT)")
    connection.execute("CREATE INDEX ix ON placeholder (other)")
    connection.commit()
    connection.close()
    content = path.read_bytes().replace(b"placeholder", b"\xff\xfeaceholde\xc3")
    path.write_bytes(content.replace(b"other", b"o\xedh\xa0r"))
    (table,) = snapshot(path).tables
    assert table.name == b"\xff\xfeaceholde\xc3".decode("utf-8", "surrogateescape")
    assert table.columns[1].name == "o\udcedh\udca0r"
    assert table.indexes[0].parts[0].text == "o\udcedh\udca0r"
    assert len(snapshot(path).fingerprint()) == 64
    assert repr(table)
    assert snapshot(path).diff(snapshot(path)) == []
    engine = by_connection(path)
    with engine.connect() as connected:
        with pytest.raises(sa.exc.OperationalError, match="decode"):
            snapshot(connected)
        assert connected.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()


def test_cursor_held_open_on_sqlite(sqlite_file: Path) -> None:
    engine = by_connection(sqlite_file)
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master")
        first = names.fetchone()
        assert len(snapshot(connection)) == 300
        assert names.fetchone() != first
        assert len(names.fetchall()) == 298
    engine.dispose()


def test_rows_of_an_earlier_query(pg_url: str, tmp_path: Path) -> None:
    """Rows of one query are not taken for another's, which may have more columns."""
    path = tmp_path / "empty.db"
    path.touch()
    none, wide = "SELECT 1, 2, 3 WHERE false", f"SELECT {', '.join('1' * 200)}"
    for connection in (_libpq.Connection(conninfo(pg_url)), _sqlite3.Database(path)):
        before = connection.rows(none)
        if isinstance(connection, _sqlite3.Database):
            connection.rows(wide)
            reader: Any = _catalog.SqliteReader()
            with pytest.raises((DatabaseError, ValueError)):
                reader.feed(None, before)
        else:
            with pytest.raises(DatabaseError, match="not read to their end"):
                connection.rows(wide)
        connection.close()
        with pytest.raises(DatabaseError, match="closed"):
            connection.rows(wide)


def test_failure_after_another_one(pg_url: str, tmp_path: Path) -> None:
    """What is said is about the rows, not about the query that failed before."""
    path = tmp_path / "empty.db"
    path.touch()
    pairs: list[tuple[Any, Any, Any]] = [
        (_libpq.Connection(conninfo(pg_url)), _catalog.PgReader(170000), 0),
        (_sqlite3.Database(path), _catalog.SqliteReader(), None),
    ]
    for connection, reader, query in pairs:
        with pytest.raises(DatabaseError, match="nonsense"):
            connection.execute("nonsense")
        with pytest.raises(ValueError, match=r"another form|not as expected"):
            reader.feed(query, connection.rows("SELECT 1"))
        connection.close()


def test_columns_that_are_added_before_they_are_read(sqlite_file: Path) -> None:
    with contextlib.closing(sqlite3.connect(sqlite_file)) as other:
        other.execute("CREATE TABLE wide (a, b, c, d)")
        other.execute("INSERT INTO wide VALUES ('table', 'n', 'n', '')")
        other.commit()
        rows = _sqlite3.Database(sqlite_file).rows("SELECT * FROM wide")
        for number in range(900):
            other.execute(f"ALTER TABLE wide ADD COLUMN x{number} DEFAULT 'much'")
        other.commit()
    with pytest.raises(DatabaseError, match="columns have changed"):
        _catalog.SqliteReader().feed(None, rows)
