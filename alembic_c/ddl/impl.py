"""What a migration asks of a dialect, and the answer that fits most of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TextIO

from sqlalchemy import (
    Column,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    cast,
    schema,
    text,
)
from sqlalchemy.util import immutabledict

from .. import util
from ..util import sqla_compat
from . import _autogen, base
from ._autogen import ComparisonResult as ComparisonResult
from ._autogen import Params as Params
from ._autogen import _constraint_sig as _constraint_sig

if TYPE_CHECKING:
    from sqlalchemy import (
        CheckConstraint,
        Connection,
        Dialect,
        ForeignKeyConstraint,
        Identity,
        Index,
        UniqueConstraint,
    )
    from sqlalchemy.engine import CursorResult, Inspector
    from sqlalchemy.schema import Constraint
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.elements import ClauseElement, quoted_name
    from sqlalchemy.sql.selectable import TableClause
    from sqlalchemy.types import TypeEngine

    from ..runtime._failures import Journal
    from .base import _ServerDefaultArgument

log = logging.getLogger("alembic.ddl.impl")

_impls: dict[str, type[DefaultImpl]] = {}

# What databases add to, or drop from, the text of a generated column.
_INSIGNIFICANT = str.maketrans("", "", " ()'\"`[]\t\r\n")


class BatchOperationsView(Protocol):
    """What is asked of a batch: the operations collected, as (name, arguments, …)."""

    @property
    def batch(self) -> list[Any]: ...


class AutogenView(Protocol):
    """What is asked of autogenerate while a type is rendered."""

    imports: set[str]
    opts: dict[str, Any]

    @property
    def migration_context(self) -> Any: ...


class ImplMeta(type):
    """Registers each implementation under its `__dialect__`; the last one counts."""

    def __init__(
        cls, classname: str, bases: tuple[type[DefaultImpl]], dict_: dict[str, Any]
    ) -> None:
        super().__init__(classname, bases, dict_)
        if "__dialect__" in dict_:
            _impls[dict_["__dialect__"]] = cls  # type: ignore[assignment]


class DefaultImpl(metaclass=ImplMeta):
    """How the steps of a migration are done, and tables compared, on a dialect.

    A dialect's package subclasses it, sets `__dialect__` to the dialect's name and
    overrides what differs; nothing else is needed to register it.

    dialect: the SQLAlchemy dialect; connection: where to execute, None offline;
    as_sql: write statements to output_buffer instead of executing them;
    transactional_ddl: overrides the class's, None for no opinion; context_opts: the
    options of the migration context.

    Raises CommandError if the option literal_binds is given without as_sql.
    """

    __dialect__ = "default"

    transactional_ddl = False
    command_terminator = ";"
    # Sets of type names, in upper case, that autogenerate takes for the same.
    type_synonyms: tuple[set[str], ...] = ({"NUMERIC", "DECIMAL"},)
    # Regular expressions for words behind a type's name that have to be equal.
    type_arg_extract: Sequence[str] = ()
    # Options of an identity that the database does not have.
    identity_attrs_ignore: tuple[str, ...] = ("order", "on_null")
    # Whether there may be a default where reflection reports none.
    _may_hide_defaults = False
    # What the running step has done, for the report if it fails.
    _journal: Journal | None = None

    def __init__(
        self,
        dialect: Dialect,
        connection: Connection | None,
        as_sql: bool,
        transactional_ddl: bool | None,
        output_buffer: TextIO | None,
        context_opts: dict[str, Any],
    ) -> None:
        self.dialect = dialect
        self.connection = connection
        self.as_sql = as_sql
        self.literal_binds = context_opts.get("literal_binds", False)
        self.output_buffer = output_buffer
        # Where named types note that CREATE TYPE was done, while tables are made.
        self.memo: dict[Any, Any] = {}
        self.context_opts = context_opts
        if transactional_ddl is not None:
            self.transactional_ddl = transactional_ddl
        if self.literal_binds and not self.as_sql:
            raise util.CommandError(
                "Can't use literal_binds setting without as_sql mode"
            )

    @classmethod
    def get_by_dialect(cls, dialect: Dialect) -> type[DefaultImpl]:
        """Return the implementation for a dialect, by its name.

        Raises KeyError if there is none.
        """
        return _impls[dialect.name]

    # --- execution and output -------------------------------------------------------

    @property
    def bind(self) -> Connection | None:
        """The connection, None offline."""
        return self.connection

    def static_output(self, text: str) -> None:
        """Write a text to the offline output, and an empty line.

        What the encoding of the stream does not know makes it UTF-8.
        """
        stream: Any = self.output_buffer
        assert stream is not None
        try:
            stream.write(f"{text}\n\n")
        except UnicodeEncodeError:
            if not hasattr(stream, "buffer"):
                raise
            stream.flush()
            stream.buffer.write(f"{text}\n\n".encode())
        stream.flush()

    def _exec(
        self,
        construct: Executable | str,
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Sequence[Mapping[str, Any]] | None = None,
        params: Mapping[str, Any] = immutabledict(),
    ) -> CursorResult[Any] | None:
        """Execute a statement, or write it.

        Raises TypeError for parameters offline, and for both kinds of parameters.
        """
        statement: Any = text(construct) if isinstance(construct, str) else construct
        if self.as_sql:
            if multiparams is not None or params:
                raise TypeError("SQL parameters not allowed with as_sql")
            self.static_output(self._as_script(statement))
            return None
        connection = self.connection
        assert connection is not None
        if execution_options:
            connection = connection.execution_options(**execution_options)
        if params and multiparams is not None:
            raise TypeError("Can't send params and multiparams at the same time")
        return connection.execute(statement, multiparams or params)

    def _as_script(self, statement: Any) -> str:
        """Return a statement as the offline output has it."""
        options: dict[str, Any] = {}
        if self.literal_binds and not isinstance(
            statement, schema.ExecutableDDLElement
        ):
            options["compile_kwargs"] = {"literal_binds": True}
        sql = str(statement.compile(dialect=self.dialect, **options))
        return sql.replace("\t", "    ").strip() + self.command_terminator

    def execute(
        self,
        sql: Executable | str,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Execute or write a statement given by a migration."""
        self._exec(sql, execution_options)

    def start_migrations(self) -> None:
        """Do what has to be done once before migrations run; nothing by default."""

    def emit_begin(self) -> None:
        """Write the start of a transaction to the offline output."""
        self.static_output(f"BEGIN{self.command_terminator}")

    def emit_commit(self) -> None:
        """Write the end of a transaction to the offline output."""
        self.static_output(f"COMMIT{self.command_terminator}")

    # --- the version table ----------------------------------------------------------

    def version_table_impl(
        self,
        *,
        version_table: str,
        version_table_schema: str | None,
        version_table_pk: bool,
        **kw: Any,
    ) -> Table:
        """Return the table that holds the applied revisions.

        Override it to add columns or to change types; the column `version_num` has to
        stay.

        version_table: its name; version_table_pk: whether it has a primary key.
        """
        revision: Column[str] = Column("version_num", String(32), nullable=False)
        items: list[schema.SchemaItem] = [revision]
        if version_table_pk:
            items.append(PrimaryKeyConstraint(revision, name=f"{version_table}_pkc"))
        return Table(version_table, MetaData(), *items, schema=version_table_schema)

    # --- batch mode -----------------------------------------------------------------

    def requires_recreate_in_batch(self, batch_op: BatchOperationsView) -> bool:
        """Return whether a batch has to copy the table; asked for recreate="auto"."""
        return False

    def prep_table_for_batch(self, batch_impl: Any, table: Table) -> None:
        """Prepare a new table that will take another's name, before it is made.

        batch_impl: has `named_constraints` and `drop_constraint`.
        """

    def cast_for_batch_migrate(
        self, existing: Any, existing_transfer: dict[str, Any], new_type: Any
    ) -> None:
        """Set how a column whose type changes is copied, in `existing_transfer`."""
        if not sqla_compat._affinities_match(existing.type, new_type):
            existing_transfer["expr"] = cast(existing_transfer["expr"], new_type)

    # --- columns --------------------------------------------------------------------

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        server_default: _ServerDefaultArgument = False,
        name: str | None = None,
        type_: TypeEngine[Any] | None = None,
        schema: str | None = None,
        autoincrement: bool | None = None,
        comment: str | Literal[False] | None = False,
        existing_comment: str | None = None,
        existing_type: TypeEngine[Any] | None = None,
        existing_server_default: _ServerDefaultArgument = None,
        existing_nullable: bool | None = None,
        existing_autoincrement: bool | None = None,
        **kw: Any,
    ) -> None:
        """Change a column, by one statement for each property that changes.

        None (False for server_default and comment) leaves a property as it is.
        """
        if autoincrement is not None or existing_autoincrement is not None:
            util.warn(
                "autoincrement and existing_autoincrement only make sense for MySQL",
                stacklevel=3,
            )
        known: dict[str, Any] = {
            "schema": schema,
            "existing_type": existing_type,
            "existing_server_default": existing_server_default,
            "existing_nullable": existing_nullable,
            "existing_comment": existing_comment,
        }
        where = (table_name, column_name)
        if nullable is not None:
            self._exec(base.ColumnNullable(*where, nullable, **known))
        if server_default is not False:
            kind, more = self._default_construct(
                server_default, existing_server_default
            )
            self._exec(kind(*where, server_default, **known, **more))
        if type_ is not None:
            self._exec(base.ColumnType(*where, type_, **known))
        if comment is not False:
            self._exec(base.ColumnComment(*where, comment, **known))
        # Last, since the statements before it use the old name.
        if name is not None:
            self._exec(base.ColumnName(*where, name, **known))

    def _default_construct(
        self, new: _ServerDefaultArgument, old: _ServerDefaultArgument
    ) -> tuple[Callable[..., base.AlterColumn], dict[str, Any]]:
        """Return the construct for a default's change, and its further arguments."""
        if sqla_compat._server_default_is_computed(new, old):
            return base.ComputedColumnDefault, {}
        if sqla_compat._server_default_is_identity(new, old):
            return base.IdentityColumnDefault, {"impl": self}
        return base.ColumnDefault, {}

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | quoted_name | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column; its constraints and indexes are the caller's to add."""
        self._exec(
            base.AddColumn(
                table_name,
                column,
                schema=schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
            )
        )

    def drop_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop a column."""
        self._exec(
            base.DropColumn(table_name, column, schema=schema, if_exists=if_exists)
        )

    # --- constraints, tables, indexes, comments -------------------------------------

    def add_constraint(self, const: Any, **kw: Any) -> None:
        """Add a constraint, unless it is a type's that this dialect does not need."""
        if sqla_compat._create_rule_allows(const, self):
            self._exec(schema.AddConstraint(const, **kw))

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Drop a constraint by its name."""
        self._exec(schema.DropConstraint(const, **kw))

    def rename_table(
        self,
        old_table_name: str,
        new_table_name: str | quoted_name,
        schema: str | quoted_name | None = None,
    ) -> None:
        """Rename a table within its schema."""
        self._exec(base.RenameTable(old_table_name, new_table_name, schema=schema))

    def create_table(self, table: Table, **kw: Any) -> None:
        """Create a table with its indexes and comments."""
        sqla_compat._dispatch_table_event(table, "before_create", self.connection, self)
        self._exec(schema.CreateTable(table, **kw))
        sqla_compat._dispatch_table_event(table, "after_create", self.connection, self)
        for index in sqla_compat._in_name_order(table.indexes):
            self._exec(schema.CreateIndex(index))
        if self.dialect.supports_comments and not self.dialect.inline_comments:
            if table.comment is not None:
                self.create_table_comment(table)
            for column in table.columns:
                if column.comment is not None:
                    self.create_column_comment(column)

    def drop_table(self, table: Table, **kw: Any) -> None:
        """Drop a table."""
        sqla_compat._dispatch_table_event(table, "before_drop", self.connection, self)
        self._exec(schema.DropTable(table, **kw))
        sqla_compat._dispatch_table_event(table, "after_drop", self.connection, self)

    def create_index(self, index: Index, **kw: Any) -> None:
        """Create an index."""
        self._exec(schema.CreateIndex(index, **kw))

    def drop_index(self, index: Index, **kw: Any) -> None:
        """Drop an index."""
        self._exec(schema.DropIndex(index, **kw))

    def create_table_comment(self, table: Table) -> None:
        """Set a table's comment."""
        self._exec(schema.SetTableComment(table))

    def drop_table_comment(self, table: Table) -> None:
        """Drop a table's comment."""
        self._exec(schema.DropTableComment(table))

    def create_column_comment(self, column: Column[Any]) -> None:
        """Set a column's comment."""
        self._exec(schema.SetColumnComment(column))

    # --- rows -----------------------------------------------------------------------

    def bulk_insert(
        self,
        table: TableClause | Table,
        rows: list[dict[str, Any]],
        multiinsert: bool = True,
    ) -> None:
        """Insert rows.

        multiinsert: in one execution, by the keys of the first row; otherwise one
            statement a row, which may hold SQL expressions.

        Raises TypeError if rows is not a list of dictionaries.
        """
        if not isinstance(rows, list):
            raise TypeError("List expected")
        if rows and not isinstance(rows[0], dict):
            raise TypeError("List of dictionaries expected")
        if not rows:
            return
        insert = table.insert().inline()
        if self.as_sql:
            for row in rows:
                self._exec(insert.values(**self._literals(table, row)))
        elif multiinsert:
            self._exec(insert, multiparams=rows)
        else:
            for row in rows:
                self._exec(insert.values(**row))

    def _literals(
        self, table: TableClause | Table, row: dict[str, Any]
    ) -> dict[str, Any]:
        literal = sqla_compat._literal_bindparam
        return {
            key: value
            if isinstance(value, literal)
            else literal(key, value, type_=table.c[key].type)
            for key, value in row.items()
        }

    # --- comparison of columns ------------------------------------------------------

    def _tokenize_column_type(self, column: Column[Any]) -> Params:
        definition = self.dialect.type_compiler_instance.process(column.type)
        return _autogen.tokenize(definition)

    def _column_types_match(
        self, inspector_params: Params, metadata_params: Params
    ) -> bool:
        return _autogen.names_match(
            inspector_params, metadata_params, self.type_synonyms
        )

    def _column_args_match(self, inspected_params: Params, meta_params: Params) -> bool:
        return _autogen.arguments_match(
            inspected_params, meta_params, self.type_arg_extract
        )

    def _stored_types(self, definition: str) -> Iterable[str]:
        """Return what the database may have in place of a type, as DDL has both."""
        return ()

    def _same_type(self, inspected: Params, declared: Params) -> bool:
        """Return whether two types, taken apart, are the same."""
        return self._column_types_match(
            inspected, declared
        ) and self._column_args_match(inspected, declared)

    def _is_stored_as(self, inspected: Params, definition: str) -> bool:
        """Return whether a type of the database is there in place of the metadata's.

        definition: the metadata's, as DDL has it.
        """
        stored = map(_autogen.tokenize, self._stored_types(definition))
        return any(self._same_type(inspected, each) for each in stored)

    def compare_type(
        self, inspector_column: Column[Any], metadata_column: Column[Any]
    ) -> bool:
        """Return whether the type in the database differs from the metadata's."""
        inspected = self._tokenize_column_type(inspector_column)
        declared = self._tokenize_column_type(metadata_column)
        if self._same_type(inspected, declared):
            return False
        definition = self.dialect.type_compiler_instance.process(metadata_column.type)
        return not self._is_stored_as(inspected, definition)

    def compare_server_default(
        self,
        inspector_column: Any,
        metadata_column: Any,
        rendered_metadata_default: Any,
        rendered_inspector_default: Any,
    ) -> bool:
        """Return whether the default in the database differs from the metadata's.

        The rendered defaults are SQL texts, None for no default.
        """
        return bool(rendered_inspector_default != rendered_metadata_default)

    def _compare_default_texts(
        self,
        inspector_column: Any,
        metadata_column: Any,
        declared: str | None,
        found: str | None,
    ) -> bool | None:
        """Return whether defaults differ, as far as their texts say; None: unknown.

        Two texts that differ may still mean the same.
        """
        differ = self.compare_server_default(
            inspector_column, metadata_column, declared, found
        )
        return None if differ else False

    def _normalize_computed_default(self, sqltext: str) -> str:
        """Return what of a generated column's expression is compared."""
        return sqltext.translate(_INSIGNIFICANT).lower()

    def _compare_identity_default(
        self, metadata_identity: Identity | None, inspector_identity: Identity | None
    ) -> _autogen.IdentityDifference:
        return _autogen.compare_identities(
            metadata_identity, inspector_identity, self.identity_attrs_ignore
        )

    def autogen_column_reflect(
        self, inspector: Inspector, table: Table, column_info: dict[str, Any]
    ) -> None:
        """Correct what the database says of a column, when autogenerate reads it.

        column_info: as of SQLAlchemy's event `column_reflect`, changed in place.
        """

    def _compat_autogen_column_reflect(
        self, inspector: Inspector
    ) -> Callable[[Table, dict[str, Any]], None]:
        def correct(table: Table, column_info: dict[str, Any]) -> None:
            self.autogen_column_reflect(inspector, table, column_info)

        return correct

    # --- comparison of constraints --------------------------------------------------

    def correct_for_autogen_constraints(
        self,
        conn_uniques: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Take out of the sets what cannot or need not be compared."""

    def correct_for_autogen_foreignkeys(
        self,
        conn_fks: set[ForeignKeyConstraint],
        metadata_fks: set[ForeignKeyConstraint],
    ) -> None:
        """Make the options of foreign keys comparable."""

    def adjust_reflected_dialect_options(
        self, reflected_object: Any, kind: str
    ) -> dict[str, Any]:
        """Return a reflected constraint's or index's dialect options, corrected.

        kind: "index", "unique_constraint", … as SQLAlchemy's inspector has them.
        """
        options: dict[str, Any] = reflected_object.get("dialect_options", {})
        return options

    def _create_metadata_constraint_sig(
        self, constraint: _autogen._C, **opts: Any
    ) -> _constraint_sig[_autogen._C]:
        return _constraint_sig.from_constraint(True, self, constraint, **opts)

    def _create_reflected_constraint_sig(
        self, constraint: _autogen._C, **opts: Any
    ) -> _constraint_sig[_autogen._C]:
        return _constraint_sig.from_constraint(False, self, constraint, **opts)

    def _compare_index_unique(
        self, metadata_index: Index, reflected_index: Index
    ) -> str | None:
        declared, found = bool(metadata_index.unique), bool(reflected_index.unique)
        return f"unique={found} to unique={declared}" if declared != found else None

    def compare_indexes(
        self, metadata_index: Index, reflected_index: Index
    ) -> ComparisonResult:
        """Compare two indexes of the same name."""
        reasons = []
        unique = self._compare_index_unique(metadata_index, reflected_index)
        if unique:
            reasons.append(unique)
        declared, found = (
            tuple(sqla_compat._index_columns(index))
            for index in (metadata_index, reflected_index)
        )
        for index in (metadata_index, reflected_index):
            if sqla_compat.is_expression_index(index):
                log.warning(
                    "Generating approximate signature for index %s. "
                    "The dialect implementation should either skip expression "
                    "indexes or provide a custom implementation.",
                    index,
                )
        if declared != found:
            reasons.append(f"expression {found} to {declared}")
        return _result(reasons)

    def compare_unique_constraint(
        self,
        metadata_constraint: UniqueConstraint,
        reflected_constraint: UniqueConstraint,
    ) -> ComparisonResult:
        """Compare two unique constraints of the same name."""
        declared = self._create_metadata_constraint_sig(metadata_constraint).unnamed
        found = self._create_reflected_constraint_sig(reflected_constraint).unnamed
        if declared == found:
            return ComparisonResult.Equal()
        return ComparisonResult.Different(f"expression {found} to {declared}")

    def compare_check_constraint(
        self,
        metadata_constraint: CheckConstraint,
        reflected_constraint: CheckConstraint,
    ) -> ComparisonResult:
        """Compare two check constraints of the same name: taken for equal."""
        return ComparisonResult.Equal()

    def _skip_functional_indexes(
        self, metadata_indexes: set[Index], conn_indexes: Iterable[Index]
    ) -> None:
        """Take expression indexes out of the metadata's set, each with a warning.

        Those that were reflected all the same can stay.
        """
        reflected = {index.name for index in conn_indexes}
        for index in list(metadata_indexes):
            if index.name in reflected or not sqla_compat.is_expression_index(index):
                continue
            util.warn(
                "autogenerate skipping metadata-specified "
                "expression-based index "
                f"{index.name!r}; dialect {self.__dialect__!r} under "
                f"SQLAlchemy {sqla_compat.sqlalchemy_version} can't "
                "reflect these indexes so they can't be compared"
            )
            metadata_indexes.discard(index)

    # --- rendering ------------------------------------------------------------------

    def render_ddl_sql_expr(
        self, expr: ClauseElement, is_server_default: bool = False, **kw: Any
    ) -> str:
        """Return an expression as SQL text that can stand in DDL.

        is_server_default: it is a column's default; the keyword is_index: it is an
            element of an index.
        """
        return str(
            expr.compile(
                dialect=self.dialect,
                compile_kwargs={"literal_binds": True, "include_table": False},
            )
        )

    def render_type(
        self, type_obj: TypeEngine[Any], autogen_context: AutogenView
    ) -> str | Literal[False]:
        """Return a type as Python code, or False to have it rendered by its repr."""
        return False


def _result(reasons: list[str]) -> ComparisonResult:
    if reasons:
        return ComparisonResult.Different(reasons)
    return ComparisonResult.Equal()
