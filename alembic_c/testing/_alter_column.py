"""Tests that alter a column and read it back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect
from sqlalchemy.types import TypeEngine

from ..migration import MigrationContext
from ..operations import Operations
from ..util import sqla_compat
from ._sqla import config
from .assertions import eq_

_TABLE = "x"


def _column(described: dict[str, Any]) -> Column[Any]:
    """Make the column that a test describes; what it leaves out has a default here."""
    return Column(
        described.get("name", "colname"),
        described.get("type", String(10)),
        nullable=described.get("nullable", True),
        server_default=described.get("server_default"),
    )


def _default_text(expected: dict[str, Any], column: Column[Any]) -> str | None:
    """Return the text of the default that the column has to have afterwards."""
    if "server_default" in expected:
        text: str = expected["server_default"].text
        return text
    default: Any = column.server_default
    return None if default is None else str(default.arg.text)


class AlterColRoundTripFixture:
    """Base of tests of `alter_column` that see what the database made of it.

    `self.conn` is a connection, `self.ctx` and `self.op` are for it, and what is in
    `self.metadata` is dropped at the end.
    """

    __requires__: tuple[str, ...] = ("alter_column",)

    conn: Connection
    ctx: MigrationContext
    op: Operations
    # Annotated as in `TestBase`, which has a fixture of this name.
    metadata: Any

    def setUp(self) -> None:
        self.metadata = MetaData()
        self.conn = config.db.connect()
        self.ctx = MigrationContext.configure(self.conn)
        self.op = Operations(self.ctx)

    def tearDown(self) -> None:
        with self.conn:
            sqla_compat._safe_rollback_connection_transaction(self.conn)
            with self.conn.begin():
                self.metadata.drop_all(self.conn)

    def _compare_type(self, t1: TypeEngine[Any], t2: TypeEngine[Any]) -> None:
        """Claim that no migration would change the one type to the other."""
        columns = (Column("q", t1), Column("q", t2))
        assert not self.ctx.impl.compare_type(*columns), (
            f"Type objects {t1!r} and {t2!r} didn't compare as equivalent"
        )

    def _compare_server_default(
        self,
        t1: TypeEngine[Any],
        s1: str | None,
        t2: TypeEngine[Any],
        s2: str | None,
    ) -> None:
        """Claim that no migration would change the one default to the other."""
        inspected = Column("q", t1, server_default=s1)
        wanted = Column("q", t2, server_default=s2)
        assert not self.ctx.impl.compare_server_default(inspected, wanted, s2, s1), (
            f"server defaults {s1!r} and {s2!r} didn't compare as equivalent"
        )

    def _reflected(self) -> Any:
        return inspect(self.conn).get_columns(_TABLE)[0]

    def _alter(self, column: Column[Any], changes: dict[str, Any]) -> None:
        default = column.server_default
        self.op.alter_column(
            _TABLE,
            column.name,
            nullable=changes.get("nullable"),
            server_default=changes.get("server_default", False),
            new_column_name=changes.get("name"),
            type_=changes.get("type"),
            existing_type=column.type,
            existing_server_default=False if default is None else default,  # type: ignore[arg-type]
            existing_nullable=bool(column.nullable),
        )

    def _run_alter_col(
        self,
        from_: dict[str, Any],
        to_: dict[str, Any],
        compare: dict[str, Any] | None = None,
    ) -> None:
        """Create a column, alter it, and compare what is there.

        from_: `name`, `type`, `nullable`, `server_default` of the column; a nullable
            String(10) named colname without default where they are missing.
        to_: which of these are altered, and to what.
        compare: what the database should have then; None: `to_`.
        """
        column = _column(from_)
        table = Table(_TABLE, self.metadata, column)
        with sqla_compat._ensure_scope_for_ddl(self.conn):
            table.create(self.conn)
            before = self._reflected()
            self._alter(column, to_)

        found = self._reflected()
        expected = to_ if compare is None else compare
        type_ = expected.get("type", before["type"])
        eq_(found["name"], expected.get("name", column.name))
        eq_(found["nullable"], expected.get("nullable", column.nullable))
        self._compare_type(found["type"], type_)
        self._compare_server_default(
            found["type"], found.get("default"), type_, _default_text(expected, column)
        )


__all__ = ["AlterColRoundTripFixture"]
