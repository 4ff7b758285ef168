"""What autogenerate asks of the layers above it: the environment and the scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from ..operations import _typing

if TYPE_CHECKING:
    pass

# Looser than those of `runtime.environment`, which name what is above this layer.
RenderItemFn: TypeAlias = Callable[[str, Any, Any], "str | Literal[False]"]
ProcessRevisionDirectiveFn: TypeAlias = Callable[[Any, Any, list[Any]], None]


class MigrationContext(_typing.MigrationContext, Protocol):
    """A configured migration context, with what else autogenerate asks of it."""

    script: Any
    version_table: str
    version_table_schema: str | None
    _history_table: str
    _user_compare_type: Any
    _user_compare_server_default: Any

    @property
    def config(self) -> Any: ...


class ScriptDirectory(Protocol):
    """The part of a script directory that writes new revision files."""

    def get_revisions(self, id_: Any, /) -> Iterable[Any]: ...

    def generate_revision(
        self, revid: str, message: str | None, /, **kw: Any
    ) -> Any: ...


CommandArgs: TypeAlias = Mapping[str, Any]
