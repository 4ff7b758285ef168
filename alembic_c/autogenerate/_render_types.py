"""Rendering of column types: `sa.String(length=50)`, `postgresql.JSONB(...)`.

The text of a type is its `repr()` behind the prefix of where it comes from.  Types
that hold another type (arrays, HSTORE, JSON) and types with variants are put together
from the texts of their parts, so that each part has its own prefix.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, cast

from ..util import sqla_compat
from ._render_base import sqlalchemy_prefix, user_defined_render, user_prefix

if TYPE_CHECKING:
    from sqlalchemy.types import ARRAY, TypeEngine

    from .api import AutogenContext

_DIALECT_MODULE = re.compile(r"sqlalchemy\.dialects\.(\w+)")

# SQLAlchemy finds the arguments of a type by introspection each time it makes the
# text of one, which is most of the work of rendering a model.  The text of one of its
# own types depends on nothing but class and attributes; where those are plain values
# it is kept.  A model has few distinct types: the limit only guards against misuse.
_PLAIN = frozenset((str, int, float, bool, type(None)))
_KEPT_LIMIT = 4096
_kept: dict[Any, str] = {}


def type_text(type_: TypeEngine[Any]) -> str:
    """Return `repr(type_)`."""
    cls = type(type_)
    state = vars(type_)
    kinds = tuple(map(type, state.values()))
    if not (cls.__module__.startswith("sqlalchemy.") and _PLAIN.issuperset(kinds)):
        return repr(type_)
    key = (cls, kinds, *state.items())
    text = _kept.get(key)
    if text is None:
        if len(_kept) >= _KEPT_LIMIT:
            _kept.clear()
        text = _kept[key] = repr(type_)
    return text


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
    prefix = _module_prefix(type_, autogen_context)
    if from_dialect:
        return from_dialect
    if type_.__visit_name__ == "ARRAY" and type(type_).__module__.startswith(
        "sqlalchemy.sql"
    ):
        return render_array(cast("ARRAY[Any]", type_), autogen_context)
    return prefix + type_text(type_)


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
        render_type_with_subtype(type_, autogen_context, "item_type", r"(.+?\()"),
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
