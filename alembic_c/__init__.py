"""Migrations for SQLAlchemy projects: a drop-in Alembic with its hot core in C."""

from ._alias import install as install

__version__ = "1.19.1.0"
