"""What all renderers share: the registries, prefixes, names and argument lists.

A renderer turns an operation or a schema construct into the text of the Python
expression that makes it.  Whatever comes from a model or a database enters that text
through `repr()`, so that no name, comment or SQL text can end the expression it is in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from sqlalchemy.schema import Column
from sqlalchemy.sql.elements import ClauseElement, conv, quoted_name

from ..util import sqla_compat
from ..util.langhelpers import Dispatcher

if TYPE_CHECKING:
    from .api import AutogenContext

Rendered: TypeAlias = "str | Literal[False]"

default_renderers = Dispatcher()
constraint_renderers = Dispatcher()


# --- prefixes -----------------------------------------------------------------------


def operation_prefix(autogen_context: AutogenContext) -> str:
    """Return what stands before a directive's name: "op." or "batch_op."."""
    if autogen_context._has_batch:
        return "batch_op."
    return autogen_context.opts.get("alembic_module_prefix", "op.") or ""


def sqlalchemy_prefix(autogen_context: AutogenContext) -> str:
    """Return what stands before a name of SQLAlchemy's, "sa." by default."""
    return autogen_context.opts.get("sqlalchemy_module_prefix", "sa.") or ""


def user_prefix(autogen_context: AutogenContext, target: object) -> str:
    """Return what stands before a class of the user's: the option, or its module."""
    prefix = autogen_context.opts.get("user_module_prefix")
    return f"{target.__module__}." if prefix is None else prefix


# --- the user's hook ----------------------------------------------------------------


def user_defined_render(
    kind: str, item: Any, autogen_context: AutogenContext
) -> Rendered:
    """Return what the `render_item` option makes of an item, False if nothing.

    kind: "column", "type", "server_default", "primary_key", "foreign_key", "unique",
        "check" or "exclude".
    """
    hook = autogen_context.opts.get("render_item")
    if not hook:
        return False
    rendered: Rendered = hook(kind, item, autogen_context)
    return rendered


# --- names --------------------------------------------------------------------------


class ConventionName:
    """A constraint's final name; its `repr()` is the call that says so, `op.f()`."""

    __slots__ = ("name", "prefix")

    def __init__(self, prefix: str, name: conv) -> None:
        self.prefix = prefix
        self.name = name

    def __repr__(self) -> str:
        return f"{self.prefix}f({ident(self.name)!r})"


@overload
def ident(name: str) -> str: ...


@overload
def ident(name: str | None) -> str | None: ...


def ident(name: str | None) -> str | None:
    """Return an identifier without what SQLAlchemy knows about quoting it."""
    return str(name) if isinstance(name, quoted_name) else name


def generated_name(
    autogen_context: AutogenContext, name: sqla_compat._ConstraintName
) -> ConventionName | str | None:
    """Return an object whose `repr()` is the name of a constraint or an index."""
    if isinstance(name, conv):
        return ConventionName(operation_prefix(autogen_context), name)
    return ident(sqla_compat.constraint_name_or_none(name))


# --- calls and arguments ------------------------------------------------------------


def call(function: str, arguments: Iterable[str]) -> str:
    """Return the text of a call."""
    return f"{function}({', '.join(arguments)})"


def given(**options: Any) -> list[str]:
    """Return keyword arguments for the options that are not None."""
    return [f"{key}={value!r}" for key, value in options.items() if value is not None]


def stated(**options: Any) -> list[str]:
    """Return keyword arguments for the options that say something, as true values."""
    return [f"{key}={value!r}" for key, value in options.items() if value]


def sql_expression(
    value: Any,
    autogen_context: AutogenContext,
    *,
    wrap_in_element: bool = True,
    is_server_default: bool = False,
    is_index: bool = False,
) -> str:
    """Return the text of a Python expression for a SQL expression or a plain value.

    value: a SQL construct, compiled for the context's dialect with its literals
        inside; anything else gives its `repr()`.
    wrap_in_element: give a `text()` (`literal_column()` if `is_index`) instead of a
        string.
    """
    if not isinstance(value, ClauseElement):
        return repr(value)
    sql = autogen_context.migration_context.impl.render_ddl_sql_expr(
        value, is_server_default=is_server_default, is_index=is_index
    )
    if not wrap_in_element:
        return repr(sql)
    element = "literal_column" if is_index else "text"
    return f"{sqlalchemy_prefix(autogen_context)}{element}({sql!r})"


def _dialect_value(value: Any, autogen_context: AutogenContext) -> str:
    if isinstance(value, Column):
        return repr(ident(value.name))
    if type(value) is list or type(value) is tuple:
        items = [_dialect_value(item, autogen_context) for item in value]
        if type(value) is list:
            return f"[{', '.join(items)}]"
        return f"({', '.join(items)}{',' * (len(items) == 1)})"
    return sql_expression(value, autogen_context)


def dialect_arguments(
    autogen_context: AutogenContext, dialect_kwargs: Any
) -> list[str]:
    """Return keyword arguments for those of dialects, e.g. `postgresql_where`.

    dialect_kwargs: a mapping; SQL expressions in it become `text()`, columns their
        names, also within lists and tuples.
    """
    return [
        f"{key}={_dialect_value(value, autogen_context)}"
        for key, value in dialect_kwargs.items()
    ]
