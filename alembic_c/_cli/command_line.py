"""The command line: options of the program, then a command with its own."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import suppress

from .. import __version__, command, util
from ..util._config import Config
from ..util.exc import BrokenFileError
from . import added
from . import options as vocabulary
from .parser import MORE, BuildingFormatter, Formatter, LateParser, Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from ..util._config_types import CommandFunction

# Programs look for the number behind the program's name.
PRODUCT = f"{__version__} (alembic-c, a drop-in Alembic)"


class CommandLine:
    """The command line: options of the program, then a command with its own.

    prog: the program's name in messages; that of the running script if None.
    """

    config: Config | None = None
    """The configuration of the command, once the arguments are parsed."""

    def __init__(self, prog: str | None = None) -> None:
        self._positional_names: dict[Any, dict[str, str]] = {
            command.stamp: {"revision": "revisions"}
        }
        self.parser = self._new_parser(prog=prog, formatter_class=BuildingFormatter)
        self.parser.add_argument(
            "--version", action="version", version=f"%(prog)s {PRODUCT}"
        )
        for option in vocabulary.PROGRAM_OPTIONS:
            vocabulary.add_option(self.parser, option)
        # Without `prog` the usage is formatted to get it, which is not free.
        self.subparsers = self.parser.add_subparsers(
            prog=self.parser.prog, parser_class=LateParser
        )
        self.parser.formatter_class = Formatter
        for name in command.VERBS:
            self.register_command(getattr(command, name))

    def _new_parser(self, **options: Any) -> ArgumentParser:
        parser = Parser(**options)
        parser.more_help = self._more_help
        return parser

    def _more_help(self, verb: str | None = None) -> str:
        from . import examples

        if verb is None:
            return examples.of_program(self.parser.prog)
        return examples.of_command(self.parser.prog, verb)

    def register_command(self, fn: CommandFunction) -> None:
        """Add a command.

        fn: takes a `Config`, then one parameter for each argument. Those without a
            default are positional; those with one are options if the program's own
            commands have an option of that name.
        Raises TypeError if `fn` is not a Python function, argparse.ArgumentError if
        there is a command of that name (Python 3.11 and later).
        """
        required, optional = vocabulary.signature(fn)
        names = self._positional_names.get(fn, {})
        required = [names.get(name, name) for name in required]

        def fill(parser: Parser) -> None:
            parser.more_help = lambda: self._more_help(fn.__name__)
            parser.set_defaults(cmd=(fn, required, optional))
            for name in optional:
                if name in vocabulary.OPTIONS:
                    vocabulary.add_option(parser, vocabulary.OPTIONS[name])
            for name in required:
                parser.add_argument(name, **vocabulary.POSITIONALS.get(name, {}))
            if more := added.OPTIONS.get(fn.__name__):
                group = parser.add_argument_group(MORE)
                for option in more:
                    vocabulary.add_option(group, option)

        summary = vocabulary.summary(fn)
        self.subparsers.add_parser(fn.__name__, help=summary).fill_with(fill)

    def with_all_verbs(self) -> ArgumentParser:
        """Return the parser with all verbs, each set up, for what looks at it."""
        for name in added.VERBS:
            self._register_added(name)
        for parser in self.subparsers.choices.values():
            parser.prog  # noqa: B018 - the first use sets it up
        return self.parser

    def _register_added(self, name: str) -> None:
        """Add a command that upstream does not have, once it is asked for."""
        summary, verb = added.load(name)
        parser = self.subparsers.add_parser(
            name, help=summary, description=verb.run.__doc__
        )

        def fill(parser: Parser) -> None:
            parser.more_help = lambda: self._more_help(name)
            parser.set_defaults(cmd=(_ending_with_status(verb.run), [], []))
            verb.add_arguments(parser)

        parser.fill_with(fill)

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
        except BrokenFileError as problem:
            if options.raiseerr:
                raise
            where = f"{problem.place}: " if problem.place else ""
            _report(problem, config, status=1, text=f"{where}{problem}")
        except util.CommandError as problem:
            if options.raiseerr:
                raise
            _report(problem, config, status=-1)
        except Exception as problem:
            from . import hints

            message = hints.broken_graph(problem, config)
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
        given = sys.argv[1:] if argv is None else argv
        arguments = [util.compat.decoded_argument(word) for word in given]
        verb = vocabulary.verb_of(arguments)
        if verb in added.VERBS:
            self._register_added(verb)
        try:
            options = self.parser.parse_args(added.spelled_out(arguments))
        except SystemExit as end:
            if end.code and verb is not None and verb not in added.VERBS:
                from . import hints

                hints.about_verb(verb, [*self.subparsers.choices, *added.VERBS])
            raise
        if not hasattr(options, "cmd"):
            # Not `required=True`: that has another message.
            self.parser.error("too few arguments")
        if verb and (view := added.view(verb, options)):
            options.cmd = (_ending_with_status(view), [], [])
        toml_file, ini_file = self._inis_from_config(options)
        config = Config(
            file_=ini_file,
            toml_file=toml_file,
            ini_section=options.name,
            cmd_opts=options,
        )
        config._is_command_line = True
        self.config = config
        self.run_cmd(config, options)


def _ending_with_status(run: added.View) -> Callable[[Config], None]:
    """Return a command that ends the process with the status that `run` returns."""

    def command(config: Config) -> None:
        status = run(config, util.not_none(config.cmd_opts))
        if status:
            sys.exit(status)

    return command


def _is_pyproject(name: str) -> bool:
    return os.path.basename(name) == "pyproject.toml"


def _report(
    problem: Exception, config: Config, status: int, text: str | None = None
) -> NoReturn:
    """Print why a command failed, and what to do if that is known; then exit.

    text: what to say; that of the exception if None.
    """
    from . import hints

    with suppress(SystemExit), hints.said_once():
        util.err(text or str(problem), **config.messaging_opts)
    hints.give(problem, config)
    sys.exit(status)
