"""Plugins: named sets of autogenerate comparators, ours and those installed."""

from __future__ import annotations

import re

from ..util import DispatchPriority, PriorityDispatcher
from ..util._logging import DeferredLogger
from ..util.exc import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from re import Pattern
    from types import ModuleType

    from ..util import PriorityDispatchResult

log = DeferredLogger("alembic.runtime.plugins")

ENTRY_POINT_GROUP = "alembic.plugins"

_all_plugins: dict[str, Plugin] = {}


class Plugin:
    """A named set of comparators, registered from the moment it is made.

    Raises ValueError if the name is taken.
    """

    def __init__(self, name: str):
        if name in _all_plugins:
            raise ValueError(f"A plugin named {name} is already registered")
        # Not at INFO: upstream says this when it is imported, before logging is set up.
        log.debug("setup plugin %s", name)
        self.name = name
        self.autogenerate_comparators = PriorityDispatcher()
        _all_plugins[name] = self

    def remove(self) -> None:
        """Forget the plugin; autogenerate runs that have begun keep using it."""
        del _all_plugins[self.name]

    def add_autogenerate_comparator(
        self,
        fn: Callable[..., PriorityDispatchResult],
        compare_target: str,
        compare_element: str | None = None,
        *,
        qualifier: str = "default",
        priority: DispatchPriority = DispatchPriority.MEDIUM,
    ) -> None:
        """Register a function that takes part in autogenerate.

        fn: called with what belongs to the target; says whether to go on.
        compare_target: "autogenerate", "schema", "table", "column", or the name that
            another comparator dispatches to.
        compare_element: the chain that the function is part of; a function that
            returns STOP ends its chain only.
        qualifier: the name of a dialect, "default" for each.
        priority: before or after the others.
        """
        register = self.autogenerate_comparators.dispatch_for(
            compare_target,
            subgroup=compare_element,
            priority=priority,
            qualifier=qualifier,
        )
        register(fn)

    @classmethod
    def populate_autogenerate_priority_dispatch(
        cls, comparators: PriorityDispatcher, include_plugins: list[str]
    ) -> None:
        """Add the comparators of the plugins chosen by name.

        include_plugins: names, in which `*` stands for any text; those that begin with
            `~` leave out again what others have chosen.
        Raises CommandError if an expression fits no plugin, ValueError if it is none.
        """
        chosen = {text: _make_re(text) for text in include_plugins if text[:1] != "~"}
        omitted = {
            text: _make_re(text[1:]) for text in include_plugins if text[:1] == "~"
        }
        unused = {*chosen, *omitted}
        for name, plugin in _all_plugins.items():
            against = [text for text, rx in omitted.items() if rx.match(name)]
            unused.difference_update(against)
            if against:
                continue
            for_it = [text for text, rx in chosen.items() if rx.match(name)]
            unused.difference_update(for_it)
            if for_it:
                # Upstream: INFO, a line for each comparator of every run.
                log.debug("setting up autogenerate plugin %s", name)
                comparators.populate_with(plugin.autogenerate_comparators)
        never_matched = [text for text in chosen if text in unused]
        if never_matched:
            raise CommandError(f"Did not locate plugins: {', '.join(never_matched)}")

    @classmethod
    def setup_plugin_from_module(cls, module: ModuleType, name: str) -> None:
        """Make a plugin and pass it to the module's function `setup`."""
        module.setup(Plugin(name))


def _make_re(name: str) -> Pattern[str]:
    """Return the pattern of an expression: words and `*`, between dots.

    Raises ValueError if it is something else.
    """
    if not re.fullmatch(r"(?:\w+|\*)(?:\.(?:\w+|\*))*", name):
        raise ValueError(f"Invalid plugin expression {name!r}")
    words = (".+" if word == "*" else re.escape(word) for word in name.split("."))
    return re.compile(r"\.".join(words) + r"\Z")
