"""The operations of the migration that is running: `op.add_column(...)` and so on.

Each function is the method of the same name of `alembic_c.operations.Operations`,
called on the object that the running migration has put in use.
"""

from .util._proxy import serve_as_proxy

serve_as_proxy(__name__, "alembic_c.operations.base", "Operations")
