"""PostgreSQL: USING, identities, sequences behind SERIAL, index expressions."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    Column,
    DefaultClause,
    Identity,
    Table,
    UniqueConstraint,
    literal_column,
    select,
)
from sqlalchemy import types as sqltypes
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, Null

from .. import util
from ..util import sqla_compat
from ..util.sqla_compat import compiles
from . import _pg_compare, _stored_types
from ._autogen import ComparisonResult, is_plain_string
from .base import (
    AlterColumn,
    ColumnComment,
    IdentityColumnDefault,
    RenameTable,
    _as_type,
    alter,
    alter_the_column,
    format_column_name,
    format_table_name,
    format_type,
    quote_text,
)
from .impl import AutogenView, DefaultImpl

if TYPE_CHECKING:
    from sqlalchemy import Index
    from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN, HSTORE, JSON, JSONB
    from sqlalchemy.dialects.postgresql.base import PGDDLCompiler
    from sqlalchemy.engine import Inspector
    from sqlalchemy.types import TypeEngine

    from .base import _ServerDefaultArgument

log = logging.getLogger("alembic.ddl.postgresql")

# In columns of these types a model's string is taken for an expression.
_FRACTIONS = (sqltypes.Numeric, sqltypes.Float)

# The constructs of SQLAlchemy's dialect, which is not imported before it is needed.
_DROPS_TYPE = frozenset(("drop_enum_type", "drop_domain_type"))


def report_serial(sequence: str, table: str, column: str) -> None:
    """Tell that a column's default is left out, since SERIAL stands for it."""
    log.info(
        "Detected sequence named '%s' as owned by integer column '%s(%s)', "
        "assuming SERIAL and omitting",
        sequence,
        table,
        column,
    )


class PostgresqlImpl(DefaultImpl):
    """The implementation for PostgreSQL."""

    __dialect__ = "postgresql"

    transactional_ddl = True
    type_synonyms = DefaultImpl.type_synonyms + ({"DOUBLE PRECISION", "FLOAT"},)

    def _stored_types(self, definition: str) -> Iterable[str]:
        return _stored_types.on_postgresql(definition)

    @util.memoized_property
    def _default_answers(self) -> dict[tuple[str, str], bool]:
        """(The database's text, the model's) -> whether the server says they differ."""
        return {}

    def _exec(self, construct: Any, *args: Any, **kw: Any) -> Any:
        # What is executed may redefine a function that a default calls.
        self._default_answers.clear()
        result = super()._exec(construct, *args, **kw)
        if getattr(construct, "__visit_name__", None) in _DROPS_TYPE:
            sqla_compat._forget_created_type(self.memo, construct.element)
        return result

    def create_index(self, index: Index, **kw: Any) -> None:
        """Create an index, whose included columns may be unknown to its table."""
        table = index.table
        for name in index.dialect_kwargs.get("postgresql_include") or ():
            # An index without table is SQLAlchemy's to complain of.
            if table is not None and name not in table.c:
                table.append_column(Column(name, sqltypes.NullType))
        super().create_index(index, **kw)

    def prep_table_for_batch(self, batch_impl: Any, table: Table) -> None:
        """Drop the old table's named constraints: names are unique in a schema."""
        for constraint in sqla_compat._in_creation_order(table.constraints):
            if constraint.name in batch_impl.named_constraints:
                self.drop_constraint(constraint)

    def compare_server_default(
        self,
        inspector_column: Any,
        metadata_column: Any,
        rendered_metadata_default: Any,
        rendered_inspector_default: Any,
    ) -> bool:
        """Compare texts; where they differ and may mean the same, ask the server.

        A SERIAL column's default is never different.
        """
        found, declared = rendered_inspector_default, rendered_metadata_default
        columns = inspector_column, metadata_column
        known = self._compare_default_texts(*columns, declared, found)
        if known is not None:
            return known
        declared = self._declared_default(inspector_column, metadata_column, declared)
        if any(map(_pg_compare.draws_from_sequence, (found, declared))):
            return True
        return self._server_says_different(found, declared)

    def _compare_default_texts(
        self,
        inspector_column: Any,
        metadata_column: Any,
        declared: str | None,
        found: str | None,
    ) -> bool | None:
        """Return whether defaults differ, as far as their texts say; None: unknown."""
        if _is_serial(metadata_column):
            return False
        if found is None or declared is None:
            return found != declared
        if declared in (found, _pg_compare.without_regclass(found)):
            return False
        if _is_null(metadata_column.server_default):
            return not _pg_compare.is_null(found)
        declared = self._declared_default(inspector_column, metadata_column, declared)
        if any(map(_pg_compare.draws_from_sequence, (found, declared))):
            one, other = map(_pg_compare.without_regclass, (found, declared))
            return False if one == other else None
        return False if _pg_compare.surely_equal(found, declared) else None

    def _declared_default(
        self, inspector_column: Any, metadata_column: Any, declared: str
    ) -> str:
        """Return the metadata's default as SQL."""
        if not is_plain_string(metadata_column.server_default):
            return sqla_compat._undoubled(declared, self.dialect)
        is_number = isinstance(inspector_column.type, _FRACTIONS)
        return _pg_compare.literal(declared, is_number)

    def _server_says_different(self, found: str, declared: str) -> bool:
        question = (found, declared)
        if question not in self._default_answers:
            equal = self._ask(*question)
            if equal is None:
                equal = _pg_compare.same_text(*question)
            self._default_answers[question] = not equal
        return self._default_answers[question]

    def _ask(self, found: str, declared: str) -> bool | None:
        """Return whether the server takes both for equal, None if it cannot say.

        Then the transaction is as it was before.
        """
        sides = _pg_compare.comparable(found, declared)
        if sides is None:
            return None
        one: ColumnClause[Any] = literal_column(sides[0])
        assert self.connection is not None
        try:
            with sqla_compat._undone_by_error(self.connection):
                return bool(
                    self.connection.scalar(select(one == literal_column(sides[1])))
                )
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            return None

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
        existing_type: TypeEngine[Any] | None = None,
        existing_server_default: _ServerDefaultArgument = None,
        existing_nullable: bool | None = None,
        existing_autoincrement: bool | None = None,
        **kw: Any,
    ) -> None:
        """Change a column, its type first.

        postgresql_using: the expression that converts the old values.

        Raises CommandError for postgresql_using without type_.
        """
        using = kw.pop("postgresql_using", None)
        known: dict[str, Any] = {
            "schema": schema,
            "existing_type": existing_type,
            "existing_server_default": existing_server_default,
            "existing_nullable": existing_nullable,
        }
        if type_ is not None:
            self._exec(
                PostgresqlColumnType(
                    table_name, column_name, type_, using=using, **known
                )
            )
        elif using is not None:
            raise util.CommandError(
                "postgresql_using must be used with the type_ parameter"
            )
        super().alter_column(
            table_name,
            column_name,
            nullable=nullable,
            server_default=server_default,
            name=name,
            autoincrement=autoincrement,
            existing_autoincrement=existing_autoincrement,
            **known,
            **kw,
        )

    def autogen_column_reflect(
        self, inspector: Inspector, table: Table, column_info: dict[str, Any]
    ) -> None:
        """Take the default of a SERIAL column away: the type stands for it."""
        default = column_info.get("default")
        type_ = column_info["type"]
        if not default or not isinstance(type_, sqltypes.INTEGER | sqltypes.BIGINT):
            return
        sequence = _pg_compare.sequence_in_default(default)
        owner = sequence and _pg_compare.owner_of(inspector, sequence)
        if owner and owner.column_name == column_info["name"]:
            report_serial(owner.sequence_name, table.name, column_info["name"])
            del column_info["default"]

    def correct_for_autogen_constraints(
        self,
        conn_unique_constraints: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Leave out the indexes that the server made for constraints."""
        for index in list(conn_indexes):
            if index.info.get("duplicates_constraint"):
                conn_indexes.discard(index)

    def _normalize_computed_default(self, sqltext: str) -> str:
        return super()._normalize_computed_default(_pg_compare.without_casts(sqltext))

    # --- comparison of indexes and unique constraints -------------------------------

    def _cleanup_index_expr(self, index: Index, expr: str) -> str:
        assert index.table is not None
        return _pg_compare.reduced(expr, index.table.name)

    def _dialect_options(self, item: Index | UniqueConstraint) -> tuple[Any, ...]:
        """Return the options that make a difference; only NULLS NOT DISTINCT."""
        if item.dialect_kwargs.get("postgresql_nulls_not_distinct"):
            return ("nulls_not_distinct",)
        return ()

    def compare_indexes(
        self, metadata_index: Index, reflected_index: Index
    ) -> ComparisonResult:
        """Compare uniqueness, elements, then options.

        An element with an operator class in its text is passed over, with a warning.
        """
        reasons: list[str] = []
        skipped: list[str] = []
        unique = self._compare_index_unique(metadata_index, reflected_index)
        if unique:
            reasons.append(unique)
        declared, found = metadata_index.expressions, reflected_index.expressions
        if len(declared) != len(found):
            reasons.append(f"expression number {len(found)} to {len(declared)}")
        if not reasons:
            reasons, skipped = self._compare_elements(metadata_index, reflected_index)
            options = self._dialect_options(metadata_index)
            old_options = self._dialect_options(reflected_index)
            if options != old_options:
                reasons.append(f"options {old_options} to {options}")
        if reasons:
            return ComparisonResult.Different(reasons)
        return ComparisonResult.Skip(skipped) if skipped else ComparisonResult.Equal()

    def _compare_elements(
        self, metadata_index: Index, reflected_index: Index
    ) -> tuple[list[str], list[str]]:
        """Return how elements differ, and which could not be compared."""
        reasons: list[str] = []
        skipped: list[str] = []
        pairs = zip(
            metadata_index.expressions, reflected_index.expressions, strict=True
        )
        for position, (declared, found) in enumerate(pairs, 1):
            new, old = self._compile_element(declared), self._compile_element(found)
            if self._cleanup_index_expr(metadata_index, new) == (
                self._cleanup_index_expr(reflected_index, old)
            ):
                continue
            if _pg_compare.names_operator_class(new):
                util.warn(
                    f"Expression #{position} {new!r} in index "
                    f"{reflected_index.name!r} detected to include an operator "
                    "clause. Expression compare cannot proceed. Please move the "
                    "operator clause to the ``postgresql_ops`` dict to enable "
                    "proper compare of the index expressions: "
                    "https://docs.sqlalchemy.org/en/latest/dialects/"
                    "postgresql.html#operator-classes"
                )
                skipped.append(
                    f"expression #{position} {new!r} detected as "
                    "including operator clause."
                )
            else:
                reasons.append(f"expression #{position} {old!r} to {new!r}")
        return reasons, skipped

    def compare_unique_constraint(
        self,
        metadata_constraint: UniqueConstraint,
        reflected_constraint: UniqueConstraint,
    ) -> ComparisonResult:
        """Compare columns, then options."""
        columns = super().compare_unique_constraint(
            metadata_constraint, reflected_constraint
        )
        declared = self._dialect_options(metadata_constraint)
        found = self._dialect_options(reflected_constraint)
        if columns.is_equal and declared != found:
            return ComparisonResult.Different(f"expression {found} to {declared}")
        return columns

    def adjust_reflected_dialect_options(
        self, reflected_object: Any, kind: str
    ) -> dict[str, Any]:
        """Leave out an empty INCLUDE."""
        options = dict(super().adjust_reflected_dialect_options(reflected_object, kind))
        if not options.get("postgresql_include"):
            options.pop("postgresql_include", None)
        return options

    # --- rendering ------------------------------------------------------------------

    def _compile_element(self, element: ClauseElement | str) -> str:
        if isinstance(element, str):
            return element
        return DefaultImpl.render_ddl_sql_expr(self, element)

    def render_ddl_sql_expr(
        self,
        expr: ClauseElement,
        is_server_default: bool = False,
        is_index: bool = False,
        **kw: Any,
    ) -> str:
        """Return an expression as SQL text, an index's in parentheses."""
        if is_index and not isinstance(expr, ColumnClause):
            expr = expr.self_group()
        return super().render_ddl_sql_expr(
            expr, is_server_default=is_server_default, is_index=is_index, **kw
        )

    def render_type(
        self, type_: TypeEngine[Any], autogen_context: AutogenView
    ) -> str | Literal[False]:
        """Render the types that hold other types; False for those that do not."""
        if not type(type_).__module__.startswith("sqlalchemy.dialects.postgresql"):
            return False
        method = getattr(self, f"_render_{type_.__visit_name__}_type", None)
        return method(type_, autogen_context) if method else False

    def _render_HSTORE_type(self, type_: HSTORE, autogen_context: AutogenView) -> str:
        return _render_nested(type_, autogen_context, "text_type")

    def _render_ARRAY_type(
        self, type_: ARRAY[Any], autogen_context: AutogenView
    ) -> str:
        render = _upper_layer("autogenerate.render")._render_type_w_subtype
        code: str = render(type_, autogen_context, "item_type", r"(.+?\()")
        return code

    def _render_DOMAIN_type(self, type_: DOMAIN, autogen_context: AutogenView) -> str:
        code: str = _upper_layer("autogenerate._render_base").render_domain(
            type_, autogen_context
        )
        return code

    def _render_JSON_type(self, type_: JSON, autogen_context: AutogenView) -> str:
        return _render_nested(type_, autogen_context, "astext_type")

    def _render_JSONB_type(self, type_: JSONB, autogen_context: AutogenView) -> str:
        return _render_nested(type_, autogen_context, "astext_type")


def _render_nested(
    type_: TypeEngine[Any], autogen_context: AutogenView, argument: str
) -> str:
    """Render a type whose keyword argument is a type."""
    render = _upper_layer("autogenerate.render")._render_type_w_subtype
    code: str = render(type_, autogen_context, argument, rf"(.+?\(.*{argument}=)")
    return code


def _is_serial(column: Any) -> bool:
    table = column.table
    return bool(
        column.primary_key
        and table is not None
        and column is sqla_compat._autoincrement_column(table)
    )


def _is_null(server_default: Any) -> bool:
    """Return whether a default is null(), which is equal to NULL; text() is not."""
    return isinstance(server_default, DefaultClause) and isinstance(
        server_default.arg, Null
    )


class PostgresqlColumnType(AlterColumn):
    """Give a column another type; using: the expression that converts its values."""

    def __init__(
        self, name: str, column_name: str, type_: TypeEngine[Any], **kw: Any
    ) -> None:
        using = kw.pop("using", None)
        super().__init__(name, column_name, **kw)
        self.type_ = _as_type(type_)
        self.using = using


@compiles(RenameTable, "postgresql")
def visit_rename_table(element: RenameTable, compiler: PGDDLCompiler, **kw: Any) -> str:
    """Render a table's new name; it is written without the schema."""
    new_name = format_table_name(compiler, element.new_table_name, None)
    return alter(element, compiler, "RENAME TO", new_name)


@compiles(PostgresqlColumnType, "postgresql")
def visit_column_type(
    element: PostgresqlColumnType, compiler: PGDDLCompiler, **kw: Any
) -> str:
    """Render a column's new type."""
    using = f"USING {element.using}" if element.using else ""
    # Without USING there is a space at the end, which logs show as upstream's do.
    change = f"TYPE {format_type(compiler, element.type_)} {using}"
    return alter_the_column(element, compiler, change)


@compiles(ColumnComment, "postgresql")
def visit_column_comment(
    element: ColumnComment, compiler: PGDDLCompiler, **kw: Any
) -> str:
    """Render a comment."""
    table = format_table_name(compiler, element.table_name, element.schema)
    column = format_column_name(compiler, element.column_name)
    comment = "NULL"
    if element.comment is not None:
        comment = quote_text(compiler, element.comment)
    return f"COMMENT ON COLUMN {table}.{column} IS {comment}"


@compiles(IdentityColumnDefault, "postgresql")
def visit_identity_column(
    element: IdentityColumnDefault, compiler: PGDDLCompiler, **kw: Any
) -> str:
    """Render an identity added, dropped, or the options of it that change."""
    wanted, existing = element.default, element.existing_server_default
    if wanted is None:
        return alter_the_column(element, compiler, "DROP IDENTITY")
    # False: nothing was said about it.
    if existing is None or existing is False:
        identity = compiler.visit_identity_column(wanted)  # type: ignore[no-untyped-call]
        return alter_the_column(element, compiler, f"ADD {identity}")
    difference = element.impl._compare_identity_default(wanted, existing)  # type: ignore[arg-type]
    changes = [
        _identity_option(compiler, wanted, option)
        for option in sorted(difference.changed)
    ]
    return alter_the_column(element, compiler, " ".join(changes))


def _identity_option(compiler: PGDDLCompiler, wanted: Identity, option: str) -> str:
    if option == "always":
        return f"SET GENERATED {'ALWAYS' if wanted.always else 'BY DEFAULT'}"
    alone = Identity(**{option: getattr(wanted, option)})
    return f"SET {compiler.get_identity_options(alone)}"


def _upper_layer(name: str) -> Any:
    """Return a module of a layer above, for what has always been reached through here.

    Such modules import this one, so they cannot be imported when this one is.
    """
    return importlib.import_module(f"...{name}", __name__)


# Lives with the operations and with autogenerate; old programs import it from here.
_MOVED = {
    "CreateExcludeConstraintOp": "operations._constraints",
    "_add_exclude_constraint": "autogenerate.render",
    "_render_inline_exclude_constraint": "autogenerate.render",
    "_postgresql_autogenerate_prefix": "autogenerate.render",
    "_exclude_constraint": "autogenerate.render",
    "_render_potential_column": "autogenerate.render",
}


def __getattr__(name: str) -> Any:
    if name in _MOVED:
        return getattr(_upper_layer(_MOVED[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
