"""Plugins that come with the package and that a project has to ask for by name.

Their names begin with `alembic.ext.`, so that `alembic.autogenerate.*`, which chooses
the comparators of every run, does not choose them.
"""
