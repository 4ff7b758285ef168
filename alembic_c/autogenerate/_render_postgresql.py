"""Rendering of what only PostgreSQL has: exclude constraints and domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql import DOMAIN, ExcludeConstraint
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.functions import FunctionElement

from ..operations.postgresql import CreateExcludeConstraintOp
from ..util import sqla_compat
from ._render_base import (
    call,
    constraint_renderers,
    default_renderers,
    generated_name,
    given,
    ident,
    operation_prefix,
    sql_expression,
    sqlalchemy_prefix,
    stated,
    user_defined_render,
)
from ._render_types import render_type

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from .api import AutogenContext


def postgresql_prefix(autogen_context: AutogenContext) -> str:
    """Return what stands before a name of the dialect's, having noted the import."""
    autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
    return "postgresql."


@default_renderers.dispatch_for(CreateExcludeConstraintOp)
def render_create_exclude_constraint(
    autogen_context: AutogenContext, op: CreateExcludeConstraintOp
) -> str:
    """Return the text of `op.create_exclude_constraint(...)`."""
    return exclude_constraint_call(op.to_constraint(), autogen_context, alter=True)


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


# --- domains ------------------------------------------------------------------------


def render_domain(domain: DOMAIN, autogen_context: AutogenContext) -> str:
    """Return the text of `postgresql.DOMAIN(...)`."""
    default, check = domain.default, domain.check
    arguments = [
        repr(ident(domain.name)),
        str(render_type(domain.data_type, autogen_context)),
        *given(
            collation=domain.collation,
            # SQLAlchemy 2.1 has it.
            collation_schema=getattr(domain, "collation_schema", None),
        ),
    ]
    if default is not None:
        arguments.append(f"default={sql_expression(default, autogen_context)}")
    arguments += given(constraint_name=domain.constraint_name)
    arguments += stated(not_null=domain.not_null)
    if check is not None:
        condition = sql_expression(check, autogen_context, wrap_in_element=False)
        arguments.append(f"check={condition}")
    arguments += given(schema=ident(domain.schema))
    if not domain.create_type:
        arguments.append("create_type=False")
    return call(f"{postgresql_prefix(autogen_context)}DOMAIN", arguments)


# The names by which other packages know these.
_add_exclude_constraint = render_create_exclude_constraint
_exclude_constraint = exclude_constraint_call
_postgresql_autogenerate_prefix = postgresql_prefix
_render_inline_exclude_constraint = render_exclude_constraint
_render_potential_column = exclude_element
