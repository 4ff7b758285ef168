"""Types of the arguments and results of `RevisionMap`, under upstream's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, TypeVar

from ._revision import Revision

_RevIdType: TypeAlias = str | list[str] | tuple[str, ...]
_GetRevArg: TypeAlias = str | Iterable[str | None] | Iterable[str]
_RevisionIdentifierType: TypeAlias = str | tuple[str, ...] | None
_RevisionOrStr: TypeAlias = Revision | str
_RevisionOrBase: TypeAlias = Revision | Literal["base"]
_InterimRevisionMapType: TypeAlias = dict[str, Revision]
_RevisionMapType: TypeAlias = dict[str | tuple[()] | None, Revision | None]

_TR = TypeVar("_TR", bound=Revision | str | None)
