"""Executed, by path, by a conftest that loads SQLAlchemy's plugin: nothing to add."""
