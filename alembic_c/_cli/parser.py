"""Parsers that cost little until help is asked for, or their command is given."""

from __future__ import annotations

from argparse import Action, ArgumentParser, HelpFormatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


class BuildingFormatter(HelpFormatter):
    """A formatter that does not look at the terminal.

    `add_argument` makes one only to check an argument's form.  Real help needs the
    default, `argparse.HelpFormatter`.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=80)

    def _set_color(self, color: bool) -> None:
        """Do without the colours of Python 3.14 and later, which are slow to load."""


# The title of the group of options that upstream does not have.
MORE = "more options"


class Formatter(HelpFormatter):
    """The formatter of help; its usage line leaves out what upstream does not have."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the usage line."""
        shown = [action for action in actions if not _is_added(action)]
        super().add_usage(usage, shown, groups, prefix)


def _is_added(action: Action) -> bool:
    # argparse notes the group that an option was added to.
    return getattr(getattr(action, "container", None), "title", None) == MORE


class Parser(ArgumentParser):
    """A parser whose help has more behind what upstream's says."""

    more_help: Callable[[], str] | None = None
    """Returns what the help ends with; called when help is asked for."""

    def format_help(self) -> str:
        """Return the help; what upstream does not have stands behind the rest.

        Its columns do not count for those of the rest.
        """
        groups = self._action_groups
        added = [group for group in groups if group.title == MORE]
        self._action_groups = [group for group in groups if group not in added]
        try:
            text = super().format_help()
        finally:
            self._action_groups = groups
        formatter = self._get_formatter()
        for group in added:
            formatter.start_section(group.title)
            formatter.add_arguments(group._group_actions)
            formatter.end_section()
        parts = [text, formatter.format_help()]
        if self.more_help is not None:
            parts.append(self.more_help())
        return "\n".join(filter(None, parts))


class LateParser(Parser):
    """A parser that is set up when anything of it is first used.

    Of the fifteen parsers of the commands, a run of the program uses one.
    """

    def __init__(self, **settings: Any) -> None:
        # `ArgumentParser.__init__` is called late, by `__getattr__`.
        self._settings: dict[str, Any] | None = settings
        self._fill: Callable[[Parser], None] | None = None

    def fill_with(self, fill: Callable[[Parser], None]) -> None:
        """Name the function that adds the arguments, once they are needed."""
        if self._settings is None:
            fill(self)
        else:
            self._fill = fill

    def _get_option_tuples(self, option_string: str) -> list[Any]:
        """Return what an abbreviated option may stand for.

        What upstream does not have never makes one of its abbreviations ambiguous.
        """
        found: list[Any] = super()._get_option_tuples(option_string)
        return [each for each in found if not _is_added(each[0])] or found

    def _check_help(self, action: Action) -> None:
        """Take help texts as they are.

        argparse of Python 3.14 and later tries them out as parsers are made, for which
        it sets up each parser.
        """

    def __getattr__(self, name: str) -> Any:
        settings = self.__dict__.get("_settings")
        if settings is None:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            )
        self._settings = None
        formatter = settings.pop("formatter_class", Formatter)
        super().__init__(**settings, formatter_class=BuildingFormatter)
        if self._fill is not None:
            self._fill(self)
        self.formatter_class = formatter
        return getattr(self, name)
