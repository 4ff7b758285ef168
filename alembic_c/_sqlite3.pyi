"""SQLite files for reading catalogs, in C: see csrc/bind/sqlite3/."""

import os
from typing import final

from typing_extensions import CapsuleType, Self

@final
class Database:
    def __new__(
        cls,
        name: str | os.PathLike[str],
        *,
        uri: bool = False,
        library: str | os.PathLike[str] | None = None,
    ) -> Self: ...
    def execute(self, sql: str, /) -> None: ...
    def rows(self, sql: str, /) -> CapsuleType: ...
    def close(self) -> None: ...

def load(path: str | os.PathLike[str], /) -> None: ...
def same_library(
    path: str | os.PathLike[str], other: str | os.PathLike[str], /
) -> bool: ...
