"""The command line; and `Config`, at the path that programs import it from."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, HelpFormatter, Namespace
from collections.abc import Sequence
from contextlib import suppress

from . import __version__, _cli_options, command, util
from ._cli_parser import BuildingFormatter, LateParser
from .util._config import Config, ConfigFileError, PostWriteHookConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from .util._config_types import CommandFunction, MessagingOptions

__all__ = [
    "CommandFunction",
    "CommandLine",
    "Config",
    "ConfigFileError",
    "MessagingOptions",
    "PostWriteHookConfig",
    "main",
]


def __getattr__(name: str) -> Any:
    if name not in ("CommandFunction", "MessagingOptions"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .util import _config_types

    return getattr(_config_types, name)


class CommandLine:
    """The command line: options of the program, then a command with its own.

    prog: the program's name in messages; that of the running script if None.
    """

    def __init__(self, prog: str | None = None) -> None:
        self._positional_names: dict[Any, dict[str, str]] = {
            command.stamp: {"revision": "revisions"}
        }
        self.parser = ArgumentParser(prog=prog, formatter_class=BuildingFormatter)
        self.parser.add_argument(
            "--version", action="version", version=f"%(prog)s {__version__}"
        )
        for option in _cli_options.PROGRAM_OPTIONS:
            _cli_options.add_option(self.parser, option)
        # Without `prog` the usage is formatted to get it, which is not free.
        self.subparsers = self.parser.add_subparsers(
            prog=self.parser.prog, parser_class=LateParser
        )
        self.parser.formatter_class = HelpFormatter
        for name in command.VERBS:
            self.register_command(getattr(command, name))

    def register_command(self, fn: CommandFunction) -> None:
        """Add a command.

        fn: takes a `Config`, then one parameter for each argument. Those without a
            default are positional; those with one are options if the program's own
            commands have an option of that name.
        Raises TypeError if `fn` is not a Python function, argparse.ArgumentError if
        there is a command of that name (Python 3.11 and later).
        """
        required, optional = _cli_options.signature(fn)
        names = self._positional_names.get(fn, {})
        required = [names.get(name, name) for name in required]

        def fill(parser: ArgumentParser) -> None:
            parser.set_defaults(cmd=(fn, required, optional))
            for name in optional:
                if name in _cli_options.OPTIONS:
                    _cli_options.add_option(parser, _cli_options.OPTIONS[name])
            for name in required:
                parser.add_argument(name, **_cli_options.POSITIONALS.get(name, {}))

        summary = _cli_options.summary(fn)
        self.subparsers.add_parser(fn.__name__, help=summary).fill_with(fill)

    def run_cmd(self, config: Config, options: Namespace) -> None:
        """Call the command that a parsed command line names.

        Ends the process with status 255 if it raises CommandError, unless the option
        `--raiseerr` is given.
        """
        function, required, optional = options.cmd
        try:
            function(
                config,
                *[getattr(options, name, None) for name in required],
                **{name: getattr(options, name, None) for name in optional},
            )
        except util.CommandError as problem:
            if options.raiseerr:
                raise
            # An error that upstream does not expect ends its process with status 1.
            broken = isinstance(problem, ConfigFileError)
            _report(problem, config, status=1 if broken else -1)
        except Exception as problem:
            from . import _cli_hints

            message = _cli_hints.broken_graph(problem, config)
            if options.raiseerr or message is None:
                raise
            _report(util.CommandError(message), config, status=1)

    def _inis_from_config(self, options: Namespace) -> tuple[str, str]:
        """Return the paths of the TOML and of the ini file to use.

        Each comes from the option `--config`, else from the variable ALEMBIC_CONFIG,
        else it is the usual name in the current directory.
        Raises CommandError if the option names two files of a kind.
        """
        given: dict[bool, str] = {}
        for name in options.config or ():
            is_toml = _is_pyproject(name)
            if is_toml in given:
                raise util.CommandError(
                    "pyproject.toml indicated more than once"
                    if is_toml
                    else "only one ini file may be indicated"
                )
            given[is_toml] = name
        usual = {True: "pyproject.toml", False: "alembic.ini"}
        from_environment = os.environ.get("ALEMBIC_CONFIG")
        if from_environment:
            usual[_is_pyproject(from_environment)] = from_environment
        return given.get(True) or usual[True], given.get(False) or usual[False]

    def main(self, argv: Sequence[str] | None = None) -> None:
        """Run the command that the arguments say.

        argv: the arguments; those of the process if None.
        """
        options = self.parser.parse_args(argv)
        if not hasattr(options, "cmd"):
            # Not `required=True`: that has another message.
            self.parser.error("too few arguments")
        toml_file, ini_file = self._inis_from_config(options)
        config = Config(
            file_=ini_file,
            toml_file=toml_file,
            ini_section=options.name,
            cmd_opts=options,
        )
        self.run_cmd(config, options)


def _is_pyproject(name: str) -> bool:
    return os.path.basename(name) == "pyproject.toml"


def _report(problem: Exception, config: Config, status: int) -> NoReturn:
    """Print why a command failed, and what to do if that is known; then exit."""
    from . import _cli_hints

    with suppress(SystemExit):
        util.err(str(problem), **config.messaging_opts)
    _cli_hints.give(problem, config)
    sys.exit(status)


def main(
    argv: Sequence[str] | None = None, prog: str | None = None, **kwargs: Any
) -> None:
    """Run the command line.

    argv: the arguments; those of the process if None.
    prog: the program's name in messages; that of the running script if None.
    """
    CommandLine(prog=prog).main(argv=argv)


if __name__ == "__main__":
    from ._cli import run

    run()
