"""Adding values to an ENUM of PostgreSQL; what the plugin `alembic_c.enums` finds.

In a revision file these are `op.execute("ALTER TYPE ...")` and comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._operation import MigrateOperation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._typing import Invokes


class NoteOp(MigrateOperation):
    """Nothing but a comment; lines: without the `#`."""

    _is_companion = True

    def __init__(self, lines: Sequence[str]) -> None:
        self._notes = tuple(lines)


class AddEnumValuesOp(MigrateOperation):
    """Adding values to an ENUM.

    schema, name: the type; values: what is added; statements: the ALTER TYPE of each;
    back: what the comment in a downgrade says, where nothing can be done.
    """

    def __init__(
        self,
        schema: str | None,
        name: str,
        values: Sequence[str],
        statements: Sequence[str],
        back: Sequence[str],
    ) -> None:
        self.schema, self.name = schema, name
        self.values, self.statements = list(values), list(statements)
        self.back = back

    def reverse(self) -> NoteOp:
        """Return a comment: PostgreSQL cannot take a value away."""
        return NoteOp(self.back)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return ("add_enum_values", schema, type, values)."""
        return "add_enum_values", self.schema, self.name, self.values


def add_enum_values(operations: Invokes, operation: AddEnumValuesOp) -> None:
    """Add the values outside of a transaction, so that they can be used at once."""
    context: Any = operations.migration_context
    with context.autocommit_block():
        for statement in operation.statements:
            context.impl.execute(statement)


def note(operations: Invokes, operation: NoteOp) -> None:
    """Do nothing."""
