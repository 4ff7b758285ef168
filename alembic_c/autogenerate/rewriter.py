"""Rewriters: change what autogenerate found, one kind of directive at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ..operations import ops
from ..util import Dispatcher, to_list
from ._protocols import ProcessRevisionDirectiveFn as ProcessRevisionDirectiveFn

if TYPE_CHECKING:
    from ..operations.ops import (
        DowngradeOps,
        MigrateOperation,
        MigrationScript,
        UpgradeOps,
    )
    from ._protocols import MigrationContext

_F = TypeVar("_F", bound=Callable[..., Any])
_D = TypeVar("_D", "UpgradeOps", "DowngradeOps")


class Rewriter:
    """A `process_revision_directives` hook made of one function per directive type.

    The functions, registered with `rewrites`, get the migration context, the
    revision and a directive.  They return what takes the directive's place: the same
    one, another, several in a list, or an empty list.  The directives that they
    return are searched for others inside, but not given to the same rewriter again,
    neither in this run nor in a later one.
    """

    # How what is inside a directive is reached, by its class; the functions get the
    # rewriter first.  Packages with directives of their own add to it.
    _traverse = Dispatcher()

    def __init__(self) -> None:
        self.dispatch = Dispatcher()
        self._chained: tuple[ProcessRevisionDirectiveFn | Rewriter, ...] = ()

    def chain(self, other: ProcessRevisionDirectiveFn | Rewriter) -> Rewriter:
        """Return a rewriter that does what this one does and then what `other` does.

        other: a rewriter, or a function with the parameters of
            `process_revision_directives`.
        """
        longer = copy.copy(self)
        longer._chained = (*self._chained, other)
        return longer

    def rewrites(self, operator: type[MigrateOperation]) -> Callable[[_F], _F]:
        """Return a decorator that registers a function for a type of directive.

        operator: a class of `alembic.operations.ops`, which stands for its
            subclasses too.
        Raises ValueError (the decorator does) if the type has a function already.
        """
        return self.dispatch.dispatch_for(operator)

    def __call__(
        self,
        context: MigrationContext,
        revision: Any,
        directives: list[MigrationScript],
    ) -> None:
        """Rewrite `directives` in place, here and then in what is chained."""
        self.process_revision_directives(context, revision, directives)
        for hook in self._chained:
            hook(context, revision, directives)

    def process_revision_directives(
        self,
        context: MigrationContext,
        revision: Any,
        directives: list[MigrationScript],
    ) -> None:
        """Rewrite `directives` in place, without what is chained.

        Raises ValueError if a function makes several or none of an `UpgradeOps` or
        `DowngradeOps`.
        """

        self._traverse_list(context, revision, directives)

    def _rewrite(
        self, context: MigrationContext, revision: Any, directive: MigrateOperation
    ) -> Iterator[MigrateOperation]:
        """Yield what takes the place of a directive; what is inside stays."""
        try:
            function = self.dispatch.dispatch(directive)
        except ValueError:
            yield directive
            return
        if self in directive._rewritten_by:
            yield directive
            return
        for replacement in to_list(function(context, revision, directive), []):
            # The mark is on the directive, which outlives this run: `multidb`
            # environments call the hook again with a longer script.
            replacement._rewritten_by = (*replacement._rewritten_by, self)
            yield replacement

    def _traverse_for(
        self, context: MigrationContext, revision: Any, directive: MigrateOperation
    ) -> list[Any]:
        """Return what replaces a directive, with what is inside replaced as well."""
        replacements = list(self._rewrite(context, revision, directive))
        for replacement in replacements:
            walk = self._traverse.dispatch(replacement)
            walk(self, context, revision, replacement)
        return replacements

    def _traverse_list(
        self, context: MigrationContext, revision: Any, directives: list[Any]
    ) -> None:
        """Replace the directives of a list in place."""
        directives[:] = [
            replacement
            for directive in directives
            for replacement in self._traverse_for(context, revision, directive)
        ]

    @_traverse.dispatch_for(ops.MigrationScript)
    def _traverse_script(
        self, context: MigrationContext, revision: Any, directive: MigrationScript
    ) -> None:
        def single(container: _D, kind: str) -> _D:
            found = self._traverse_for(context, revision, container)
            if len(found) != 1:
                raise ValueError(f"Can only return single object for {kind} traverse")
            return found[0]  # type: ignore[no-any-return]

        directive.upgrade_ops = [
            single(each, "UpgradeOps") for each in directive.upgrade_ops_list
        ]
        directive.downgrade_ops = [
            single(each, "DowngradeOps") for each in directive.downgrade_ops_list
        ]

    @_traverse.dispatch_for(ops.OpContainer)
    def _traverse_op_container(
        self, context: MigrationContext, revision: Any, directive: ops.OpContainer
    ) -> None:
        self._traverse_list(context, revision, directive.ops)

    @_traverse.dispatch_for(ops.MigrateOperation)
    def _traverse_any_directive(
        self, context: MigrationContext, revision: Any, directive: MigrateOperation
    ) -> None:
        """Do nothing: such a directive has no others inside."""
