"""Compare the definitions of indexes that have the same name, with all that they have.

What upstream's comparison leaves out is compared here: the predicate, the method,
operator classes, included columns, storage parameters.  Texts that say the same are the
same; about the others the database is asked.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.sql.elements import ClauseElement

from ...catalog._model import index_options, is_unset
from ...ddl._autogen import ComparisonResult
from ...util import sqla_compat
from .._questions import Question
from .._tokens import same_text

if TYPE_CHECKING:
    from sqlalchemy import Index

    from .._questions import TableKey
    from ..api import AutogenContext

_DIALECT = "postgresql"


def compare_definitions(
    autogen_context: AutogenContext, key: TableKey, found: Index, wanted: Index
) -> ComparisonResult | None:
    """Compare an index with the model's of the same name.

    Returns None for what the dialect's own comparison has to decide.
    """
    expressions = autogen_context._expressions
    if not expressions.can_ask:
        return None
    impl = autogen_context.migration_context.impl
    if autogen_context.dialect.name == "sqlite":
        return _compare_predicates(autogen_context, key, found, wanted)
    if autogen_context.dialect.name != "postgresql":
        return None
    if _surely_differ(found, wanted):
        return None
    if _are_same(impl, found, wanted):
        return ComparisonResult.Equal()
    name = sqla_compat._get_constraint_final_name(wanted, autogen_context.dialect)
    assert name is not None
    answer = expressions.answer(Question(key, "index", name, wanted))
    if answer is None:
        return None
    if answer.is_same:
        return ComparisonResult.Equal()
    with warnings.catch_warnings():
        # What cannot be compared as text has been compared.
        warnings.simplefilter("ignore")
        as_text: ComparisonResult = impl.compare_indexes(wanted, found)
    if as_text.is_different:
        return as_text
    return ComparisonResult.Different(answer.described())


def _compare_predicates(
    autogen_context: AutogenContext, key: TableKey, found: Index, wanted: Index
) -> ComparisonResult | None:
    """Compare the predicates on SQLite; all else is the dialect's to compare."""
    sides = [index.dialect_options["sqlite"]["where"] for index in (found, wanted)]
    if sides[0] is None and sides[1] is None:
        return None
    name = sqla_compat._get_constraint_final_name(wanted, autogen_context.dialect)
    assert name is not None
    answer = autogen_context._expressions.answer(Question(key, "index", name, wanted))
    if answer is None or answer.is_same:
        return None
    (there, here) = answer.changes["expression"]
    return ComparisonResult.Different(f"where {there!r} to {here!r}")


def questions(
    autogen_context: AutogenContext,
    key: TableKey,
    found: Mapping[Any, Any],
    wanted: Mapping[str, Index],
) -> Iterator[Question]:
    """Yield what may have to be asked about the indexes of a table.

    found: what is reflected of each, by its name; wanted: the model's.
    """
    dialect = autogen_context.dialect.name
    for name in found.keys() & wanted.keys():
        reflected, index = found[name], wanted[name]
        options = reflected.get("dialect_options", {})
        if (
            "expressions" in reflected
            or not all(map(is_unset, options.values()))
            or index_options(index, dialect)
            or any(not isinstance(each, Column) for each in index.expressions)
        ):
            yield Question(key, "index", name, index)


def _surely_differ(found: Index, wanted: Index) -> bool:
    if bool(found.unique) != bool(wanted.unique):
        return True
    elements = found.expressions, wanted.expressions
    if len(elements[0]) != len(elements[1]):
        return True
    return any(
        isinstance(one, Column) and isinstance(other, Column) and one.name != other.name
        for one, other in zip(*elements, strict=True)
    )


def _are_same(impl: Any, found: Index, wanted: Index) -> bool:
    """Return whether the texts of two indexes say the same."""
    pairs = zip(found.expressions, wanted.expressions, strict=True)
    return all(_same_element(impl, *pair) for pair in pairs) and _same_options(
        impl, index_options(found, _DIALECT), index_options(wanted, _DIALECT)
    )


def _same_element(impl: Any, found: Any, wanted: Any) -> bool:
    if isinstance(found, Column) and isinstance(wanted, Column):
        return bool(found.name == wanted.name)
    return same_text(_text(impl, found), _text(impl, wanted))


def _text(impl: Any, element: Any) -> str:
    if isinstance(element, str):
        return element
    compiled: str = impl._compile_element(element)
    return compiled


def _same_options(
    impl: Any, found: Mapping[str, Any], wanted: Mapping[str, Any]
) -> bool:
    return found.keys() == wanted.keys() and all(
        same_text(_option_text(impl, found[name]), _option_text(impl, wanted[name]))
        for name in found
    )


def _option_text(impl: Any, value: Any) -> str:
    if isinstance(value, ClauseElement):
        return _text(impl, value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={value[name]}" for name in sorted(value))
    if isinstance(value, list | tuple):
        return ", ".join(str(getattr(each, "name", each)) for each in value)
    return str(value)
