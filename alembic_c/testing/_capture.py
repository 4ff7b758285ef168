"""Contexts and engines that keep the SQL instead of, or beside, executing it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, overload
from unittest import mock

from sqlalchemy import Engine, MetaData, create_mock_engine, event, text
from sqlalchemy.engine import Dialect

from .. import op
from ..environment import EnvironmentContext
from ..migration import MigrationContext
from ..operations import Operations
from .assertions import _get_dialect, eq_
from .env import _sqlite_file_db

_NO_BREAKS = str.maketrans("", "", "\n\t")


class _Statements:
    """A file that keeps what is written to it: a list of statements, each on a line."""

    def __init__(self, as_script: bool) -> None:
        self.lines: list[str] = []
        self._as_script = as_script

    def write(self, statement: str) -> None:
        line = statement.strip().translate(_NO_BREAKS)
        if self._as_script:
            # Four blanks stand for a tab in what offline mode writes.
            line = line.replace("    ", "").removesuffix(";")
        self.lines.append(line)

    def flush(self) -> None:
        """Nothing is held back."""


class _RecordingContext(MigrationContext):
    """A migration context to which a test can say which SQL it should have given."""

    recorded: _Statements

    def get_buf(self) -> _Statements:
        """Return the file that the statements were written to."""
        return self.recorded

    def clear_assertions(self) -> None:
        """Forget the statements so far."""
        self.recorded.lines.clear()

    def assert_(self, *sql: str) -> None:
        """Claim that these were the statements, whatever their line breaks and tabs."""
        eq_(self.recorded.lines, [each.translate(_NO_BREAKS) for each in sql])

    def assert_contains(self, sql: str) -> None:
        """Claim that one of the statements has this text in it."""
        fragment = sql.translate(_NO_BREAKS)
        assert any(fragment in line for line in self.recorded.lines), (
            f"Could not locate fragment {sql!r} in {self.recorded.lines!r}"
        )


def _recording_connection(dialect: Dialect, recorded: _Statements) -> Any:
    """Return what passes for a connection: it compiles statements and keeps them."""

    def execute(statement: Any, *parameters: Any, **options: Any) -> None:
        if isinstance(statement, str):
            statement = text(statement)
        assert statement.supports_execution
        recorded.write(str(statement.compile(dialect=dialect)))

    return mock.Mock(dialect=dialect, execute=execute)


def op_fixture(
    dialect: str | None = "default",
    as_sql: bool = False,
    naming_convention: dict[str, Any] | None = None,
    literal_binds: bool = False,
    native_boolean: bool | None = None,
) -> _RecordingContext:
    """Put an `op` in use that writes SQL to a list; return its migration context.

    dialect: name of the dialect that compiles, "default" for no vendor's.
    as_sql: whether it is offline mode.
    naming_convention: that of the target metadata.
    literal_binds: whether values stand in the statements.
    native_boolean: whether the dialect has a type for booleans; None leaves it be.
    The context has `assert_(*statements)`, `assert_contains(text)` and
    `clear_assertions()`.
    """
    used = _get_dialect(dialect)
    if native_boolean is not None:
        used.supports_native_boolean = native_boolean
        # SQL Server's dialect would leave the CHECK of a Boolean out.
        used.non_native_boolean_check_constraint = True  # type: ignore[attr-defined]

    recorded = _Statements(as_sql)
    given: dict[str, Any] = {
        "as_sql": as_sql,
        "literal_binds": literal_binds,
        "output_buffer": recorded if as_sql else None,
    }
    options = {name: value for name, value in given.items() if value}
    if naming_convention:
        options["target_metadata"] = MetaData(naming_convention=naming_convention)

    connection = None if as_sql else _recording_connection(used, recorded)
    context = _RecordingContext(used, connection, options)
    context.recorded = recorded
    op._proxy = Operations(context)  # type: ignore[attr-defined]
    return context


def capture_db(dialect: str = "postgresql://") -> tuple[Any, list[str]]:
    """Return an engine that executes nothing, and the list it puts the SQL in.

    dialect: a URL; the dialect is all of it that counts.
    """
    statements: list[str] = []

    def keep(statement: Any, *parameters: Any, **options: Any) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine(dialect, keep)
    return engine, statements


@contextmanager
def _configured_with(**fixed: Any) -> Iterator[None]:
    """Give each `context.configure()` in the block these arguments."""
    configure: Callable[..., None] = EnvironmentContext.configure

    def configure_so(*args: Any, **options: Any) -> None:
        configure(*args, **{**options, **fixed})

    with mock.patch.object(EnvironmentContext, "configure", configure_so):
        yield


@overload
@contextmanager
def capture_context_buffer(
    *, bytes_io: Literal[True], **kw: Any
) -> Iterator[io.BytesIO]: ...


@overload
@contextmanager
def capture_context_buffer(**kw: Any) -> Iterator[io.StringIO]: ...


@contextmanager
def capture_context_buffer(**kw: Any) -> Iterator[io.StringIO | io.BytesIO]:
    """Catch what `env.py` writes in offline mode, for SQLite.

    bytes_io: whether to catch bytes.
    kw: arguments that `context.configure()` gets whatever `env.py` says.
    """
    buffer = io.BytesIO() if kw.pop("bytes_io", False) else io.StringIO()
    fixed = {**kw, "dialect_name": "sqlite", "output_buffer": buffer}
    with _configured_with(**fixed):
        yield buffer


@contextmanager
def capture_engine_context_buffer(**kw: Any) -> Iterator[io.StringIO]:
    """Catch the statements that `env.py` executes, on a SQLite file of its own.

    kw: arguments that `context.configure()` gets whatever `env.py` says.
    """
    buffer = io.StringIO()
    engine: Engine = _sqlite_file_db()
    with engine.connect() as connection:

        def keep(conn: Any, cursor: Any, statement: str, *more: Any) -> None:
            buffer.write(f"{statement}\n")

        event.listen(connection, "before_cursor_execute", keep)
        with _configured_with(**{**kw, "connection": connection}):
            yield buffer


__all__ = [
    "capture_context_buffer",
    "capture_db",
    "capture_engine_context_buffer",
    "op_fixture",
]
