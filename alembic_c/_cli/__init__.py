"""The console scripts `alembic` and `alembic-c`, and `python -m alembic_c`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from .._alias import ALIAS, install, is_installed, other_package

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .command_line import CommandLine


def run(prog: str | None = None) -> None:
    """Run the command line in this process, with `alembic` being this package.

    prog: the program's name in messages; that of the running script if None.
    """
    if not is_installed() and sys.argv[0].endswith(f"/{ALIAS}"):
        _look_around()
    install()
    arguments = sys.argv[1:]
    if arguments and arguments[0] in ("activate", "deactivate", "which"):
        from .._activation import main as manage

        sys.exit(manage(arguments, prog))
    # Here, because `config` is upstream's name for what stands in this package, and
    # because the verbs above need none of it.
    from ..config import CommandLine
    from ..util import CommandError, _collector, err, messaging

    messaging.SHORT_WARNINGS = True
    command_line = CommandLine(prog)
    if "_ARGCOMPLETE" in os.environ:
        _complete(command_line)
    try:
        with _collector.at_rest():
            command_line.main(arguments)
    except CommandError as problem:
        if "--raiseerr" in arguments:
            raise
        # Raised before there was a command to run, such as by a repeated "-c".
        with suppress(SystemExit):
            err(str(problem))
        sys.exit(1)
    except KeyboardInterrupt as problem:
        # Python ends the process as by the signal, and tells of it in this way.
        if "--raiseerr" not in arguments:
            _tell_at_the_end(problem, command_line)
        raise
    except Exception as problem:
        if "--raiseerr" in arguments:
            raise
        from .failures import tell

        tell(problem, command_line.config)
        sys.exit(1)


def _tell_at_the_end(problem: BaseException, command_line: CommandLine) -> None:
    """Have the exception that ends the process told in a few lines."""
    from .failures import tell

    sys.excepthook = lambda *_: tell(problem, command_line.config)


def _complete(command_line: CommandLine) -> None:
    """Answer a shell that asks how a command line goes on, and end the process."""
    with suppress(ImportError):
        from argcomplete import autocomplete

        autocomplete(command_line.with_all_verbs())


def _look_around() -> None:
    """Tell who sits at a terminal if other programs import another `alembic`."""
    if sys.stderr.isatty() and (other := other_package()):
        from .._activation import warn_of_other

        warn_of_other(other)
