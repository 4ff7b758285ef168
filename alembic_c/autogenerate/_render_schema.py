"""Rendering of schema constructs: columns, their defaults, and constraints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import TextClause, schema
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import Computed, DefaultClause, FetchedValue, Identity
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, Label
from sqlalchemy.sql.functions import FunctionElement

from .. import util
from ..util import Dispatcher, sqla_compat
from ._render_base import (
    call,
    dialect_arguments,
    generated_name,
    given,
    ident,
    operation_prefix,
    postgresql_prefix,
    render_type,
    sql_expression,
    sqlalchemy_prefix,
    stated,
    user_defined_render,
)

if TYPE_CHECKING:
    from sqlalchemy import ForeignKey, Index, MetaData
    from sqlalchemy.schema import (
        CheckConstraint,
        Column,
        Constraint,
        ForeignKeyConstraint,
        PrimaryKeyConstraint,
        UniqueConstraint,
    )
    from sqlalchemy.types import TypeEngine

    from .api import AutogenContext

constraint_renderers = Dispatcher()

_OUTER_QUOTES = re.compile(r"^'|'$")


# --- columns ------------------------------------------------------------------------


def render_column(
    column: Column[Any],
    autogen_context: AutogenContext,
    type_: TypeEngine[Any] | None = None,
    checks: Iterable[CheckConstraint] = (),
) -> str:
    """Return the text of `sa.Column(...)` for a column.

    Without primary key, foreign keys, indexes and unique constraints, which are
    rendered by themselves.

    type_: rendered instead of the column's type; checks: those of the column's CHECKs
    that are rendered within it.
    """
    rendered = user_defined_render("column", column, autogen_context)
    if rendered is not False:
        return rendered
    if type_ is None:
        type_ = column.type
    default = column.server_default
    default_text = render_server_default(default, autogen_context) if default else None
    arguments = [
        repr(ident(column.name)),
        f"{render_type(type_, autogen_context)}",
    ]
    if default_text:
        keyword = "" if is_positional_default(default) else "server_default="
        arguments.append(keyword + default_text)
    # Before the keywords.
    texts = [render_constraint(check, autogen_context, None) for check in checks]
    arguments[2:2] = filter(None, texts)
    arguments += _column_options(column)
    arguments += dialect_arguments(autogen_context, sqla_compat._dialect_kwargs(column))
    return call(f"{sqlalchemy_prefix(autogen_context)}Column", arguments)


def _column_options(column: Column[Any]) -> list[str]:
    options = []
    autoincrement = column.autoincrement
    if autoincrement != sqla_compat.AUTOINCREMENT_DEFAULT:
        options += given(autoincrement=autoincrement)
    options += given(nullable=column.nullable)
    if column.system:
        options.append("system=True")
    return options + given(comment=column.comment)


# --- defaults -----------------------------------------------------------------------


def is_positional_default(default: Any) -> bool:
    """Return whether a server default is an argument of `Column()` without keyword."""
    return isinstance(default, Computed | Identity)


def render_server_default(
    default: Any, autogen_context: AutogenContext, repr_: bool = True
) -> str | None:
    """Return the text of a column's server default.

    default: a `FetchedValue` of any kind, or what a `DefaultClause` is made of: a
        string or a SQL expression.
    repr_: render a string as a Python string; otherwise it is returned as it is.
    Anything else, None above all, is returned as it is.
    """
    rendered = user_defined_render("server_default", default, autogen_context)
    if rendered is not False:
        return rendered
    if isinstance(default, Computed):
        return render_computed(default, autogen_context)
    if isinstance(default, Identity):
        return render_identity(default, autogen_context)
    if isinstance(default, DefaultClause):
        default = default.arg
    elif isinstance(default, FetchedValue):
        return render_fetched_value(autogen_context)
    if isinstance(default, ClauseElement):
        return sql_expression(default, autogen_context, is_server_default=True)
    if isinstance(default, str) and repr_:
        return repr(_OUTER_QUOTES.sub("", default))
    return default  # type: ignore[no-any-return]


def render_fetched_value(autogen_context: AutogenContext) -> str:
    """Return the text of `sa.FetchedValue()`."""
    return f"{sqlalchemy_prefix(autogen_context)}FetchedValue()"


def render_computed(computed: Computed, autogen_context: AutogenContext) -> str:
    """Return the text of `sa.Computed(...)`."""
    sql = sql_expression(computed.sqltext, autogen_context, wrap_in_element=False)
    options = ", ".join(given(persisted=computed.persisted))
    return f"{sqlalchemy_prefix(autogen_context)}Computed({sql}, {options})"


def render_identity(identity: Identity, autogen_context: AutogenContext) -> str:
    """Return the text of `sa.Identity(...)`."""
    options = {"always": identity.always}
    options |= sqla_compat._get_identity_options_dict(identity, dialect_kwargs=True)
    return call(
        f"{sqlalchemy_prefix(autogen_context)}Identity",
        [f"{name}={value!r}" for name, value in options.items()],
    )


# --- indexes ------------------------------------------------------------------------


def render_index_elements(
    elements: Iterable[Any], autogen_context: AutogenContext
) -> list[str]:
    """Return the texts of what an index covers: names and `literal_column()`s.

    elements: names of columns, columns and other expressions.
    """
    return [_index_element(element, autogen_context) for element in elements]


def _index_element(element: Any, autogen_context: AutogenContext) -> str:
    if isinstance(element, schema.Column):
        return repr(ident(element.name))
    if isinstance(element, str):
        return repr(ident(element))
    text = sql_expression(element, autogen_context, is_index=True)
    if isinstance(element, Label):
        text += f".label({ident(element.name)!r})"
    return text


def rendered_index_expressions(
    index: Index, autogen_context: AutogenContext
) -> list[str]:
    """Return the texts of what an index covers."""
    return render_index_elements(index.expressions, autogen_context)


# --- constraints --------------------------------------------------------------------


def render_constraint(
    constraint: Constraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Return the text of a constraint within `create_table()`, None to leave it out.

    namespace_metadata: where the tables are that foreign keys refer to.
    Warns about a kind of constraint that nothing renders.
    """
    try:
        renderer = constraint_renderers.dispatch(constraint)
    except ValueError:
        util.warn(f"No renderer is established for object {constraint!r}")
        return f"[Unknown Python object {constraint!r}]"
    text: str | None = renderer(constraint, autogen_context, namespace_metadata)
    return text


def _name_argument(
    constraint: Constraint, autogen_context: AutogenContext
) -> list[str]:
    if not sqla_compat.constraint_name_defined(constraint.name):
        return []
    return [f"name={generated_name(autogen_context, constraint.name)!r}"]


def _column_names(constraint: PrimaryKeyConstraint | UniqueConstraint) -> list[str]:
    return [repr(ident(column.name)) for column in constraint.columns]


@constraint_renderers.dispatch_for(schema.PrimaryKeyConstraint)
def render_primary_key(
    constraint: PrimaryKeyConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Return the text of a primary key, None if it has no columns."""
    rendered = user_defined_render("primary_key", constraint, autogen_context)
    if rendered is not False:
        return rendered
    if not constraint.columns:
        return None
    return call(
        f"{sqlalchemy_prefix(autogen_context)}PrimaryKeyConstraint",
        _column_names(constraint) + _name_argument(constraint, autogen_context),
    )


@constraint_renderers.dispatch_for(schema.UniqueConstraint)
def render_unique_constraint(
    constraint: UniqueConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str:
    """Return the text of a unique constraint within `create_table()`."""
    rendered = user_defined_render("unique", constraint, autogen_context)
    if rendered is not False:
        return rendered
    return unique_constraint_call(constraint, autogen_context, alter=False)


def unique_constraint_call(
    constraint: UniqueConstraint, autogen_context: AutogenContext, alter: bool
) -> str:
    """Return the text of a unique constraint.

    alter: as the directive that adds it to a table, not as the construct.
    """
    options = stated(deferrable=constraint.deferrable, initially=constraint.initially)
    extra = dialect_arguments(autogen_context, sqla_compat._dialect_kwargs(constraint))
    columns = _column_names(constraint)
    if not alter:
        return call(
            f"{sqlalchemy_prefix(autogen_context)}UniqueConstraint",
            columns + options + _name_argument(constraint, autogen_context) + extra,
        )
    table = constraint.table
    in_batch = autogen_context._has_batch
    arguments = [repr(generated_name(autogen_context, constraint.name))]
    if not in_batch:
        arguments.append(repr(ident(table.name)))
    arguments += [f"[{', '.join(columns)}]", *options]
    if not in_batch:
        arguments += stated(schema=ident(table.schema))
    prefix = operation_prefix(autogen_context)
    return call(f"{prefix}create_unique_constraint", arguments + extra)


@constraint_renderers.dispatch_for(schema.CheckConstraint)
def render_check_constraint(
    constraint: CheckConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Return the text of a check constraint, None if a column's type brings it."""
    rendered = user_defined_render("check", constraint, autogen_context)
    if rendered is not False:
        return rendered
    if sqla_compat._is_type_bound(constraint):
        return None
    return call(
        f"{sqlalchemy_prefix(autogen_context)}CheckConstraint",
        [
            check_condition(constraint.sqltext, autogen_context),
            *_name_argument(constraint, autogen_context),
            *dialect_arguments(
                autogen_context, sqla_compat._dialect_kwargs(constraint)
            ),
        ],
    )


def check_condition(condition: Any, autogen_context: AutogenContext) -> str:
    """Return the text of a check constraint's condition, a string."""
    return sql_expression(condition, autogen_context, wrap_in_element=False)


@constraint_renderers.dispatch_for(schema.ForeignKeyConstraint)
def render_foreign_key(
    constraint: ForeignKeyConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Return the text of a foreign key within `create_table()`."""
    rendered = user_defined_render("foreign_key", constraint, autogen_context)
    if rendered is not False:
        return rendered
    columns = [ident(element.parent.name) for element in constraint.elements]
    targets = [
        foreign_key_target(element, namespace_metadata)
        for element in constraint.elements
    ]
    options = [
        *_name_argument(constraint, autogen_context),
        *foreign_key_options(constraint),
        *dialect_arguments(autogen_context, sqla_compat._dialect_kwargs(constraint)),
    ]
    return (
        f"{sqlalchemy_prefix(autogen_context)}ForeignKeyConstraint("
        f"{columns!r}, {targets!r}, {', '.join(options)})"
    )


def foreign_key_options(constraint: ForeignKeyConstraint) -> list[str]:
    """Return the keyword arguments for what a foreign key says besides columns."""
    return stated(
        onupdate=constraint.onupdate,
        ondelete=constraint.ondelete,
        initially=constraint.initially,
        deferrable=constraint.deferrable,
        use_alter=constraint.use_alter,
        match=constraint.match,
    )


def foreign_key_target(
    foreign_key: ForeignKey, namespace: MetaData | None
) -> str | tuple[str, ...]:
    """Return the dotted name of the column that a foreign key refers to.

    A foreign key is declared with the keys of columns and may leave out the default
    schema of its collection of tables; a revision file needs names in full.  Where
    there are dots in the names themselves they are returned apart.

    namespace: that collection; None leaves schemas and keys as they are declared.
    """
    schema, table_name, key = sqla_compat._fk_target_tokens(foreign_key)
    if key is None:
        # Only a table is given: it is the column of the same key there.
        key = foreign_key.parent.key
    if namespace is not None:
        if schema is None:
            schema = namespace.schema
        if not foreign_key.link_to_name and _is_in_table(foreign_key):
            table = namespace.tables.get(sqla_compat._get_table_key(table_name, schema))
            column = None if table is None else table.c.get(key)
            if column is not None:
                key = column.name
    names = [str(name) for name in (schema, table_name, key) if name is not None]
    if "." in table_name or "." in key:
        return tuple(names)
    return ".".join(names)


def _is_in_table(foreign_key: ForeignKey) -> bool:
    parent = getattr(foreign_key, "parent", None)
    return getattr(parent, "table", None) is not None


# --- exclusion constraints (PostgreSQL) ----------------------------------------------


@constraint_renderers.dispatch_for(ExcludeConstraint)
def render_exclude_constraint(
    constraint: ExcludeConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str:
    """Return the text of an exclude constraint within `create_table()`."""
    rendered = user_defined_render("exclude", constraint, autogen_context)
    if rendered is not False:
        return rendered
    return exclude_constraint_call(constraint, autogen_context, alter=False)


def exclude_constraint_call(
    constraint: ExcludeConstraint, autogen_context: AutogenContext, alter: bool
) -> str:
    """Return the text of an exclude constraint.

    alter: as the directive that adds it to a table, not as the construct.
    """
    name = repr(generated_name(autogen_context, constraint.name))
    body = _elements(constraint, autogen_context) + _options(
        constraint, autogen_context
    )
    if not alter:
        if sqla_compat.constraint_name_defined(constraint.name):
            body.append(f"name={name}")
        return call(f"{postgresql_prefix(autogen_context)}ExcludeConstraint", body)
    table = constraint.table
    arguments = [name, *body]
    if not autogen_context._has_batch:
        arguments.insert(1, repr(ident(table.name)))
        arguments += stated(schema=ident(table.schema))
    prefix = operation_prefix(autogen_context)
    return call(f"{prefix}create_exclude_constraint", arguments)


def _elements(
    constraint: ExcludeConstraint, autogen_context: AutogenContext
) -> list[str]:
    return [
        f"({exclude_element(element, autogen_context)}, {operator!r})"
        for element, operator in sqla_compat._exclude_constraint_elements(constraint)
    ]


def exclude_element(element: Any, autogen_context: AutogenContext) -> str:
    """Return the text of the expression that one element of the constraint is."""
    if isinstance(element, ColumnClause):
        kind = "literal_column" if element.is_literal else "column"
        prefix = sqlalchemy_prefix(autogen_context)
        return f"{prefix}{kind}({ident(element.name)!r})"
    return sql_expression(
        element,
        autogen_context,
        wrap_in_element=isinstance(element, TextClause | FunctionElement),
    )


def _options(
    constraint: ExcludeConstraint, autogen_context: AutogenContext
) -> list[str]:
    options = []
    if constraint.where is not None:
        options.append(f"where={sql_expression(constraint.where, autogen_context)}")
    deferrable = str(constraint.deferrable) if constraint.deferrable else None
    return (
        options
        + stated(deferrable=deferrable, initially=constraint.initially)
        + given(using=constraint.using)
    )
