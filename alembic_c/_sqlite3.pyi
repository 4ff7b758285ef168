"""SQLite files for reading catalogs, in C: see csrc/bind/sqlite3/."""

import os
from typing import final

from typing_extensions import CapsuleType, Self

SQLITE_VERSION: str

@final
class Database:
    def __new__(cls, name: str | os.PathLike[str], *, uri: bool = False) -> Self: ...
    def execute(self, sql: str, /) -> None: ...
    def rows(self, sql: str, /) -> CapsuleType: ...
    def close(self) -> None: ...

def shares_library(path: str | os.PathLike[str], /) -> bool: ...
