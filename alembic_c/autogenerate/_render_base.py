"""The parts of rendered calls: prefixes, names, arguments, SQL expressions, types.

A renderer turns an operation or a schema construct into the text of the Python
expression that makes it.  Whatever comes from a model or a database enters that text
through `repr()`, so that no name, comment or SQL text can end the expression it is in.

The text of a type is its `repr()` behind the prefix of where it comes from.  Types
that hold another type (arrays, HSTORE, JSON) and types with variants are put together
from the texts of their parts, so that each part has its own prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, overload

from sqlalchemy.schema import Column
from sqlalchemy.sql.elements import ClauseElement, conv, quoted_name

from ..util import sqla_compat
from ._render_names import user_type_text

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import DOMAIN, ENUM
    from sqlalchemy.types import ARRAY, TypeEngine

    from .api import AutogenContext

Rendered: TypeAlias = "str | Literal[False]"

_DIALECT_MODULE = re.compile(r"sqlalchemy\.dialects\.(\w+)")

# SQLAlchemy finds the arguments of a type by introspection each time it makes the
# text of one, which is most of the work of rendering a model.  The text of one of its
# own types depends on nothing but class and attributes; where those are plain values
# it is kept.  A model has few distinct types: the limit only guards against misuse.
_PLAIN = frozenset((str, int, float, bool, type(None)))
_KEPT_LIMIT = 4096
# Key -> its text, and the whole text of it if it holds no other type.
_kept: dict[Any, tuple[str, str | None]] = {}

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


def postgresql_prefix(autogen_context: AutogenContext) -> str:
    """Return what stands before a name of the dialect's, having noted the import."""
    autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
    return "postgresql."


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
    impl = autogen_context.migration_context.impl
    # In tests of other packages the context is a mock, and this no str.
    sql = str(
        impl.render_ddl_sql_expr(
            value, is_server_default=is_server_default, is_index=is_index
        )
    )
    sql = sqla_compat._undoubled(sql, autogen_context.dialect)
    if not is_index:
        sql = sqla_compat._without_parameters(sql)
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


# --- types --------------------------------------------------------------------------


def type_text(type_: TypeEngine[Any]) -> str:
    """Return `repr(type_)`."""
    kept = _kept_texts(type_)
    return repr(type_) if kept is None else kept[0]


def _kept_texts(type_: TypeEngine[Any]) -> tuple[str, str | None] | None:
    """Return the texts of a type; None if it is not one whose texts are kept."""
    cls = type(type_)
    state = vars(type_)
    kinds = tuple(map(type, state.values()))
    if not (cls.__module__.startswith("sqlalchemy.") and _PLAIN.issuperset(kinds)):
        return None
    key = (cls, kinds, *state.items())
    kept = _kept.get(key)
    if kept is None:
        if len(_kept) >= _KEPT_LIMIT:
            _kept.clear()
        text = repr(type_)
        holds_type = any(getattr(type_, name, None) is not None for name in _HELD_TYPES)
        whole = None if holds_type else _completed(type_, text)
        kept = _kept[key] = text, whole
    return kept


# Attributes of SQLAlchemy's types that are types, and what is before them in `repr()`.
_HELD_TYPES = {
    "item_type": r"(.+?\()",
    "astext_type": r"(.+?\(.*astext_type=)",
    "text_type": r"(.+?\(.*text_type=)",
}


def render_type(
    type_: TypeEngine[Any],
    autogen_context: AutogenContext,
    _skip_variants: bool = False,
) -> str:
    """Return the text of the expression that makes a type.

    Asks the `render_item` option first, then the dialect's implementation.  Adds what
    has to be imported to `autogen_context.imports`.
    """
    rendered = user_defined_render("type", type_, autogen_context)
    if rendered is not False:
        return rendered
    if isinstance(type_, type):
        type_ = type_()
    if not _skip_variants and sqla_compat._type_has_variants(type_):
        return render_variants(type_, autogen_context)
    from_dialect = autogen_context.migration_context.impl.render_type(
        type_, autogen_context
    )
    if not from_dialect and not type(type_).__module__.startswith("sqlalchemy."):
        prefix = sqlalchemy_prefix(autogen_context)
        return user_type_text(type_, autogen_context, prefix)
    prefix = _module_prefix(type_, autogen_context)
    if from_dialect:
        return from_dialect
    kept = _kept_texts(type_)
    if kept is not None and kept[1] is not None:
        return prefix + kept[1]
    # The generic array, and types of another dialect than the context's: variants.
    for attribute, before in _HELD_TYPES.items():
        held = render_type_with_subtype(
            type_, autogen_context, attribute, before, prefix
        )
        if held:
            return held
    # Before SQLAlchemy 2.1 a named type's `repr()` names a MetaData.
    return prefix + _completed(type_, type_text(sqla_compat._without_metadata(type_)))


def _completed(type_: TypeEngine[Any], text: str) -> str:
    """Return the text of a type, with what its `repr()` leaves out of named types.

    Before SQLAlchemy 2.1 that is `create_type=False`.
    """
    is_complete = (
        sqla_compat.sqla_2_1
        or getattr(type_, "create_type", True)
        # Classes that others have made say it themselves.
        or not type(type_).__module__.startswith("sqlalchemy.")
        or text.endswith("create_type=False)")
    )
    if is_complete:
        return text
    return f"{text.removesuffix(')')}, create_type=False)"


def _module_prefix(type_: TypeEngine[Any], autogen_context: AutogenContext) -> str:
    """Return a type's prefix, having noted the import that it needs."""
    module = type(type_).__module__
    if not module.startswith("sqlalchemy."):
        return user_prefix(autogen_context, type_)
    dialect = _DIALECT_MODULE.match(module)
    if dialect is None:
        return sqlalchemy_prefix(autogen_context)
    autogen_context.imports.add(f"from sqlalchemy.dialects import {dialect[1]}")
    return f"{dialect[1]}."


def render_variants(type_: TypeEngine[Any], autogen_context: AutogenContext) -> str:
    """Return the text of a type that has variants for some dialects."""
    base, variants = sqla_compat._get_variant_mapping(type_)
    text = render_type(base, autogen_context, _skip_variants=True)
    if text is None:  # the user's hook may return anything
        raise TypeError(f"render_item returned None for the type {base!r}")
    for dialect_name in sorted(variants):
        variant = render_type(variants[dialect_name], autogen_context)
        text += f".with_variant({variant}, {dialect_name!r})"
    return text


def render_array(type_: ARRAY[Any], autogen_context: AutogenContext) -> str:
    """Return the text of SQLAlchemy's generic array type."""
    return cast(
        str,
        render_type_with_subtype(
            type_, autogen_context, "item_type", _HELD_TYPES["item_type"]
        ),
    )


def render_type_with_subtype(
    type_: TypeEngine[Any],
    autogen_context: AutogenContext,
    attrname: str,
    regexp: str,
    prefix: str | None = None,
) -> str | Literal[False] | None:
    """Return the text of a type that holds another, each with its own prefix.

    attrname: the attribute that holds the inner type.
    regexp: matches what stands before the inner type's `repr()`, as its group 1.
    prefix: of the outer type; by default that of the module it comes from.
    Returns False if the type does not hold another one.
    """
    inner = getattr(type_, attrname, None)
    if inner is None:
        return False
    inner_text = render_type(inner, autogen_context)
    text = re.sub(
        regexp + re.escape(type_text(inner)),
        lambda match: match[1] + inner_text,
        type_text(type_),
        count=1,
    )
    if prefix is None:
        prefix = _module_prefix(type_, autogen_context)
    return prefix + text


# --- named types --------------------------------------------------------------------


def render_named_type(type_: ENUM | DOMAIN, autogen_context: AutogenContext) -> str:
    """Return the text of a named type by what CREATE TYPE and DROP TYPE say of it."""
    if not hasattr(type_, "enums"):
        return render_domain(type_, autogen_context)
    return call(
        f"{postgresql_prefix(autogen_context)}ENUM",
        [
            *map(repr, type_.enums),
            *given(name=ident(type_.name), schema=ident(type_.schema)),
        ],
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
