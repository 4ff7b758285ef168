"""The environment that `env.py` runs in: `context.configure(...)` and so on.

Each function is the method of the same name of
`alembic_c.runtime.environment.EnvironmentContext`, called on the object in use;
`context.config` and `context.script` are its attributes.
"""

from .util._proxy import serve_as_proxy

serve_as_proxy(__name__, "alembic_c.runtime.environment", "EnvironmentContext")
