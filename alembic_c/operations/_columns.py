"""Adding, altering and dropping columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.types import NULLTYPE

from ._tables import AlterTableOp
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy.schema import CheckConstraint, Column
    from sqlalchemy.types import TypeEngine

    from ._typing import Invokes, InvokesInBatch, MigrationContext, ServerDefault

# The aspects of a column that can change, in the order that autogenerate lists them:
# (the key of the diff, the name in existing_x and modify_x, what modify_x is when the
# aspect does not change).
_ASPECTS: tuple[tuple[str, str, Any], ...] = (
    ("modify_type", "type", None),
    ("modify_nullable", "nullable", None),
    ("modify_default", "server_default", False),
    ("modify_comment", "comment", False),
)
# The order of the existing values in a diff.
_CONTEXT = ("nullable", "type", "server_default", "comment")


class AlterColumnOp(AlterTableOp):
    """Changing a column: its type, nullability, default, comment and name."""

    # Whether `postgresql_using` among the keywords is rendered.  Other packages that
    # have put it there render it themselves.
    _writes_using = False

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        existing_type: Any | None = None,
        existing_server_default: ServerDefault = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        modify_nullable: bool | None = None,
        modify_comment: str | Literal[False] | None = False,
        modify_server_default: Any = False,
        modify_name: str | None = None,
        modify_type: Any | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.column_name = column_name
        self.modify_name = modify_name
        # The other aspects as they are and as they shall be.
        self.existing_type, self.modify_type = existing_type, modify_type
        self.existing_nullable, self.modify_nullable = (
            existing_nullable,
            modify_nullable,
        )
        self.existing_comment, self.modify_comment = existing_comment, modify_comment
        self.existing_server_default = existing_server_default
        self.modify_server_default = modify_server_default
        self.kw = kw

    def _companion(self, **changes: Any) -> AlterColumnOp:
        """Return another change of the column as it is, for the sake of this one."""
        made = AlterColumnOp(
            self.table_name,
            self.column_name,
            schema=self.schema,
            existing_type=self.existing_type,
            existing_nullable=self.existing_nullable,
            **changes,
        )
        made._is_companion = True
        return made

    def to_diff_tuple(self) -> Any:
        """Return a list with one tuple for each aspect that changes.

        ("modify_type", schema, table, column, {"existing_nullable": ..., ...}, before,
        after), then likewise "modify_nullable", "modify_default", "modify_comment".
        """
        return [
            (
                key,
                self.schema,
                self.table_name,
                self.column_name,
                {
                    f"existing_{other}": getattr(self, f"existing_{other}")
                    for other in _CONTEXT
                    if other != aspect
                },
                getattr(self, f"existing_{aspect}"),
                getattr(self, f"modify_{aspect}"),
            )
            for key, aspect, unchanged in _ASPECTS
            if getattr(self, f"modify_{aspect}") is not unchanged
        ]

    def has_changes(self) -> bool:
        """Return whether any aspect but the name changes."""
        changed = any(
            getattr(self, f"modify_{aspect}") is not unchanged
            for _, aspect, unchanged in _ASPECTS
        )
        return changed or any(name.startswith("modify_") for name in self.kw)

    def reverse(self) -> AlterColumnOp:
        """Return the operation that undoes this one, except for a change of name."""
        options = dict(self.kw)
        for _, aspect, unchanged in _ASPECTS:
            before = getattr(self, f"existing_{aspect}")
            after = getattr(self, f"modify_{aspect}")
            if after is not unchanged:
                before, after = after, before
            options[f"existing_{aspect}"] = before
            options[f"modify_{aspect}"] = after
        for name in self.kw:
            if name.startswith("modify_"):
                counterpart = f"existing_{name.removeprefix('modify_')}"
                options[name] = self.kw.get(counterpart)
                options[counterpart] = self.kw[name]
        return AlterColumnOp(
            self.table_name, self.column_name, schema=self.schema, **options
        )

    @classmethod
    def alter_column(
        cls,
        operations: Invokes,
        /,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: ServerDefault = False,
        new_column_name: str | None = None,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_server_default: ServerDefault = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column of a table.

        What is not given stays as it is.  MySQL and SQL Server write the column's
        definition anew, so there state what the column is now as well, with the
        `existing_` arguments.

        table_name, schema: the table.
        column_name: the column's name.
        nullable: whether NULL is allowed from now on.
        comment: the new comment, None for none.
        server_default: the new default, None for none: text, or `text()`, `Computed`,
            `Identity` or another SQL expression.
        new_column_name: the new name.
        type_: the new type; constraints that types such as Boolean and Enum bring are
            dropped and added with it.
        existing_type: the type before; its constraints are dropped.
        existing_server_default: the default before, None for none.
        existing_nullable: whether NULL was allowed before.
        existing_comment: the comment before.
        kw: options of dialects: `autoincrement` and `existing_autoincrement` of MySQL,
            `postgresql_using`, `mssql_drop_default`, `mssql_drop_check`,
            `mssql_drop_foreign_key`.
        """
        operations.invoke(
            cls(
                table_name,
                column_name,
                schema=schema,
                existing_type=existing_type,
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                existing_comment=existing_comment,
                modify_nullable=nullable,
                modify_comment=comment,
                modify_server_default=server_default,
                modify_name=new_column_name,
                modify_type=type_,
                **kw,
            )
        )

    @classmethod
    def batch_alter_column(
        cls,
        operations: InvokesInBatch,
        /,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: ServerDefault = False,
        new_column_name: str | None = None,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_server_default: ServerDefault = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column of the batch's table.

        insert_before, insert_after: accepted and, as ever, without effect: columns
            that are there are moved by `partial_reordering` of `batch_alter_table`.

        The other arguments are those of `op.alter_column`.
        Raises KeyError if a new table is made and the old one has no such column.
        """
        target = operations.impl
        operations.invoke(
            cls(
                target.table_name,
                column_name,
                schema=target.schema,
                existing_type=existing_type,
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                existing_comment=existing_comment,
                modify_nullable=nullable,
                modify_comment=comment,
                modify_server_default=server_default,
                modify_name=new_column_name,
                modify_type=type_,
                insert_before=insert_before,
                insert_after=insert_after,
                **kw,
            )
        )


class AddColumnOp(AlterTableOp):
    """Adding a column to a table."""

    # Those of the CHECKs declared within the column that are rendered within it.
    _checks: tuple[CheckConstraint, ...] = ()

    def __init__(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.column, self.if_not_exists, self.kw = column, if_not_exists, kw
        self.inline_references = inline_references
        self.inline_primary_key = inline_primary_key

    def reverse(self) -> DropColumnOp:
        """Return the operation that drops the column."""
        dropping = DropColumnOp.from_column_and_tablename(
            self.schema, self.table_name, self.column
        )
        dropping.if_exists = self.if_not_exists
        return dropping

    def to_diff_tuple(self) -> tuple[str, str | None, str, Column[Any]]:
        """Return ("add_column", schema, table, column)."""
        return "add_column", self.schema, self.table_name, self.column

    def to_column(self) -> Column[Any]:
        """Return the column."""
        return self.column

    @classmethod
    def from_column(cls, col: Column[Any]) -> AddColumnOp:
        """Return the operation that adds a column to the table that it belongs to."""
        return cls(col.table.name, col, schema=col.table.schema)

    @classmethod
    def from_column_and_tablename(
        cls, schema: str | None, tname: str, col: Column[Any]
    ) -> AddColumnOp:
        """Return the operation that adds a column to a table given by its name."""
        return cls(tname, col, schema=schema)

    @classmethod
    def add_column(
        cls,
        operations: Invokes,
        /,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column to a table::

            op.add_column("account", Column("owner_id", ForeignKey("person.id")))

        Its constraints and indexes are added by statements of their own.  In a table
        that has rows a column that is NOT NULL needs a `server_default`.

        table_name, schema: the table.
        column: the column; it is copied if it belongs to a table.
        if_not_exists: add IF NOT EXISTS, for databases that have it.
        inline_references: write REFERENCES into the column's definition, if there is
            exactly one foreign key; some databases can add it that way only.
        inline_primary_key: write PRIMARY KEY into the column's definition.
        """
        operations.invoke(
            cls(
                table_name,
                column,
                schema=schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
            )
        )

    @classmethod
    def batch_add_column(
        cls,
        operations: InvokesInBatch,
        /,
        column: Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column to the batch's table.

        insert_before: where a new table is made, the column that this one comes before.
        insert_after: likewise, the column that this one comes behind.

        The other arguments are those of `op.add_column`.
        Raises CommandError if a place is given and no new table is made.
        """
        target = operations.impl
        places = {"insert_before": insert_before, "insert_after": insert_after}
        operations.invoke(
            cls(
                target.table_name,
                column,
                schema=target.schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
                **{name: place for name, place in places.items() if place},
            )
        )


class DropColumnOp(AlterTableOp):
    """Dropping a column of a table."""

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        _reverse: AddColumnOp | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.column_name, self.if_exists, self.kw = column_name, if_exists, kw
        self._reverse = _reverse

    def to_diff_tuple(self) -> tuple[str, str | None, str, Column[Any]]:
        """Return ("remove_column", schema, table, column)."""
        return "remove_column", self.schema, self.table_name, self.to_column()

    def reverse(self) -> AddColumnOp:
        """Return the operation that adds the column.

        Raises ValueError if only its name is known.
        """
        if self._reverse is None:
            raise ValueError(
                "operation is not reversible; original column is not present"
            )
        return AddColumnOp(
            self.table_name,
            self._reverse.column,
            schema=self.schema,
            if_not_exists=self.if_exists,
        )

    @classmethod
    def from_column_and_tablename(
        cls, schema: str | None, tname: str, col: Column[Any]
    ) -> DropColumnOp:
        """Return the operation that drops a column of a table given by its name."""
        return cls(
            tname,
            col.name,
            schema=schema,
            _reverse=AddColumnOp.from_column_and_tablename(schema, tname, col),
        )

    def to_column(
        self, migration_context: MigrationContext | None = None
    ) -> Column[Any]:
        """Return the column to drop; one without a type if only its name is known."""
        if self._reverse is not None:
            return self._reverse.column
        return SchemaObjects(migration_context).column(self.column_name, NULLTYPE)

    @classmethod
    def drop_column(
        cls,
        operations: Invokes,
        /,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Drop a column of a table.

        table_name, schema: the table.
        column_name: the column's name.
        kw: `if_exists`, for databases that have it; `mssql_drop_default`,
            `mssql_drop_check`, `mssql_drop_foreign_key`: drop what SQL Server has
            made for the column under a name of its own.
        """
        operations.invoke(cls(table_name, column_name, schema=schema, **kw))

    @classmethod
    def batch_drop_column(
        cls, operations: InvokesInBatch, /, column_name: str, **kw: Any
    ) -> None:
        """Drop a column of the batch's table.

        column_name: the column's name.
        kw: those of `op.drop_column`; `existing_type`: a Boolean or Enum type whose
            named constraint goes with the column.
        Raises KeyError if a new table is made and the old one has no such column.
        """
        target = operations.impl
        operations.invoke(
            cls(target.table_name, column_name, schema=target.schema, **kw)
        )
