"""Schema constructs made from the names and keywords that a directive was given.

Most directives name tables and columns that exist only in the database.
`SchemaObjects` builds just enough of them for SQLAlchemy to render the DDL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import schema as sa_schema
from sqlalchemy.schema import Column, Constraint, Index
from sqlalchemy.types import NULLTYPE, Integer

from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.schema import (
        CheckConstraint,
        ForeignKey,
        ForeignKeyConstraint,
        MetaData,
        PrimaryKeyConstraint,
        Table,
        UniqueConstraint,
    )
    from sqlalchemy.sql.elements import ColumnElement, TextClause
    from sqlalchemy.types import TypeEngine

    from ._typing import ConstraintName, MigrationContext

# How a constraint is made of which only the name is known, by the words that
# drop_constraint(type_=...) takes.
_NAMED_ONLY: dict[str | None, Callable[..., Any]] = {
    None: lambda **kw: sa_schema.Constraint(**kw),
    "check": lambda name, **kw: sa_schema.CheckConstraint("", name=name),
    "foreignkey": lambda **kw: sa_schema.ForeignKeyConstraint([], [], **kw),
    "primary": lambda **kw: sa_schema.PrimaryKeyConstraint(**kw),
    "unique": lambda **kw: sa_schema.UniqueConstraint(**kw),
}


def _qualified(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)


def _detached(column: Column[Any]) -> Column[Any]:
    """Return a column, or a copy of it if it belongs to a table already."""
    return column if column.table is None else sqla_compat._copy(column)


class SchemaObjects:
    """Makes tables, columns, constraints and indexes for one migration context.

    migration_context: gives the naming convention, by its `target_metadata`.
    """

    def __init__(self, migration_context: MigrationContext | None = None) -> None:
        self.migration_context = migration_context

    def metadata(self) -> MetaData:
        """Return an empty collection of tables with the project's naming convention."""
        opts = {} if self.migration_context is None else self.migration_context.opts
        target: Any = (opts or {}).get("target_metadata")
        if hasattr(target, "naming_convention"):
            return sa_schema.MetaData(naming_convention=target.naming_convention)
        return sa_schema.MetaData()

    def _bare_table(
        self,
        name: str,
        columns: Iterable[str],
        schema: str | None,
        metadata: MetaData | None = None,
    ) -> Table:
        """Return a table whose columns have no type."""
        return sa_schema.Table(
            name,
            self.metadata() if metadata is None else metadata,
            *[sa_schema.Column(column, NULLTYPE) for column in columns],
            schema=schema,
        )

    def primary_key_constraint(
        self,
        name: ConstraintName,
        table_name: str,
        cols: Sequence[str],
        schema: str | None = None,
        **dialect_kw: Any,
    ) -> PrimaryKeyConstraint:
        """Return a primary key over `cols` of a table that holds just those."""
        table = self._bare_table(table_name, cols, schema)
        columns = [table.c[column] for column in cols]
        return sa_schema.PrimaryKeyConstraint(
            *columns,
            name=name,  # type: ignore[arg-type]
            **dialect_kw,
        )

    def foreign_key_constraint(
        self,
        name: ConstraintName,
        source: str,
        referent: str,
        local_cols: list[str],
        remote_cols: list[str],
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> ForeignKeyConstraint:
        """Return a foreign key between two tables, which may be the same one."""
        metadata = self.metadata()
        source_columns = list(local_cols)
        if (source, source_schema) == (referent, referent_schema):
            # Columns may be on both sides, yet are in the table once.
            source_columns = list(dict.fromkeys([*local_cols, *remote_cols]))
        else:
            self._bare_table(referent, remote_cols, referent_schema, metadata)
        table = self._bare_table(source, source_columns, source_schema, metadata)
        constraint = sa_schema.ForeignKeyConstraint(
            local_cols,
            [_qualified(referent_schema, referent, column) for column in remote_cols],
            name=name,
            onupdate=onupdate,
            ondelete=ondelete,
            deferrable=deferrable,
            initially=initially,
            match=match,
            **dialect_kw,
        )
        table.append_constraint(constraint)
        return constraint

    def unique_constraint(
        self,
        name: ConstraintName,
        source: str,
        local_cols: Sequence[str],
        schema: str | None = None,
        **kw: Any,
    ) -> UniqueConstraint:
        """Return a unique constraint over columns of a table that holds just those."""
        table = self._bare_table(source, local_cols, schema)
        columns = [table.c[column] for column in local_cols]
        constraint = sa_schema.UniqueConstraint(*columns, name=name, **kw)
        if not columns:
            # Without a column nothing else leads it to the table.
            table.append_constraint(constraint)
        return constraint

    def check_constraint(
        self,
        name: ConstraintName,
        source: str,
        condition: str | TextClause | ColumnElement[Any],
        schema: str | None = None,
        **kw: Any,
    ) -> CheckConstraint:
        """Return a check constraint on a table by that name."""
        check = sa_schema.CheckConstraint(condition, name=name, **kw)
        column = sa_schema.Column("x", Integer)
        table = sa_schema.Table(source, self.metadata(), column, schema=schema)
        table.append_constraint(check)
        return check

    def generic_constraint(
        self,
        name: ConstraintName,
        table_name: str,
        type_: str | None,
        schema: str | None = None,
        **kw: Any,
    ) -> Any:
        """Return a constraint of which only the name is known, to drop it.

        type_: "check", "foreignkey", "primary", "unique", or None if not known.
        Raises TypeError for any other.
        """
        if type_ not in _NAMED_ONLY:
            known = ", ".join(sorted(map(repr, _NAMED_ONLY)))
            raise TypeError(f"'type' can be one of {known}")
        table = self._bare_table(table_name, (), schema)
        constraint: Constraint = _NAMED_ONLY[type_](name=name, **kw)
        table.append_constraint(constraint)
        return constraint

    def table(self, name: str, *columns: Any, **kw: Any) -> Table:
        """Return a table of its own from columns, constraints and indexes.

        What belongs to another table is copied; tables that foreign keys name are
        made up beside it.

        _constraints_included: whether what `unique=True` and `index=True` on columns
            stand for is among the items already.
        """
        included = kw.pop("_constraints_included", False)
        metadata = self.metadata()
        parts = [_detached(item) for item in columns if isinstance(item, Column)]
        if included:
            for column in parts:
                column.unique = column.index = False
        table = sa_schema.Table(name, metadata, *parts, **kw)
        for item in columns:
            if isinstance(item, Constraint | Index):
                self._attach(item, table)
        for foreign_key in sorted(table.foreign_keys, key=_target_order):
            self._ensure_table_for_fk(metadata, foreign_key)
        return table

    def _attach(self, item: Constraint | Index, table: Table) -> None:
        """Add a constraint or an index to a table, or a copy if it is another's."""
        owner = getattr(item, "parent", None)
        if owner is table:
            return
        if owner is not None:
            item = sqla_compat._copy(item, target_table=table)
        table.append_constraint(item)

    def _ensure_table_for_fk(self, metadata: MetaData, fk: ForeignKey) -> None:
        """Make up the table and the column that a foreign key names."""
        if not sqla_compat._fk_target_is_named(fk):
            return
        schema, name, column = sqla_compat._fk_target_tokens(fk)
        if column is None:
            column = fk.parent.key
        key = sqla_compat._get_table_key(name, schema)
        referent = metadata.tables.get(key)
        if referent is None:
            referent = sa_schema.Table(name, metadata, schema=schema)
        if column not in referent.c:
            referent.append_column(sa_schema.Column(column, NULLTYPE))

    def column(self, name: str, type_: TypeEngine[Any], **kw: Any) -> Column[Any]:
        """Return a column that belongs to no table."""
        return sa_schema.Column(name, type_, **kw)

    def index(
        self,
        name: str | None,
        tablename: str | None,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        schema: str | None = None,
        **kw: Any,
    ) -> Index:
        """Return an index on names, texts and expressions of a table.

        tablename: None if it is not known, as where an index is dropped by its name.
        """
        table = sa_schema.Table(tablename or "no_table", self.metadata(), schema=schema)
        elements = [sqla_compat._textual_index_column(table, each) for each in columns]
        index = sa_schema.Index(name, *elements, **kw)
        if index.table is None:
            # No element is a column that leads to the table.
            table.append_constraint(index)
        return index


def _target_order(foreign_key: ForeignKey) -> list[str]:
    return [name or "" for name in sqla_compat._fk_target_tokens(foreign_key)]
