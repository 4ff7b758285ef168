"""Rewriters: change what autogenerate found, one kind of directive at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

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
_Rewrite: TypeAlias = "Callable[[MigrateOperation], list[MigrateOperation]]"


class Rewriter:
    """A `process_revision_directives` hook made of one function per directive type.

    The functions, registered with `rewrites`, get the migration context, the
    revision and a directive.  They return what takes the directive's place: the same
    one, another, several in a list, or an empty list.  The directives that they
    return are searched for others inside, but not given to the same rewriter again,
    neither in this run nor in a later one.
    """

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

        def replacements(directive: MigrateOperation) -> list[MigrateOperation]:
            return list(self._replacements(context, revision, directive))

        _rewrite_list(replacements, directives)

    def _replacements(
        self, context: MigrationContext, revision: Any, directive: MigrateOperation
    ) -> Iterator[MigrateOperation]:
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


def _rewrite_list(rewrite: _Rewrite, directives: list[Any]) -> None:
    directives[:] = [
        replacement
        for directive in directives
        for replacement in _rewrite_tree(rewrite, directive)
    ]


def _rewrite_tree(
    rewrite: _Rewrite, directive: MigrateOperation
) -> list[MigrateOperation]:
    """Return what replaces a directive, with what is inside replaced as well."""
    replacements = rewrite(directive)
    for replacement in replacements:
        if isinstance(replacement, ops.MigrationScript):
            replacement.upgrade_ops = [
                _rewrite_single(rewrite, each, "UpgradeOps")
                for each in replacement.upgrade_ops_list
            ]
            replacement.downgrade_ops = [
                _rewrite_single(rewrite, each, "DowngradeOps")
                for each in replacement.downgrade_ops_list
            ]
        elif isinstance(replacement, ops.OpContainer):
            _rewrite_list(rewrite, replacement.ops)
    return replacements


def _rewrite_single(rewrite: _Rewrite, container: _D, kind: str) -> _D:
    replacements: list[Any] = _rewrite_tree(rewrite, container)
    if len(replacements) != 1:
        raise ValueError(f"Can only return single object for {kind} traverse")
    single: _D = replacements[0]
    return single
