"""The command line; and `Config`, at the path that programs import it from."""

from __future__ import annotations

import argparse

# Others replace it.
from argparse import ArgumentParser as ArgumentParser
from collections.abc import Sequence

# Programs reach the commands as `config.command`, and replace them there.
from . import command as command
from . import util as util
from ._cli import command_line as _command_line
from .util._config import Config as Config
from .util._config import ConfigFileError as ConfigFileError
from .util._config import PostWriteHookConfig as PostWriteHookConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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


class CommandLine(_command_line.CommandLine):
    __doc__ = _command_line.CommandLine.__doc__

    def _new_parser(self, **options: Any) -> ArgumentParser:
        if ArgumentParser is argparse.ArgumentParser:
            return super()._new_parser(**options)
        # Others replace `config.ArgumentParser`.
        return ArgumentParser(**options)


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
