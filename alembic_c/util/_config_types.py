"""Types of the configuration and the command line that only annotations name.

Here, so that commands need not import `typing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypedDict

if TYPE_CHECKING:
    from ._config import Config


class MessagingOptions(TypedDict, total=False):
    """Keyword arguments for the functions of `util.messaging`."""

    quiet: bool


class CommandFunction(Protocol):
    """A function that `CommandLine.register_command` accepts.

    Its name is the command's; the first paragraph of its docstring is the help text;
    its parameters behind `config` are the arguments and options.
    """

    __name__: str

    def __call__(self, config: Config, *args: Any, **kwargs: Any) -> Any: ...
