"""Creating and dropping indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..util import not_none, sqla_compat
from ._operation import MigrateOperation, UndoOnlyOp
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy.schema import Index
    from sqlalchemy.sql.elements import ColumnElement, TextClause, conv, quoted_name

    from ._typing import Invokes, InvokesInBatch, MigrationContext


class CreateIndexOp(MigrateOperation):
    """Creating an index."""

    def __init__(
        self,
        index_name: str | None,
        table_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        self.index_name, self.columns, self.unique = index_name, columns, unique
        self.table_name, self.schema = table_name, schema
        self.if_not_exists, self.kw = if_not_exists, kw
        # On MySQL: a foreign key needs it until the table is dropped.
        self._goes_with_table = False

    def reverse(self) -> MigrateOperation:
        """Return the operation that drops the index."""
        if self._goes_with_table:
            return UndoOnlyOp(self)
        if self.index_name is None:  # the name that it will get takes a table
            return DropIndexOp.from_index(self.to_index())
        creation = CreateIndexOp(
            self.index_name,
            self.table_name,
            list(self.columns),
            schema=self.schema,
            unique=self.unique,
            **self.kw,
        )
        return DropIndexOp(
            self.index_name,
            self.table_name,
            schema=self.schema,
            _reverse=creation,
            unique=self.unique,
            **self.kw,
        )

    def to_diff_tuple(self) -> tuple[str, Index]:
        """Return ("add_index", index)."""
        return "add_index", self.to_index()

    @classmethod
    def from_index(cls, index: Index) -> CreateIndexOp:
        """Return the operation that creates an index which belongs to a table."""
        table = not_none(index.table)
        return cls(
            index.name,
            table.name,
            list(sqla_compat._idx_table_bound_expressions(index)),
            schema=table.schema,
            unique=index.unique,
            **sqla_compat._dialect_kwargs(index),
        )

    def to_index(self, migration_context: MigrationContext | None = None) -> Index:
        """Return the index, on a table of its own.

        migration_context: gives the naming convention.
        Raises ValueError if a column is neither a name nor a SQL expression.
        """
        return SchemaObjects(migration_context).index(
            self.index_name,
            self.table_name,
            self.columns,
            schema=self.schema,
            unique=self.unique,
            **self.kw,
        )

    @classmethod
    def create_index(
        cls,
        operations: Invokes,
        /,
        index_name: str | None,
        table_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Create an index on a table::

            op.create_index("ix_name", "account", [text("lower(name)")])

        index_name: the index's name; None leaves it to the naming convention.
        table_name, schema: the table.
        columns: names of columns, `text()` or other SQL expressions.
        unique: whether no two rows may be equal in them.
        if_not_exists: add IF NOT EXISTS, for databases that have it.
        kw: keywords of SQLAlchemy's `Index`: `quote` and those of dialects, such as
            `postgresql_where` and `mysql_length`.
        Raises ValueError if a column is neither a name nor a SQL expression.
        """
        operations.invoke(
            cls(
                index_name,
                table_name,
                columns,
                schema=schema,
                unique=unique,
                if_not_exists=if_not_exists,
                **kw,
            )
        )

    @classmethod
    def batch_create_index(
        cls,
        operations: InvokesInBatch,
        /,
        index_name: str,
        columns: list[str],
        **kw: Any,
    ) -> None:
        """Create an index on the batch's table.

        The arguments are those of `op.create_index`.
        """
        target = operations.impl
        operations.invoke(
            cls(index_name, target.table_name, columns, schema=target.schema, **kw)
        )


class DropIndexOp(MigrateOperation):
    """Dropping an index."""

    def __init__(
        self,
        index_name: quoted_name | str | conv,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        _reverse: CreateIndexOp | None = None,
        **kw: Any,
    ) -> None:
        self.index_name, self._reverse = index_name, _reverse
        self.table_name, self.schema = table_name, schema
        self.if_exists, self.kw = if_exists, kw

    def to_diff_tuple(self) -> tuple[str, Index]:
        """Return ("remove_index", index)."""
        return "remove_index", self.to_index()

    def reverse(self) -> CreateIndexOp:
        """Return the operation that creates the index."""
        return CreateIndexOp.from_index(self.to_index())

    @classmethod
    def from_index(cls, index: Index) -> DropIndexOp:
        """Return the operation that drops an index which belongs to a table."""
        table = not_none(index.table)
        return cls(
            index.name,  # type: ignore[arg-type]
            table_name=table.name,
            schema=table.schema,
            _reverse=CreateIndexOp.from_index(index),
            unique=index.unique,
            **sqla_compat._dialect_kwargs(index),
        )

    def to_index(self, migration_context: MigrationContext | None = None) -> Index:
        """Return the index to drop, on a table of its own.

        Where its columns are not known it has one made-up column.
        """
        return SchemaObjects(migration_context).index(
            self.index_name,
            self.table_name,
            ["x"] if self._reverse is None else self._reverse.columns,
            schema=self.schema,
            **self.kw,
        )

    @classmethod
    def drop_index(
        cls,
        operations: Invokes,
        /,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop an index.

        index_name: the index's name.
        table_name: its table, which MySQL and SQL Server need to know.
        schema: the schema of both.
        if_exists: add IF EXISTS, for databases that have it.
        kw: keywords of dialects, such as `postgresql_concurrently`.
        """
        operations.invoke(
            cls(
                index_name,
                table_name=table_name,
                schema=schema,
                if_exists=if_exists,
                **kw,
            )
        )

    @classmethod
    def batch_drop_index(
        cls, operations: InvokesInBatch, /, index_name: str, **kw: Any
    ) -> None:
        """Drop an index of the batch's table.

        index_name: the index's name.
        kw: keywords of dialects, such as `postgresql_concurrently`.
        Raises ValueError if a new table is made and the old one has no such index.
        """
        target = operations.impl
        operations.invoke(
            cls(
                index_name,
                table_name=target.table_name,
                schema=target.schema,
                **kw,
            )
        )
