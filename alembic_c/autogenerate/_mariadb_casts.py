"""Changes of types that MariaDB refuses: they go by way of a text.

It has no cast between a UUID, an address or a geometry and any other type but texts and
bytes, so that the statement fails even where there are no rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import CompileError

from ..operations import ops
from . import _text_casts

if TYPE_CHECKING:
    from ..operations.ops import MigrateOperation
    from .api import AutogenContext

_GEOMETRIES = (
    *("geometry", "point", "linestring", "polygon"),
    *("multipoint", "multilinestring", "multipolygon", "geometrycollection"),
)
# By the first word of a type: what is cast to itself and to texts only.
_KINDS = {
    **{word: word for word in ("uuid", "inet4", "inet6")},
    **dict.fromkeys(_GEOMETRIES, "geometry"),
}
# From and to these everything is cast.
_TEXTS = frozenset(
    (
        *("char", "varchar", "national", "nchar", "nvarchar", "enum", "set", "json"),
        *("tinytext", "text", "mediumtext", "longtext", "binary", "varbinary"),
        *("tinyblob", "blob", "mediumblob", "longblob"),
    )
)
# The longest text of a value is that of a number with a fraction.
_BETWEEN = sa.String(length=255)


class TextCasts:
    """The changes of types in the revisions of one run."""

    def __init__(self, context: AutogenContext) -> None:
        self._types = context.dialect.type_compiler_instance

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Make the changes of types in both directions of a revision possible."""
        forth._expand(partial(self._by_text, forward=True))
        back._expand(partial(self._by_text, forward=False))

    def _by_text(
        self, operation: MigrateOperation, forward: bool
    ) -> Iterator[MigrateOperation]:
        """Yield an operation, behind a change to text if it needs that."""
        if type(operation) is ops.AlterColumnOp:  # others' have their own ways
            there = self._in_sql(operation.existing_type)
            wanted = self._in_sql(operation.modify_type)
            if there and wanted and _is_refused(there, wanted):
                yield _to_text(operation, there, wanted)
                if forward:
                    _text_casts.warn(operation, there, wanted)
        yield operation

    def _in_sql(self, type_: Any) -> str | None:
        """Return a type's DDL; None for none, and for one that has none."""
        if type_ is None:
            return None
        try:
            return self._types.process(sa.types.to_instance(type_))
        except CompileError:
            return None


def _is_refused(there: str, wanted: str) -> bool:
    words = [
        re.sub(r"\W.*", "", each.lower(), flags=re.DOTALL) for each in (there, wanted)
    ]
    one, other = (_KINDS.get(word) for word in words)
    return one != other and _TEXTS.isdisjoint(words)


def _to_text(
    operation: ops.AlterColumnOp, there: str, wanted: str
) -> ops.AlterColumnOp:
    change = operation._companion(modify_type=_BETWEEN)
    change._notes = (
        *_text_casts.comment(operation, "MariaDB", there, wanted),
        "Where it fails, the column is left as a text, with its values.  Without",
        "strict mode it does not fail, and such values become others.",
    )
    return change
