"""The console scripts `alembic` and `alembic-c`, and `python -m alembic_c`."""

from __future__ import annotations

import sys

from ._alias import install


def run(prog: str | None = None) -> None:
    """Run the command line in this process, with `alembic` being this package.

    prog: the program's name in messages; that of the running script if None.
    """
    install()
    arguments = sys.argv[1:]
    if arguments and arguments[0] in ("activate", "deactivate", "which"):
        from ._activation import main as manage

        sys.exit(manage(arguments, prog))
    from .config import main

    main(arguments, prog=prog)
