"""Plugins: named sets of autogenerate comparators, ours and those installed."""

from __future__ import annotations

import re
from types import ModuleType

from ..util import DispatchPriority, PriorityDispatcher, warn_deprecated
from ..util._logging import DeferredLogger
from ..util.exc import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint
    from re import Pattern
    from typing import Any

    from ..util import PriorityDispatchResult

log = DeferredLogger("alembic.runtime.plugins")

ENTRY_POINT_GROUP = "alembic.plugins"

_all_plugins: dict[str, Plugin] = {}

# Names that plugins had in older releases, which env.py files still give.
_legacy_plugin_names = {
    "alembic.autogenerate.checkconstraint_byname": "alembic.ext.checkconstraint_byname",
}


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
        chosen: dict[str, Pattern[str]] = {}
        omitted: dict[str, Pattern[str]] = {}
        for text in include_plugins:
            where = omitted if text[:1] == "~" else chosen
            where[text] = _make_re(_translate_legacy_name(text.removeprefix("~")))
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


def _installed() -> list[EntryPoint]:
    """Return what the installed distributions announce as plugins."""
    from importlib import metadata

    return list(metadata.entry_points(group=ENTRY_POINT_GROUP))


def _setup(waiting: list[EntryPoint] | None = None) -> None:
    """Set up the plugins that are installed, in order.

    waiting: those that are left to be set up, instead of all. Each is taken out first,
        because a plugin's `setup` may come back here; one that fails is put back, so
        that the next call tries it again.
    """
    if waiting is None:
        waiting = _installed()
    while waiting:
        entry_point = waiting.pop(0)
        try:
            _set_up(entry_point)
        except BaseException:
            waiting.insert(0, entry_point)
            raise


def _set_up(entry_point: EntryPoint) -> None:
    """Make one plugin of what an entry point refers to.

    That is a module, or anything else that has a function `setup`.  Collections of
    modules are deprecated; all of them set up the same plugin.
    """
    loaded = entry_point.load()
    parts = (loaded,)
    if not isinstance(loaded, ModuleType) and not hasattr(loaded, "setup"):
        warn_deprecated(
            f"Plugin entrypoint {entry_point.name!r} refers to a "
            "collection of modules; the entrypoint should refer to a "
            "single plugin module that includes a setup() function."
        )
        parts = tuple(loaded)
    plugin = Plugin(entry_point.name)
    try:
        for part in parts:
            part.setup(plugin)
    except BaseException:
        plugin.remove()
        raise


def _translate_legacy_name(name: str) -> str:
    """Return the present name of a plugin; expressions stay as they are."""
    return _legacy_plugin_names.get(name, name)


def _make_re(name: str) -> Pattern[str]:
    """Return the pattern of an expression: words and `*`, between dots.

    Raises ValueError if it is something else.
    """
    if not re.fullmatch(r"(?:\w+|\*)(?:\.(?:\w+|\*))*", name):
        raise ValueError(f"Invalid plugin expression {name!r}")
    words = (".+" if word == "*" else re.escape(word) for word in name.split("."))
    return re.compile(r"\.".join(words) + r"\Z")


def __getattr__(name: str) -> Any:
    """Load `importlib.metadata`, which is slow, when it is first asked for."""
    if name != "metadata":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata

    globals()[name] = metadata
    return metadata
