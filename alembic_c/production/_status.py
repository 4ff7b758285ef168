"""Where a database stands: what is applied, what is pending, what nobody knows."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from ..script import ScriptDirectory
    from ..script.base import Script

# The version of the JSON form; raised when a field changes its meaning or goes away.
FORMAT = 1

State = Literal["current", "behind", "unknown", "diverged"]

# With `--exit-code`; 255 stays the status of an error.
EXIT_CODES: dict[State, int] = {
    "current": 0,
    "behind": 3,
    "unknown": 4,
    "diverged": 5,
}


class Pending(NamedTuple):
    """A revision that an upgrade would run.

    operations: the directives in its `upgrade`, by name, with their number; None for a
        file that cannot be parsed. They are counted in the text: one in a loop counts
        once.
    transactional: whether all of it is in a transaction, as far as the text tells:
        it has no `autocommit_block`.
    """

    revision: str
    message: str
    path: str
    operations: dict[str, int] | None
    transactional: bool | None

    def __str__(self) -> str:
        words = [f"{n} {name}" for name, n in (self.operations or {}).items()]
        if self.transactional is False:
            words.append("not in one transaction")
        does = f"  ({', '.join(words)})" if words else ""
        return f"{self.revision}  {self.message}{does}"


class Status(NamedTuple):
    """What a database has, against what the tree has.

    state: "current", or "behind": revisions are pending; "unknown": the database has
        revisions that no file has, as when it is ahead of this tree; "diverged": it has
        both, such revisions and pending ones.
    heads: of the tree; applied: what the version table has; unknown: those of them
        that no file has; pending: in the order in which an upgrade runs them.
    """

    state: State
    heads: tuple[str, ...]
    applied: tuple[str, ...]
    unknown: tuple[str, ...]
    pending: tuple[Pending, ...]

    @property
    def exit_code(self) -> int:
        """The exit status of `alembic status --exit-code`."""
        return EXIT_CODES[self.state]

    def to_json(self) -> dict[str, Any]:
        """Return the status in lists, dictionaries and texts."""
        pending = [each._asdict() for each in self.pending]
        return {"format": FORMAT, **self._asdict(), "pending": pending}


def status(script: ScriptDirectory, applied: Sequence[str]) -> Status:
    """Compare a tree with what a database has.

    applied: what the version table has, in any order.
    Raises CommandError if the tree cannot be read.
    """
    with script._catch_revision_errors():
        known = [each for each in applied if _is_known(script, each)]
        heads = tuple(script.get_heads())
        above = script.iterate_revisions("heads", tuple(known), implicit_base=True)
        pending = tuple(_pending(each) for each in reversed(list(above)))
    unknown = tuple(sorted(set(applied) - set(known)))
    state: State = "current"
    if unknown:
        state = "diverged" if pending and known else "unknown"
    elif pending:
        state = "behind"
    return Status(state, heads, tuple(sorted(applied)), unknown, pending)


def _is_known(script: ScriptDirectory, revision: str) -> bool:
    return revision in script.revision_map._revision_map


def _pending(script: Script) -> Pending:
    operations = transactional = None
    found = _calls_in_upgrade(script.path)
    if found is not None:
        transactional = not found.pop("autocommit_block", 0)
        operations = dict(sorted(found.items()))
    return Pending(script.revision, script.doc, script.path, operations, transactional)


def _calls_in_upgrade(path: str) -> Counter[str] | None:
    """Count the calls of `op.x()`, `batch_op.x()` and `autocommit_block()`."""
    try:
        with open(path, "rb") as stream:
            tree = ast.parse(stream.read(), path)
    except (OSError, SyntaxError, ValueError):
        return None
    found: Counter[str] = Counter()
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name == "upgrade":
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    _count(found, node.func)
    return found


def _count(found: Counter[str], call: ast.Attribute) -> None:
    is_directive = isinstance(call.value, ast.Name) and call.value.id in _OBJECTS
    if call.attr == "autocommit_block" or (is_directive and call.attr not in _QUIET):
        found[call.attr] += 1


_OBJECTS = ("op", "batch_op")
# Directives that change nothing by themselves.
_QUIET = ("f", "get_bind", "get_context", "batch_alter_table", "inline_literal")
