"""What autogenerate asks of the layers above it: the environment and the scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from ..operations import _typing

if TYPE_CHECKING:
    from sqlalchemy.sql.schema import SchemaItem

NameFilterType: TypeAlias = Literal[
    "schema",
    "table",
    "column",
    "index",
    "unique_constraint",
    "foreign_key_constraint",
    "check_constraint",
]
NameFilterParentNames: TypeAlias = dict[str, "str | None"]
IncludeNameFn: TypeAlias = Callable[["str | None", str, NameFilterParentNames], bool]
IncludeObjectFn: TypeAlias = Callable[
    ["SchemaItem", Any, str, bool, "SchemaItem | None"], bool
]
RenderItemFn: TypeAlias = Callable[[str, Any, Any], "str | Literal[False]"]
ProcessRevisionDirectiveFn: TypeAlias = Callable[[Any, Any, list[Any]], None]


class MigrationContext(_typing.MigrationContext, Protocol):
    """A configured migration context, with what else autogenerate asks of it."""

    script: Any
    version_table: str
    version_table_schema: str | None
    _user_compare_type: Any
    _user_compare_server_default: Any


class ScriptDirectory(Protocol):
    """The part of a script directory that writes new revision files."""

    def get_revisions(self, id_: Any, /) -> Iterable[Any]: ...

    def generate_revision(
        self, revid: str, message: str | None, /, **kw: Any
    ) -> Any: ...


CommandArgs: TypeAlias = Mapping[str, Any]
