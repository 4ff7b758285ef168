"""Rendering of operations: the text of the directives that a revision file calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Column, Constraint, Index, Table
from sqlalchemy.types import SchemaType

from .. import util
from ..operations import ops
from ..util import sqla_compat
from ._render_base import (
    call,
    dialect_arguments,
    generated_name,
    given,
    ident,
    operation_prefix,
    postgresql_prefix,
    render_named_type,
    render_type,
    stated,
)
from ._render_schema import (
    check_condition,
    exclude_constraint_call,
    render_column,
    render_constraint,
    render_index_elements,
    render_server_default,
    unique_constraint_call,
)

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.types import TypeEngine

    from ..operations._constraints import CreateExcludeConstraintOp
    from ..operations._enum_values import AddEnumValuesOp, NoteOp
    from ..operations._named_types import CreateTypeOp, DropTypeOp
    from .api import AutogenContext

_ALTER_COLUMN_INDENT = ",\n" + " " * 11
_COMMENT_INDENT = "\n" + " " * 4

# Above a directive that drops a constraint of which nobody knows the name.
_UNNAMED_CONSTRAINT_WARNING = (
    "# WARNING: constraint name is None; this directive will fail as",
    "# rendered.  Add a name, or use a naming convention; see",
    "# https://alembic.sqlalchemy.org/en/latest/naming.html",
)
_UNNAMED_MESSAGE = (
    "Autogenerate rendered a drop_constraint() directive for an unnamed constraint "
    "on table {!r}; the migration will fail unless a constraint name is added to the "
    "directive.  Consider using a naming convention so that constraint names are "
    "known ahead of time."
)

# What `create_foreign_key()` takes after the columns, in the order of rendering.
_FOREIGN_KEY_OPTIONS = (
    "source_schema",
    "referent_schema",
    "onupdate",
    "ondelete",
    "initially",
    "deferrable",
    "use_alter",
    "match",
)


def _target(autogen_context: AutogenContext, *names: str | None) -> list[str]:
    """Return the names as arguments, none in a batch, where the table is known."""
    return [] if autogen_context._has_batch else [repr(ident(name)) for name in names]


def _schema(autogen_context: AutogenContext, schema: str | None) -> list[str]:
    return [] if autogen_context._has_batch else stated(schema=ident(schema))


def _directive(autogen_context: AutogenContext, name: str, arguments: list[str]) -> str:
    return call(operation_prefix(autogen_context) + name, arguments)


# --- tables -------------------------------------------------------------------------


def create_table_call(
    autogen_context: AutogenContext, op: ops.CreateTableOp, max_args: int
) -> str:
    """Return the text of `op.create_table(...)`.

    max_args: from more columns and constraints than this on, they are passed as a
        list that is unpacked.
    """
    items = op.columns if _is_original(op) else _items(op.to_table())
    elements = _table_elements(items, autogen_context, op._namespace_metadata)
    body = ",\n".join(elements)
    if len(elements) > max_args:
        body = f"*[{body}]"
    options = [
        *stated(schema=ident(op.schema)),
        *given(comment=op.comment),
        *stated(info=op.info),
        # MySQL reports "mysql_default charset"; SQLAlchemy takes an underscore for it.
        *(f"{key.replace(' ', '_')}={op.kw[key]!r}" for key in sorted(op.kw)),
        *stated(prefixes=op.prefixes),
        *given(if_not_exists=op.if_not_exists),
    ]
    lines = ",\n".join([repr(ident(op.table_name)), body, *options])
    return f"{operation_prefix(autogen_context)}create_table({lines}\n)"


def _items(table: Table) -> list[SchemaItem]:
    return [*table.columns, *table.constraints]


def _is_original(op: ops.CreateTableOp) -> bool:
    """Return whether an operation still has all of a model's table and nothing else.

    Its columns and constraints are rendered as they are then.  Otherwise they have to
    be assembled to a table, copied in most cases, which costs more than rendering.
    """
    table = getattr(op.columns[0], "table", None) if op.columns else None
    if not isinstance(table, Table) or not op._constraints_included:
        return False
    own = {*table.columns, *table.constraints}
    own -= {item for item in table.constraints if sqla_compat._is_type_bound(item)}
    return (
        (table.name, table.schema) == (op.table_name, op.schema)
        and len(op.columns) == len(own)
        and {*op.columns} == own
        and op.kw == sqla_compat._dialect_kwargs(table)
    )


def _type_of_copy(column: Column[Any]) -> TypeEngine[Any]:
    """Return the type that a copy of a column has.

    SQLAlchemy copies the types that come with constraints or are created by
    themselves (Boolean, Enum), and loses some options of dialects on the way.
    `create_table()` is rendered from a copied table, or as if from one.
    """
    type_ = column.type
    return type_.copy() if isinstance(type_, SchemaType) else type_


def _table_elements(
    items: Iterable[SchemaItem],
    autogen_context: AutogenContext,
    namespace: MetaData | None,
) -> list[str]:
    """Return the texts of columns, in their order, and of constraints, sorted.

    A CHECK that is declared within a column stands among the table's, as all databases
    have it: MariaDB takes one for a column, and none with a name.
    """
    columns = []
    constraints = []
    for item in items:
        if isinstance(item, Column):
            type_ = _type_of_copy(item)
            columns.append(render_column(item, autogen_context, type_))
            constraints += [
                render_constraint(check, autogen_context, namespace)
                for check in item.constraints
                if isinstance(check, CheckConstraint)
            ]
        elif isinstance(item, Constraint):
            constraints.append(render_constraint(item, autogen_context, namespace))
    return [*filter(None, columns), *sorted(filter(None, constraints))]


def render_drop_table(autogen_context: AutogenContext, op: ops.DropTableOp) -> str:
    """Return the text of `op.drop_table(...)`."""
    return _directive(
        autogen_context,
        "drop_table",
        [
            repr(ident(op.table_name)),
            *stated(schema=ident(op.schema)),
            *given(if_exists=op.if_exists),
        ],
    )


def _comment_directive(
    autogen_context: AutogenContext,
    name: str,
    op: ops.CreateTableCommentOp | ops.DropTableCommentOp,
    comment: list[str],
) -> str:
    arguments = [
        *_target(autogen_context, op.table_name),
        *comment,
        f"existing_comment={op.existing_comment!r}",
    ]
    if not autogen_context._has_batch:
        arguments.append(f"schema={ident(op.schema)!r}")
    body = f",{_COMMENT_INDENT}".join(arguments)
    return f"{operation_prefix(autogen_context)}{name}({_COMMENT_INDENT}{body}\n)"


def render_create_table_comment(
    autogen_context: AutogenContext, op: ops.CreateTableCommentOp
) -> str:
    """Return the text of `op.create_table_comment(...)`, an argument a line."""
    return _comment_directive(
        autogen_context, "create_table_comment", op, [repr(op.comment)]
    )


def render_drop_table_comment(
    autogen_context: AutogenContext, op: ops.DropTableCommentOp
) -> str:
    """Return the text of `op.drop_table_comment(...)`, an argument a line."""
    return _comment_directive(autogen_context, "drop_table_comment", op, [])


# --- columns ------------------------------------------------------------------------


def render_add_column(autogen_context: AutogenContext, op: ops.AddColumnOp) -> str:
    """Return the text of `op.add_column(...)`."""
    arguments = [
        *_target(autogen_context, op.table_name),
        str(render_column(op.column, autogen_context, checks=op._checks)),
        *_schema(autogen_context, op.schema),
    ]
    if not autogen_context._has_batch:
        arguments += given(if_not_exists=op.if_not_exists)
    return _directive(autogen_context, "add_column", arguments)


def render_drop_column(autogen_context: AutogenContext, op: ops.DropColumnOp) -> str:
    """Return the text of `op.drop_column(...)`."""
    arguments = [
        *_target(autogen_context, op.table_name),
        repr(ident(op.column_name)),
        *_schema(autogen_context, op.schema),
    ]
    if not autogen_context._has_batch:
        arguments += given(if_exists=op.if_exists)
    return _directive(autogen_context, "drop_column", arguments)


def render_alter_column(autogen_context: AutogenContext, op: ops.AlterColumnOp) -> str:
    """Return the text of `op.alter_column(...)`, an option a line."""
    names = [
        *_target(autogen_context, op.table_name),
        repr(ident(op.column_name)),
    ]
    options = [
        *_alter_column_changes(autogen_context, op),
        *_alter_column_context(autogen_context, op),
        *_schema(autogen_context, op.schema),
    ]
    body = _ALTER_COLUMN_INDENT.join([", ".join(names), *options])
    return f"{operation_prefix(autogen_context)}alter_column({body})"


def _alter_column_changes(
    autogen_context: AutogenContext, op: ops.AlterColumnOp
) -> list[str]:
    """Return the existing type, which many databases need, and what changes."""
    options = []
    if op.existing_type is not None:
        existing = render_type(op.existing_type, autogen_context)
        options.append(f"existing_type={existing}")
    if op.modify_server_default is not False:
        default = render_server_default(op.modify_server_default, autogen_context)
        options.append(f"server_default={default}")
    options += given(new_column_name=ident(op.modify_name))
    if op.modify_type is not None:
        options.append(f"type_={render_type(op.modify_type, autogen_context)}")
    options += given(nullable=op.modify_nullable)
    if op.modify_comment is not False:
        options.append(f"comment={op.modify_comment!r}")
    return options


def _alter_column_context(
    autogen_context: AutogenContext, op: ops.AlterColumnOp
) -> list[str]:
    """Return what stays as it is and has to be repeated in some databases."""
    options = given(existing_comment=op.existing_comment)
    if op.modify_nullable is None:
        options += given(existing_nullable=op.existing_nullable)
    options += given(autoincrement=op.kw.get("autoincrement"))
    existing = op.existing_server_default
    if (
        op.modify_server_default is False
        and existing is not None
        and existing is not False
    ):
        default = render_server_default(existing, autogen_context)
        options.append(f"existing_server_default={default}")
    if op._writes_using:
        options += given(postgresql_using=op.kw["postgresql_using"])
    return options


# --- indexes ------------------------------------------------------------------------


def _index_options(autogen_context: AutogenContext, kw: dict[str, Any]) -> list[str]:
    """Return the keyword arguments for dialects, once SQLAlchemy has accepted them.

    Raises ArgumentError for one that a dialect does not have.
    """
    if not kw:
        return []
    return dialect_arguments(autogen_context, Index(None, **kw).dialect_kwargs)


def render_create_index(autogen_context: AutogenContext, op: ops.CreateIndexOp) -> str:
    """Return the text of `op.create_index(...)`."""
    # An index has to be built only for a name by convention; that takes a table.
    name = op.to_index().name if op.index_name is None else op.index_name
    elements = render_index_elements(op.columns, autogen_context)
    return _directive(
        autogen_context,
        "create_index",
        [
            repr(generated_name(autogen_context, name)),
            *_target(autogen_context, op.table_name),
            f"[{', '.join(elements)}]",
            f"unique={op.unique or False!r}",
            *_schema(autogen_context, op.schema),
            *_index_options(autogen_context, op.kw),
            *given(if_not_exists=op.if_not_exists),
        ],
    )


def render_drop_index(autogen_context: AutogenContext, op: ops.DropIndexOp) -> str:
    """Return the text of `op.drop_index(...)`."""
    return _directive(
        autogen_context,
        "drop_index",
        [
            repr(generated_name(autogen_context, op.index_name)),
            *(f"table_name={name}" for name in _target(autogen_context, op.table_name)),
            *_schema(autogen_context, op.schema),
            *_index_options(autogen_context, op.kw),
            *given(if_exists=op.if_exists),
        ],
    )


# --- constraints --------------------------------------------------------------------


def render_create_unique_constraint(
    autogen_context: AutogenContext, op: ops.CreateUniqueConstraintOp
) -> list[str]:
    """Return the text of `op.create_unique_constraint(...)`."""
    constraint: Any = op.to_constraint()
    return [unique_constraint_call(constraint, autogen_context, alter=True)]


def render_create_foreign_key(
    autogen_context: AutogenContext, op: ops.CreateForeignKeyOp
) -> str:
    """Return the text of `op.create_foreign_key(...)`."""
    in_batch = autogen_context._has_batch
    options = {
        name: op.kw.get(name)
        for name in _FOREIGN_KEY_OPTIONS
        if not (in_batch and name == "source_schema")
    }
    # Built for its check of what dialects accept.
    constraint = op.to_constraint()
    return _directive(
        autogen_context,
        "create_foreign_key",
        [
            repr(generated_name(autogen_context, op.constraint_name)),
            *_target(autogen_context, op.source_table),
            repr(ident(op.referent_table)),
            repr([ident(name) for name in op.local_cols]),
            repr([ident(name) for name in op.remote_cols]),
            *given(**options),
            *dialect_arguments(
                autogen_context, sqla_compat._dialect_kwargs(constraint)
            ),
        ],
    )


def render_create_check_constraint(
    autogen_context: AutogenContext, op: ops.CreateCheckConstraintOp
) -> str:
    """Return the text of `op.create_check_constraint(...)`."""
    return _directive(
        autogen_context,
        "create_check_constraint",
        [
            repr(generated_name(autogen_context, op.constraint_name)),
            *_target(autogen_context, op.table_name),
            check_condition(op.condition, autogen_context),
            *_schema(autogen_context, op.schema),
            *_check_options(autogen_context, op),
        ],
    )


def _check_options(
    autogen_context: AutogenContext, op: ops.CreateCheckConstraintOp
) -> list[str]:
    """Return the keyword arguments for dialects, once SQLAlchemy has accepted them.

    Raises ArgumentError for one that a dialect does not have.
    """
    if not op.kw:
        return []
    return dialect_arguments(autogen_context, op.to_constraint().dialect_kwargs)


def render_create_primary_key(constraint: Any, autogen_context: AutogenContext) -> str:
    """Refuse: autogenerate does not detect changes of primary keys.

    Raises NotImplementedError.
    """
    raise NotImplementedError()


def render_drop_constraint(
    autogen_context: AutogenContext, op: ops.DropConstraintOp
) -> str | list[str]:
    """Return the text of `op.drop_constraint(...)`.

    Warns, in the file too, if the constraint has no name: nothing can be dropped then.
    """
    name = generated_name(autogen_context, op.constraint_name)
    directive = _directive(
        autogen_context,
        "drop_constraint",
        [
            repr(name),
            *_target(autogen_context, op.table_name),
            *_schema(autogen_context, op.schema),
            *stated(type_=op.constraint_type),
            *given(if_exists=op.if_exists),
        ],
    )
    if name is not None:
        return directive
    util.warn(_UNNAMED_MESSAGE.format(op.table_name))
    return [*_UNNAMED_CONSTRAINT_WARNING, directive]


def render_create_exclude_constraint(
    autogen_context: AutogenContext, op: CreateExcludeConstraintOp
) -> str:
    """Return the text of `op.create_exclude_constraint(...)`."""
    return exclude_constraint_call(op.to_constraint(), autogen_context, alter=True)


# --- SQL ----------------------------------------------------------------------------


def render_execute(autogen_context: AutogenContext, op: ops.ExecuteSQLOp) -> str:
    """Return the text of `op.execute(...)`.

    Raises NotImplementedError for anything but a string.
    """
    if not isinstance(op.sqltext, str):
        raise NotImplementedError(
            "Autogenerate rendering of SQL Expression language constructs "
            "not supported here; please use a plain SQL string"
        )
    return _directive(autogen_context, "execute", [repr(op.sqltext)])


# --- named types (PostgreSQL) -------------------------------------------------------


def render_create_type(autogen_context: AutogenContext, op: CreateTypeOp) -> str:
    """Return the text of `op.execute(postgresql.CreateEnumType(...))`."""
    return _type_statement(autogen_context, op)


def render_drop_type(autogen_context: AutogenContext, op: DropTypeOp) -> str:
    """Return the text of `op.execute(postgresql.DropEnumType(...))`."""
    return _type_statement(autogen_context, op)


def _type_statement(
    autogen_context: AutogenContext, op: CreateTypeOp | DropTypeOp
) -> str:
    prefix = postgresql_prefix(autogen_context)
    construct = f"{prefix}{type(op.sqltext).__name__}"
    type_ = render_named_type(op.type_, autogen_context)
    return _directive(autogen_context, "execute", [call(construct, [type_])])


def render_add_enum_values(
    autogen_context: AutogenContext, op: AddEnumValuesOp
) -> list[str]:
    """Return an `autocommit_block()` with `op.execute("ALTER TYPE ...")` in it."""
    prefix = operation_prefix(autogen_context)
    statements = [
        _directive(autogen_context, "execute", [repr(sql)]) for sql in op.statements
    ]
    return [f"with {prefix}get_context().autocommit_block():", *statements, ""]


def render_note(autogen_context: AutogenContext, op: NoteOp) -> list[str]:
    """Return no lines: the comment is put above them."""
    return []
