"""DDL that SQLAlchemy has no constructs for, and what each dialect does with it.

Importing this package registers the implementations of all dialects that come with it.
"""

from . import mssql, mysql, oracle, postgresql, sqlite
from .impl import DefaultImpl as DefaultImpl

__all__ = ["DefaultImpl", "mssql", "mysql", "oracle", "postgresql", "sqlite"]
