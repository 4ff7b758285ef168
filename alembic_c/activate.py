"""Importing this module makes `import alembic` give `alembic_c` in this process.

For programs that import what they are told to: `pytest -p alembic_c.activate` does it
before pytest imports the plugins that are installed, and so does
`addopts = "-p alembic_c.activate"` in pytest's configuration.
"""

from ._alias import install

install()
