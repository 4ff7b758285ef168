"""Batches of changes to one table: by ALTER, or by "move and copy".

`BatchOperationsImpl` collects what the directives of a batch ask for.  At the end of
the batch it passes that to the dialect's implementation, or to an `ApplyBatchImpl`,
which makes a table that has the changes and lets it take the place of the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import Connection, insert, select
from sqlalchemy.schema import (
    CheckConstraint,
    Column,
    Constraint,
    DefaultClause,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)
from sqlalchemy.sql.base import SchemaEventTarget
from sqlalchemy.types import NULLTYPE, to_instance

from ..runtime._failures import (
    all_or_nothing,
    note_changes_in_place,
    sqlite_connection,
    temporary_name,
)
from ..util import exc, sqla_compat
from . import _batch_losses
from ._batch_order import ColumnOrder

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.sql.elements import ColumnClause, quoted_name
    from sqlalchemy.types import TypeEngine

    from ..ddl.impl import DefaultImpl
    from ._typing import ServerDefault

_OFFLINE = (
    "This operation cannot proceed in --sql mode; batch mode with dialect {dialect} "
    "requires a live database connection with which to reflect the table "
    '"{table}". To generate a batch SQL migration script using table "move and copy", '
    'a complete Table object should be passed to the "copy_from" argument of the '
    "batch_alter_table() method so that table reflection can be skipped."
)


class BatchOperationsImpl:
    """Takes the place of the dialect's implementation inside a batch.

    The arguments are those of `Operations.batch_alter_table`, behind the operations
    object that the batch was started on.
    Raises ValueError for an unknown `recreate`.
    """

    def __init__(
        self,
        operations: Any,
        table_name: str,
        schema: str | None,
        recreate: Literal["auto", "always", "never"],
        copy_from: Table | None,
        table_args: Sequence[Any],
        table_kwargs: Mapping[str, Any],
        reflect_args: Sequence[Any],
        reflect_kwargs: Mapping[str, Any],
        naming_convention: Mapping[str, str] | None,
        partial_reordering: Sequence[tuple[str, ...]] | None,
    ) -> None:
        if recreate not in ("auto", "always", "never"):
            raise ValueError("recreate may be one of 'auto', 'always', or 'never'.")
        self.operations = operations
        self.table_name = table_name
        self.schema = schema
        self.recreate = recreate
        self.copy_from = copy_from
        self.table_args = table_args
        self.table_kwargs = dict(table_kwargs)
        self.reflect_args = reflect_args
        self.reflect_kwargs = dict(reflect_kwargs)
        self.reflect_kwargs["listeners"] = [
            *self.reflect_kwargs.get("listeners", ()),
            ("column_reflect", operations.impl.autogen_column_reflect),
        ]
        self.naming_convention = naming_convention
        self.partial_reordering = partial_reordering
        # What to do at the end: (name of a method, its arguments, its keywords).
        self.batch: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    @property
    def dialect(self) -> Dialect:
        """The dialect that statements are written for."""
        dialect: Dialect = self.operations.impl.dialect
        return dialect

    @property
    def impl(self) -> DefaultImpl:
        """The dialect's implementation."""
        impl: DefaultImpl = self.operations.impl
        return impl

    def _must_recreate(self) -> bool:
        if self.recreate == "auto":
            return self.impl.requires_recreate_in_batch(self)
        return self.recreate == "always"

    def flush(self) -> None:
        """Make the changes.

        Raises CommandError if they need a new table and there is neither a connection
        nor a `copy_from`, or if rows of other tables would be lost by it.
        """
        recreate = self._must_recreate()
        with sqla_compat._ensure_scope_for_ddl(self.impl.connection):
            try:
                if recreate:
                    self._move_and_copy()
                else:
                    self._apply_to(self.impl)
            except Exception as problem:
                self._note_changes_in_place(problem)
                raise

    def _note_changes_in_place(self, problem: Exception) -> None:
        connection = self.impl.connection
        # Other databases may answer no question after an error.
        if connection is not None and sqlite_connection(self.impl) is not None:
            note_changes_in_place(
                problem, connection, self.table_name, self.schema, self.batch
            )

    def _move_and_copy(self) -> None:
        existing, reflected = self._existing_table()
        new_version = ApplyBatchImpl(
            self.impl,
            existing,
            tuple(self.table_args),
            self.table_kwargs,
            reflected,
            partial_reordering=tuple(self.partial_reordering or ()),
        )
        self._apply_to(new_version)
        with all_or_nothing(self.impl):
            new_version._create(self.impl)

    def _apply_to(self, target: DefaultImpl | ApplyBatchImpl) -> None:
        for name, args, kw in self.batch:
            getattr(target, name)(*args, **kw)

    def _existing_table(self) -> tuple[Table, bool]:
        """Return the table as it is, and whether it was read from the database."""
        if self.copy_from is not None:
            return self.copy_from, False
        context = self.operations.migration_context
        if context.as_sql:
            raise exc.CommandError(
                _OFFLINE.format(dialect=context.dialect.name, table=self.table_name)
            )
        convention = self.naming_convention
        metadata = MetaData(naming_convention=convention) if convention else MetaData()
        table = Table(
            _batch_losses.real_name(self.impl, self.table_name, self.schema),
            metadata,
            *self.reflect_args,
            schema=self.schema,
            autoload_with=self.operations.get_bind(),
            **self.reflect_kwargs,
        )
        return table, True

    def _later(self, name: str, /, *args: Any, **kw: Any) -> None:
        self.batch.append((name, args, kw))

    def alter_column(self, *arg: Any, **kw: Any) -> None:
        """Note a change of a column."""
        self._later("alter_column", *arg, **kw)

    def add_column(self, *arg: Any, **kw: Any) -> None:
        """Note a new column.

        Raises CommandError if it has a place and, by what was noted so far, no new
        table will be made.
        """
        placed = kw.get("insert_before") or kw.get("insert_after")
        if placed and not self._must_recreate():
            raise exc.CommandError(
                "Can't specify insert_before or insert_after when using ALTER; "
                "please specify recreate='always'"
            )
        self._later("add_column", *arg, **kw)

    def drop_column(self, *arg: Any, **kw: Any) -> None:
        """Note that a column is dropped."""
        self._later("drop_column", *arg, **kw)

    def add_constraint(self, const: Constraint) -> None:
        """Note a new constraint."""
        self._later("add_constraint", const)

    def drop_constraint(self, const: Constraint) -> None:
        """Note that a constraint is dropped."""
        self._later("drop_constraint", const)

    def rename_table(self, *arg: Any, **kw: Any) -> None:
        """Note a new name of the table."""
        self._later("rename_table", *arg, **kw)

    def create_index(self, idx: Index, **kw: Any) -> None:
        """Note a new index."""
        self._later("create_index", idx, **kw)

    def drop_index(self, idx: Index, **kw: Any) -> None:
        """Note that an index is dropped."""
        self._later("drop_index", idx, **kw)

    def create_table_comment(self, table: Table) -> None:
        """Note a new comment of the table."""
        self._later("create_table_comment", table)

    def drop_table_comment(self, table: Table) -> None:
        """Note that the table's comment is removed."""
        self._later("drop_table_comment", table)

    def create_table(self, table: Table) -> None:
        """Refuse."""
        raise NotImplementedError("Can't create table in batch mode")

    def drop_table(self, table: Table) -> None:
        """Refuse."""
        raise NotImplementedError("Can't drop table in batch mode")

    def create_column_comment(self, column: Column[Any]) -> None:
        """Note a new comment of a column."""
        self._later("create_column_comment", column)


class ApplyBatchImpl:
    """The next version of a table, and the steps that put it in place of the table.

    impl: the dialect's implementation.
    table: the table as it is.
    table_args, table_kwargs: further arguments of the new `Table`.
    reflected: whether `table` was read from the database, whose unnamed check
        constraints are left behind.
    partial_reordering: groups of names of columns, in the order wanted.
    """

    def __init__(
        self,
        impl: DefaultImpl,
        table: Table,
        table_args: tuple[Any, ...],
        table_kwargs: dict[str, Any],
        reflected: bool,
        partial_reordering: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        self.impl = impl
        self.table = table
        self.table_args = table_args
        self.table_kwargs = dict(table_kwargs)
        self.temp_table_name = self._calc_temp_name(table.name)
        self.new_table: Table | None = None
        self.partial_reordering = partial_reordering
        self.reflected = reflected

        # By name in the old table; "expr" is what is copied into the new column.
        self.column_transfers: dict[str, dict[str, Any]] = {
            column.name: {"expr": column} for column in table.c
        }
        self.columns = {column.name: self._copy_of(column) for column in table.c}
        self._order = ColumnOrder(list(self.columns), partial_reordering)
        self.named_constraints: dict[str, Constraint] = {}
        self.unnamed_constraints: list[Constraint] = []
        self.col_named_constraints = {
            str(constraint.name): (column, constraint)
            for column in table.c
            for constraint in column.constraints
            if sqla_compat.constraint_name_string(constraint.name)
        }
        self.indexes: dict[Any, Index] = {
            index.name: index for index in sqla_compat._in_name_order(table.indexes)
        }
        self.new_indexes: dict[Any, Index] = {}
        # Columns of the table whose place others have taken that have their names.
        self.replaced_columns: list[str] = []
        self._take_over_constraints()
        for name, value in table.kwargs.items():
            self.table_kwargs.setdefault(name, value)

    @classmethod
    def _calc_temp_name(cls, tablename: quoted_name | str) -> str:
        """Return the name that the new table has until it takes the old one's."""
        return temporary_name(tablename)

    def _copy_of(self, column: Column[Any]) -> Column[Any]:
        duplicate = sqla_compat._copy(column, schema=self.table.schema)
        # Their constraints and indexes are taken from the table.
        duplicate.unique = duplicate.index = False
        return duplicate

    def _take_over_constraints(self) -> None:
        for constraint in sqla_compat._in_creation_order(self.table.constraints):
            is_check = isinstance(constraint, CheckConstraint)
            if sqla_compat._is_type_bound(constraint):
                continue
            if self.reflected and is_check and not constraint.name:
                # Unknown columns may be in it, and types bring theirs again.
                continue
            self._remember(constraint)

    def _remember(self, constraint: Constraint) -> None:
        if sqla_compat.constraint_name_string(constraint.name):
            self.named_constraints[constraint.name] = constraint
        else:
            self.unnamed_constraints.append(constraint)

    # --- the steps ------------------------------------------------------------------

    def _create(self, op_impl: DefaultImpl) -> None:
        """Make the new table, copy the rows, and put it in place of the old one."""
        self._transfer_elements_to_new_table()
        new_table = cast("Table", self.new_table)
        op_impl.prep_table_for_batch(self, self.table)
        op_impl.create_table(new_table)
        try:
            op_impl._exec(self._copy_rows())
            _batch_losses.prevent(op_impl, self)
        except BaseException:
            op_impl.drop_table(new_table)
            raise
        self._drop_old(op_impl, new_table)
        op_impl.rename_table(
            self.temp_table_name, self.table.name, schema=self.table.schema
        )
        self._create_indexes(op_impl, new_table)

    def _drop_old(self, op_impl: DefaultImpl, new_table: Table) -> None:
        """Drop the old table; if that fails, the new one.

        An error need not mean that it was not dropped: the answer may have been lost,
        or somebody may have pressed Ctrl-C.  Then the new table has the only rows.
        """
        try:
            op_impl.drop_table(self.table)
        except BaseException:
            if not _is_gone(op_impl, self.table):
                op_impl.drop_table(new_table)
            raise

    def _copy_rows(self) -> Any:
        """Return the INSERT ... SELECT from the old table to the new one.

        Generated columns are left out: databases refuse values for them.
        """
        new_table = cast("Table", self.new_table)
        sources = {
            name: transfer["expr"]
            for name, transfer in self.column_transfers.items()
            if "expr" in transfer and new_table.c[name].computed is None
        }
        return insert(new_table).from_select(
            [new_table.c[name] for name in sources], select(*sources.values())
        )

    def _create_indexes(self, op_impl: DefaultImpl, new_table: Table) -> None:
        """Create the indexes, once the new table has the name of the old one."""
        new_table.name = self.table.name
        try:
            for index in self._gather_indexes_from_both_tables():
                op_impl.create_index(index)
        finally:
            new_table.name = self.temp_table_name

    def _gather_indexes_from_both_tables(self) -> list[Index]:
        """Return the indexes of the new table: kept ones, then added ones."""
        new_table = self.new_table
        assert new_table is not None

        def named(element: Any) -> Any:
            is_column = isinstance(element, Column)
            return new_table.c[element.key] if is_column else moved(element)

        def moved(element: Any) -> Any:
            return sqla_compat._copy_expression(element, new_table)

        kept = [self._index_of(each, moved) for each in self.indexes.values()]
        return kept + [
            self._index_of(each, named) for each in self.new_indexes.values()
        ]

    def _index_of(self, index: Index, on_new_table: Callable[[Any], Any]) -> Index:
        """Return an index with its elements exchanged for those of the new table.

        Raises KeyError if a new index has a column that the table does not have.
        """
        elements = [
            on_new_table(element)
            for element in sqla_compat._idx_table_bound_expressions(index)
        ]
        duplicate = Index(index.name, *elements, unique=index.unique, **index.kwargs)
        if duplicate.table is None and elements:
            # All elements are texts, which do not lead to a table.
            cast("Table", self.new_table).append_constraint(duplicate)
        return duplicate

    def _transfer_elements_to_new_table(self) -> None:
        """Make `new_table` from the columns and constraints that are left."""
        assert self.new_table is None, "the new table exists already"
        metadata = MetaData()
        schema = self.table.schema
        if self._order.is_changed:
            names = self._order.arrange(self.columns)
            self.columns = {name: self.columns[name] for name in names}
            self.column_transfers = {
                name: self.column_transfers[name] for name in names
            }
        self.new_table = Table(
            self.temp_table_name,
            metadata,
            *self.columns.values(),
            *self.table_args,
            schema=schema,
            **self.table_kwargs,
        )
        for constraint in self._constraints_left():
            is_key = isinstance(constraint, ForeignKeyConstraint)
            to_itself = is_key and sqla_compat._fk_is_self_referential(constraint)
            duplicate = sqla_compat._copy(
                constraint,
                schema=schema,
                # A reference to itself goes by the name that the table will have.
                target_table=self.table if to_itself else self.new_table,
            )
            if isinstance(constraint, ForeignKeyConstraint):
                self._setup_referent(metadata, constraint)
            self.new_table.append_constraint(duplicate)

    def _constraints_left(self) -> Iterator[Any]:
        """Yield the constraints none of whose columns have been dropped."""
        for constraint in [*self.named_constraints.values(), *self.unnamed_constraints]:
            columns = sqla_compat._columns_for_constraint(constraint)
            if {column.key for column in columns} <= set(self.column_transfers):
                yield constraint

    def _setup_referent(
        self, metadata: MetaData, constraint: ForeignKeyConstraint
    ) -> None:
        """Make up the table that a foreign key refers to, if it is another one."""
        targets = [sqla_compat._fk_target_tokens(key) for key in constraint.elements]
        schema, table_name, _ = targets[0]
        if table_name == self.temp_table_name:
            return
        key = sqla_compat._get_table_key(table_name, schema)
        referent = metadata.tables.get(key)
        if referent is None:
            referent = Table(table_name, metadata, schema=schema)
        for target, element in zip(targets, constraint.elements, strict=True):
            column_name = target.column_name or element.parent.key
            if column_name not in referent.c:
                referent.append_column(Column(column_name, NULLTYPE))

    # --- the changes ----------------------------------------------------------------

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        nullable: bool | None = None,
        server_default: ServerDefault = False,
        name: str | None = None,
        type_: TypeEngine[Any] | None = None,
        autoincrement: bool | Literal["auto"] | None = None,
        comment: str | Literal[False] | None = False,
        **kw: Any,
    ) -> None:
        """Change a column of the new table.

        Raises KeyError if there is no such column, ArgumentError for a default that
        cannot be changed that way.
        """
        column = self.columns[column_name]
        transfer = self.column_transfers[column_name]
        if name is not None and name != column_name:
            column.name = transfer["name"] = name
            self._drop_constraint_of_type(kw.get("existing_type"))
        if type_ is not None:
            new_type = to_instance(type_)
            column = self._without_type(column)
            self.impl.cast_for_batch_migrate(
                self.columns[column_name], transfer, new_type
            )
            # The constraints of the new type are added by an operation of their own.
            column.type = new_type
            self.columns[column_name] = column
        if nullable is not None:
            column.nullable = nullable
        if server_default is not False:
            self._set_server_default(column, server_default)
        if autoincrement is not None:
            column.autoincrement = bool(autoincrement)
        if comment is not False:
            column.comment = comment

    def _set_server_default(self, column: Column[Any], server_default: Any) -> None:
        if server_default is None:
            column.server_default = None
        else:
            column.server_default = DefaultClause(server_default)
            column.server_default.column = column

    def _without_type(self, column: Column[Any]) -> Column[Any]:
        """Return a copy of a column to which its type adds no constraints."""
        kept, column.type = column.type, NULLTYPE
        try:
            return sqla_compat._copy(column, schema=self.table.schema)
        finally:
            column.type = kept

    def _drop_constraint_of_type(self, existing_type: Any) -> None:
        """Leave out the named constraint that a Boolean or Enum has brought."""
        if not existing_type:
            return
        resolved = sqla_compat._resolve_for_variant(existing_type, self.impl.dialect)
        name = getattr(resolved, "name", None)
        if isinstance(resolved, SchemaEventTarget) and name:
            self.named_constraints.pop(name, None)

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """Add a column to the new table.

        Raises KeyError if there is no such column to put it next to.
        """
        self._order.place(column.name, insert_before, insert_after)
        if "expr" in self.column_transfers.get(column.name, ()):
            self.replaced_columns.append(column.name)
        # A copy, since it belongs to a table that was made for the operation.
        self.columns[column.name] = sqla_compat._copy(column, schema=self.table.schema)
        self.column_transfers[column.name] = {}

    def drop_column(
        self, table_name: str, column: ColumnClause[Any] | Column[Any], **kw: Any
    ) -> None:
        """Leave a column out of the new table.

        Raises KeyError if there is no such column.
        """
        if column.name in self.table.primary_key.columns:
            sqla_compat._remove_column_from_collection(
                self.table.primary_key.columns, column
            )
        del self.columns[column.name]
        del self.column_transfers[column.name]
        self._order.remove(column.name)
        self._drop_constraint_of_type(kw.get("existing_type"))

    def create_column_comment(self, column: Column[Any]) -> None:
        """Do nothing: the column's definition has the comment."""

    def create_table_comment(self, table: Table) -> None:
        """Do nothing, as ever: a new table keeps no comment."""

    def drop_table_comment(self, table: Table) -> None:
        """Do nothing: a new table has no comment."""

    def add_constraint(self, const: Constraint) -> None:
        """Add a constraint to the new table.

        Raises ValueError if it has no name.
        """
        if not sqla_compat.constraint_name_defined(const.name):
            raise ValueError("Constraint must have a name")
        if (
            isinstance(const, PrimaryKeyConstraint)
            and self.table.primary_key in self.unnamed_constraints
        ):
            self.unnamed_constraints.remove(self.table.primary_key)
        self._remember(const)

    def drop_constraint(self, const: Constraint) -> None:
        """Leave a constraint out of the new table.

        Raises ValueError if it has no name, or if there is no such constraint.
        """
        if not const.name:
            raise ValueError("Constraint must have a name")
        name = str(const.name)
        if name in self.col_named_constraints:
            column, _ = self.col_named_constraints.pop(name)
            constraints = self.columns[column.name].constraints
            constraints -= {each for each in constraints if each.name == name}
        elif name in self.named_constraints:
            dropped = self.named_constraints.pop(name)
            if isinstance(dropped, PrimaryKeyConstraint):
                for key_column in dropped.columns:
                    self.columns[key_column.name].primary_key = False
        elif not sqla_compat._is_type_bound(const):
            # Those of types were not taken over, so need no dropping.
            raise ValueError(f"No such constraint: '{name}'")

    def create_index(self, idx: Index) -> None:
        """Add an index to the new table."""
        self.new_indexes[idx.name] = idx

    def drop_index(self, idx: Index) -> None:
        """Leave an index out of the new table.

        Raises ValueError if there is no such index.
        """
        if idx.name not in self.indexes:
            raise ValueError(f"No such index: '{idx.name}'")
        del self.indexes[idx.name]

    def rename_table(self, *arg: Any, **kw: Any) -> None:
        """Refuse."""
        raise NotImplementedError("TODO")


def _is_gone(impl: DefaultImpl, table: Table) -> bool:
    """Return whether a table is gone for good, on a database that commits DDL."""
    connection = impl.connection
    if type(impl).transactional_ddl or not isinstance(connection, Connection):
        return False
    return not sqla_compat._connectable_has_table(connection, table.name, table.schema)
