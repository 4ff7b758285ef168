"""The base of all operations, statements, and operations that hold operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .. import util
from ..util import to_list

if TYPE_CHECKING:
    import os

    from sqlalchemy.schema import Table
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.expression import TableClause

    from ._typing import Invokes, RevisionId

_Ops = TypeVar("_Ops", "UpgradeOps", "DowngradeOps")


class MigrateOperation:
    """A directive with its arguments, as an object.

    It can be carried out (`Operations.invoke`), rendered as Python (autogenerate), and
    mostly turned round.  Subclass it to add a directive.
    """

    # The rewriters of autogenerate whose functions have returned this object.
    _rewritten_by: tuple[Any, ...] = ()

    # Lines of comment that are rendered above it.
    _notes: tuple[str, ...] = ()

    # Whether it only makes another operation possible, and is no difference itself.
    _is_companion = False

    @util.memoized_property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes on the operation."""
        return {}

    def reverse(self) -> MigrateOperation:
        """Return the operation that undoes this one.

        Raises NotImplementedError if there is none, ValueError if what is needed for
        it is not known.
        """
        raise NotImplementedError

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the operation as `compare_metadata` gives it.

        Raises NotImplementedError if it has no such form.
        """
        raise NotImplementedError


# Operations of other packages may have a base of their own.


def is_companion(operation: Any) -> bool:
    """Return whether an operation of any class is no difference itself."""
    found: bool = getattr(operation, "_is_companion", False)
    return found


def notes(operation: Any) -> tuple[str, ...]:
    """Return the lines of comment above an operation of any class."""
    found: tuple[str, ...] = getattr(operation, "_notes", ())
    return found


class BulkInsertOp(MigrateOperation):
    """Inserting rows into a table."""

    def __init__(
        self,
        table: Table | TableClause,
        rows: list[dict[str, Any]],
        *,
        multiinsert: bool = True,
    ) -> None:
        self.table = table
        self.rows = rows
        self.multiinsert = multiinsert

    @classmethod
    def bulk_insert(
        cls,
        operations: Invokes,
        /,
        table: Table | TableClause,
        rows: list[dict[str, Any]],
        *,
        multiinsert: bool = True,
    ) -> None:
        """Insert rows into a table::

            color = table("color", column("code", String), column("title", Text))
            op.bulk_insert(color, [{"code": "0000ff", "title": "blue"}])

        table: what `op.create_table` returned, or `table()` with the columns.
        rows: one dictionary for each row, all with the same keys.
        multiinsert: False makes a statement for each row; needed where values are
            `op.inline_literal()` and a connection is used.
        Raises TypeError if `rows` is not a list of dictionaries.
        """
        operations.invoke(cls(table, rows, multiinsert=multiinsert))


class ExecuteSQLOp(MigrateOperation):
    """Executing a statement."""

    def __init__(
        self,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        self.sqltext = sqltext
        self.execution_options = execution_options

    @classmethod
    def execute(
        cls,
        operations: Invokes,
        /,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Execute a statement, or write it out in `--sql` mode::

            op.execute("DELETE FROM session WHERE expires < CURRENT_DATE")

        There is no result; use `op.get_bind()` for queries.  With `--sql` no
        parameters are possible: use `op.inline_literal()` for values, or
        `text().bindparams()` with `literal_binds` in `context.configure`.

        sqltext: SQL text, in which a colon in front of a name is escaped as `\\:`, or
            any statement of SQLAlchemy.
        execution_options: those of SQLAlchemy's `Connection.execution_options`.
        """
        operations.invoke(cls(sqltext, execution_options=execution_options))

    @classmethod
    def batch_execute(
        cls,
        operations: Invokes,
        /,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Execute a statement at once, before the changes of the batch are made.

        The arguments are those of `op.execute`.
        """
        operations.invoke(cls(sqltext, execution_options=execution_options))

    def to_diff_tuple(self) -> tuple[str, Executable | str]:
        """Return ("execute", statement)."""
        return "execute", self.sqltext


class OpContainer(MigrateOperation):
    """A sequence of operations.

    ops: the operations; those of a sequence given are kept in a list.
    """

    def __init__(self, ops: Sequence[MigrateOperation] = ()) -> None:
        self.ops = list(ops)

    def is_empty(self) -> bool:
        """Return whether there are no operations."""
        return not self.ops

    def as_diffs(self) -> Any:
        """Return all operations, those of containers included, as diff tuples."""
        own = [each for each in self._leaves() if not is_companion(each)]
        return [operation.to_diff_tuple() for operation in own]

    def _leaves(self) -> Iterator[MigrateOperation]:
        """Yield all operations, instead of containers those within them."""
        for operation in self.ops:
            if isinstance(operation, OpContainer):
                yield from operation._leaves()
            else:
                yield operation

    def _expand(
        self, replacement: Callable[[MigrateOperation], Iterable[MigrateOperation]]
    ) -> None:
        """Put what is returned for an operation in its place, within containers too."""
        expanded: list[MigrateOperation] = []
        for operation in self.ops:
            if isinstance(operation, OpContainer):
                operation._expand(replacement)
                expanded.append(operation)
            else:
                expanded += replacement(operation)
        self.ops[:] = expanded

    def _undone(self) -> list[MigrateOperation]:
        """Return what undoes the operations, the last one first."""
        own = [operation for operation in self.ops if not is_companion(operation)]
        return [operation.reverse() for operation in own][::-1]


class ModifyTableOps(OpContainer):
    """The operations on one existing table; rendered as a batch where wanted."""

    def __init__(
        self,
        table_name: str,
        ops: Sequence[MigrateOperation],
        *,
        schema: str | None = None,
    ) -> None:
        super().__init__(ops)
        self.table_name = table_name
        self.schema = schema

    def reverse(self) -> ModifyTableOps:
        """Return the operations that undo these ones."""
        return ModifyTableOps(self.table_name, self._undone(), schema=self.schema)


class UndoOnlyOp(OpContainer):
    """Nothing to do on the way up; on the way back, an operation."""

    def __init__(self, undo: MigrateOperation) -> None:
        super().__init__()
        self._undo = undo

    def reverse(self) -> MigrateOperation:
        """Return the operation."""
        return self._undo


class UpgradeOps(OpContainer):
    """The operations of a script's `upgrade()`.

    upgrade_token: the name in the template that they are rendered for.
    """

    def __init__(
        self,
        ops: Sequence[MigrateOperation] = (),
        upgrade_token: str = "upgrades",
    ) -> None:
        super().__init__(ops)
        self.upgrade_token = upgrade_token

    def reverse_into(self, downgrade_ops: DowngradeOps) -> DowngradeOps:
        """Put the operations that undo these ones into a container, and return it."""
        downgrade_ops.ops[:] = self._undone()
        return downgrade_ops

    def reverse(self) -> DowngradeOps:
        """Return the operations that undo these ones."""
        return self.reverse_into(DowngradeOps())


class DowngradeOps(OpContainer):
    """The operations of a script's `downgrade()`.

    downgrade_token: the name in the template that they are rendered for.
    """

    def __init__(
        self,
        ops: Sequence[MigrateOperation] = (),
        downgrade_token: str = "downgrades",
    ) -> None:
        super().__init__(ops)
        self.downgrade_token = downgrade_token

    def reverse(self) -> UpgradeOps:
        """Return the operations that undo these ones."""
        return UpgradeOps(self._undone())


def _checked(ops: _Ops | Sequence[_Ops] | None, kind: type[_Ops]) -> list[_Ops]:
    """Return one container, several or None as a list.

    Raises AssertionError if one is of another kind.
    """
    containers: list[_Ops] = to_list(ops)
    assert all(isinstance(each, kind) for each in containers)
    return containers


def _only(containers: list[_Ops]) -> _Ops | None:
    """Return the container of a list, None if the list is empty.

    Raises ValueError if there are several.
    """
    if not containers:
        return None
    if len(containers) > 1:
        kind = type(containers[0]).__name__
        attribute = kind.replace("Ops", "_ops_list").lower()
        raise ValueError(
            "This MigrationScript instance has a multiple-entry list for "
            f"{kind}; please use the {attribute} attribute."
        )
    return containers[0]


class MigrationScript(MigrateOperation):
    """A revision file to be written.

    rev_id: its revision id.
    message: what `-m` said.
    imports: lines to import what the operations need.
    head, splice, branch_label, version_path, depends_on: as for `command.revision`.
    """

    _upgrade_ops: list[UpgradeOps]
    _downgrade_ops: list[DowngradeOps]

    def __init__(
        self,
        rev_id: str | None,
        upgrade_ops: UpgradeOps,
        downgrade_ops: DowngradeOps,
        *,
        message: str | None = None,
        imports: set[str] = set(),  # noqa: B006 - copied below
        head: str | None = None,
        splice: bool | None = None,
        branch_label: RevisionId = None,
        version_path: str | os.PathLike[str] | None = None,
        depends_on: RevisionId = None,
    ) -> None:
        self.rev_id = rev_id
        self.message = message
        self.imports = set(imports)
        self.head = head
        self.splice = splice
        self.branch_label = branch_label
        self.version_path = version_path
        self.depends_on = depends_on
        self.upgrade_ops = upgrade_ops
        self.downgrade_ops = downgrade_ops

    @property
    def upgrade_ops(self) -> UpgradeOps | None:
        """The operations of `upgrade()`; assign one container or a list of them.

        Raises ValueError on reading if there are several.
        """
        return _only(self._upgrade_ops)

    @upgrade_ops.setter
    def upgrade_ops(self, upgrade_ops: UpgradeOps | list[UpgradeOps] | None) -> None:
        self._upgrade_ops = _checked(upgrade_ops, UpgradeOps)

    @property
    def downgrade_ops(self) -> DowngradeOps | None:
        """The operations of `downgrade()`; assign one container or a list of them.

        Raises ValueError on reading if there are several.
        """
        return _only(self._downgrade_ops)

    @downgrade_ops.setter
    def downgrade_ops(
        self, downgrade_ops: DowngradeOps | list[DowngradeOps] | None
    ) -> None:
        self._downgrade_ops = _checked(downgrade_ops, DowngradeOps)

    @property
    def upgrade_ops_list(self) -> list[UpgradeOps]:
        """All containers for `upgrade()`: several with several databases."""
        return self._upgrade_ops

    @property
    def downgrade_ops_list(self) -> list[DowngradeOps]:
        """All containers for `downgrade()`: several with several databases."""
        return self._downgrade_ops
