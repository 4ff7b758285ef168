"""Creating, dropping and renaming tables, and their comments."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from ..util import sqla_compat
from ._operation import MigrateOperation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy.schema import Constraint, MetaData, SchemaItem, Table

    from ._typing import Invokes, InvokesInBatch, MigrationContext


def _options(table: Table) -> dict[str, Any]:
    """Return the keywords that a table was made with."""
    return {
        "comment": table.comment,
        "info": dict(table.info),
        "prefixes": list(sqla_compat._table_prefixes(table)),
        **sqla_compat._dialect_kwargs(table),
    }


class CreateTableOp(MigrateOperation):
    """Creating a table."""

    def __init__(
        self,
        table_name: str,
        columns: Sequence[SchemaItem],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        _namespace_metadata: MetaData | None = None,
        _constraints_included: bool = False,
        **kw: Any,
    ) -> None:
        self.table_name, self.schema = table_name, schema
        self.columns, self.if_not_exists = columns, if_not_exists
        self.comment, self.prefixes = kw.pop("comment", None), kw.pop("prefixes", None)
        self.info = kw.pop("info", {})
        self.kw = kw
        self._namespace_metadata = _namespace_metadata
        self._constraints_included = _constraints_included

    def reverse(self) -> DropTableOp:
        """Return the operation that drops the table."""
        options = {
            "comment": self.comment,
            "info": dict(self.info or {}),
            "prefixes": list(self.prefixes or ()),
            **self.kw,
        }
        # Shares columns and constraints, but not the list: `to_table()` copies them.
        creation = CreateTableOp(
            self.table_name,
            list(self.columns),
            schema=self.schema,
            _namespace_metadata=self._namespace_metadata,
            _constraints_included=self._constraints_included,
            **options,
        )
        return DropTableOp(
            self.table_name, schema=self.schema, table_kw=options, _reverse=creation
        )

    def to_diff_tuple(self) -> tuple[str, Table]:
        """Return ("add_table", table)."""
        return "add_table", self.to_table()

    @classmethod
    def from_table(
        cls, table: Table, *, _namespace_metadata: MetaData | None = None
    ) -> CreateTableOp:
        """Return the operation that creates a table like this one.

        Its indexes are not part of it.
        """
        # The columns' types bring their own again.
        constraints: Sequence[Constraint] = sqla_compat._in_creation_order(
            constraint
            for constraint in table.constraints
            if not sqla_compat._is_type_bound(constraint)
        )
        return cls(
            table.name,
            [*table.c, *constraints],
            schema=table.schema,
            _namespace_metadata=_namespace_metadata or table.metadata,
            # Those of unique=True and index=True on columns are in the list.
            _constraints_included=True,
            **_options(table),
        )

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """Return the table, in a `MetaData` of its own.

        migration_context: gives the naming convention.
        """
        return SchemaObjects(migration_context).table(
            self.table_name,
            *self.columns,
            schema=self.schema,
            prefixes=list(self.prefixes or ()),
            comment=self.comment,
            info=dict(self.info or {}),
            _constraints_included=self._constraints_included,
            **self.kw,
        )

    @classmethod
    def create_table(
        cls,
        operations: Invokes,
        /,
        table_name: str,
        *columns: SchemaItem,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> Table:
        """Create a table, with the indexes that it has, and return it::

            color = op.create_table(
                "color",
                Column("code", String(6), primary_key=True),
                Column("title", Text, unique=True),
            )
            op.bulk_insert(color, [{"code": "ff0000", "title": "red"}])

        table_name: the table's name.
        columns: columns, constraints and indexes; others' are copied.
        if_not_exists: add IF NOT EXISTS, for databases that have it.
        kw: keywords of SQLAlchemy's `Table`: `schema`, `comment`, `info`, `prefixes`
            and those of dialects, such as `mysql_engine`.
        Raises TypeError for a keyword that does not name a dialect's option.
        """
        table: Table = operations.invoke(
            cls(table_name, columns, if_not_exists=if_not_exists, **kw)
        )
        return table


class DropTableOp(MigrateOperation):
    """Dropping a table."""

    def __init__(
        self,
        table_name: str,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        table_kw: MutableMapping[Any, Any] | None = None,
        _reverse: CreateTableOp | None = None,
    ) -> None:
        self.table_name, self.schema = table_name, schema
        self.if_exists, self._reverse = if_exists, _reverse
        options = table_kw or {}
        self.comment, self.info, self.prefixes = (
            options.pop(name, None) for name in ("comment", "info", "prefixes")
        )
        self.table_kw = options

    def to_diff_tuple(self) -> tuple[str, Table]:
        """Return ("remove_table", table)."""
        return "remove_table", self.to_table()

    def reverse(self) -> CreateTableOp:
        """Return the operation that creates the table, as far as it is known."""
        return CreateTableOp.from_table(self.to_table())

    @classmethod
    def from_table(
        cls, table: Table, *, _namespace_metadata: MetaData | None = None
    ) -> DropTableOp:
        """Return the operation that drops a table like this one."""
        return cls(
            table.name,
            schema=table.schema,
            table_kw=_options(table),
            _reverse=CreateTableOp.from_table(
                table, _namespace_metadata=_namespace_metadata
            ),
        )

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """Return the table, in a `MetaData` of its own; without columns if unknown.

        migration_context: gives the naming convention.
        """
        creation = self._reverse or CreateTableOp(self.table_name, ())
        return SchemaObjects(migration_context).table(
            self.table_name,
            *creation.columns,
            comment=self.comment,
            info=dict(self.info or {}),
            prefixes=list(self.prefixes or ()),
            schema=self.schema,
            _constraints_included=creation._constraints_included,
            **self.table_kw,
        )

    @classmethod
    def drop_table(
        cls,
        operations: Invokes,
        /,
        table_name: str,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop a table.

        table_name, schema: the table.
        if_exists: add IF EXISTS, for databases that have it.
        kw: keywords of SQLAlchemy's `Table`.
        Raises TypeError for a keyword that does not name a dialect's option.
        """
        operations.invoke(
            cls(table_name, schema=schema, if_exists=if_exists, table_kw=kw)
        )


class AlterTableOp(MigrateOperation):
    """Changing a table; the base of the operations that do."""

    def __init__(self, table_name: str, *, schema: str | None = None) -> None:
        self.table_name = table_name
        self.schema = schema


class RenameTableOp(AlterTableOp):
    """Renaming a table."""

    def __init__(
        self,
        old_table_name: str,
        new_table_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        super().__init__(old_table_name, schema=schema)
        self.new_table_name = new_table_name

    @classmethod
    def rename_table(
        cls,
        operations: Invokes,
        /,
        old_table_name: str,
        new_table_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename a table; it stays in its schema.

        old_table_name, schema: the table.
        new_table_name: its new name.
        """
        operations.invoke(cls(old_table_name, new_table_name, schema=schema))


class CreateTableCommentOp(AlterTableOp):
    """Setting the comment of a table."""

    def __init__(
        self,
        table_name: str,
        comment: str | None,
        *,
        schema: str | None = None,
        existing_comment: str | None = None,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.comment = comment
        self.existing_comment = existing_comment

    @classmethod
    def create_table_comment(
        cls,
        operations: Invokes,
        /,
        table_name: str,
        comment: str | None,
        *,
        existing_comment: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Set the comment of a table.

        table_name, schema: the table.
        comment: the new comment.
        existing_comment: the comment that it has now, to tell what undoes this.
        """
        operations.invoke(
            cls(
                table_name,
                comment,
                existing_comment=existing_comment,
                schema=schema,
            )
        )

    @classmethod
    def batch_create_table_comment(
        cls,
        operations: InvokesInBatch,
        /,
        comment: str | None,
        *,
        existing_comment: str | None = None,
    ) -> None:
        """Set the comment of the batch's table.

        The arguments are those of `op.create_table_comment`.
        """
        target = operations.impl
        operations.invoke(
            cls(
                target.table_name,
                comment,
                existing_comment=existing_comment,
                schema=target.schema,
            )
        )

    def reverse(self) -> CreateTableCommentOp | DropTableCommentOp:
        """Return the operation that sets the comment before, or drops this one."""
        if self.existing_comment is None:
            return DropTableCommentOp(
                self.table_name, existing_comment=self.comment, schema=self.schema
            )
        return CreateTableCommentOp(
            self.table_name,
            self.existing_comment,
            existing_comment=self.comment,
            schema=self.schema,
        )

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """Return a table without columns that has the comment."""
        return SchemaObjects(migration_context).table(
            self.table_name, schema=self.schema, comment=self.comment
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return ("add_table_comment", table, the comment before)."""
        return "add_table_comment", self.to_table(), self.existing_comment


class DropTableCommentOp(AlterTableOp):
    """Removing the comment of a table."""

    def __init__(
        self,
        table_name: str,
        *,
        schema: str | None = None,
        existing_comment: str | None = None,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.existing_comment = existing_comment

    @classmethod
    def drop_table_comment(
        cls,
        operations: Invokes,
        /,
        table_name: str,
        *,
        existing_comment: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Remove the comment of a table.

        table_name, schema: the table.
        existing_comment: the comment that it has now, to tell what undoes this.
        """
        operations.invoke(
            cls(table_name, existing_comment=existing_comment, schema=schema)
        )

    @classmethod
    def batch_drop_table_comment(
        cls, operations: InvokesInBatch, /, *, existing_comment: str | None = None
    ) -> None:
        """Remove the comment of the batch's table.

        The arguments are those of `op.drop_table_comment`.
        """
        target = operations.impl
        operations.invoke(
            cls(
                target.table_name,
                existing_comment=existing_comment,
                schema=target.schema,
            )
        )

    def reverse(self) -> CreateTableCommentOp:
        """Return the operation that sets the comment again."""
        return CreateTableCommentOp(
            self.table_name, self.existing_comment, schema=self.schema
        )

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """Return a table without columns and without a comment."""
        return SchemaObjects(migration_context).table(
            self.table_name, schema=self.schema
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return ("remove_table_comment", table)."""
        return "remove_table_comment", self.to_table()
