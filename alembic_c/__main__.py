"""`python -m alembic_c`, and `python -m alembic` where the alias is active."""

from ._cli import run

if __name__ == "__main__":
    run(prog="alembic")
