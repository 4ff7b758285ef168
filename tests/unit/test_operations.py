"""Directives as methods, operations as objects, and batches as their users see them."""

from __future__ import annotations

import inspect
import io
import pickle
import re
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint

import alembic_c.op
from alembic_c.operations import (
    BatchOperations,
    MigrateOperation,
    MigrationScript,
    Operations,
    ops,
    schemaobj,
)
from alembic_c.operations._batch_order import ColumnOrder
from alembic_c.operations._directives import directives_of
from alembic_c.operations.batch import ApplyBatchImpl
from alembic_c.runtime.migration import MigrationContext


@pytest.fixture
def buffer() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def op(buffer: io.StringIO) -> Operations:
    """Return operations that write their SQL into the buffer."""
    return Operations(
        MigrationContext.configure(
            dialect_name="sqlite", opts={"as_sql": True, "output_buffer": buffer}
        )
    )


@pytest.fixture
def connection() -> Any:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def written(buffer: io.StringIO) -> list[str]:
    return [" ".join(each.split()) for each in buffer.getvalue().split(";")[:-1]]


# --- directives ---------------------------------------------------------------------


@pytest.fixture
def custom_directive() -> Any:
    """Register a directive, and forget it afterwards."""

    @BatchOperations.register_operation("vacuum", "batch_vacuum")
    @Operations.register_operation("vacuum")
    class VacuumOp(MigrateOperation):
        """Cleaning a table."""

        def __init__(self, table: str) -> None:
            self.table = table

        @classmethod
        def vacuum(cls, operations: Any, table: str, *, full: bool = False) -> Any:
            """Clean a table."""
            return operations.invoke(cls(f"FULL {table}" if full else table))

        @classmethod
        def batch_vacuum(cls, operations: Any) -> Any:
            return operations.invoke(cls(operations.impl.table_name))

    saved = dict(Operations._to_impl._registry)
    yield VacuumOp
    Operations._to_impl._registry.clear()
    Operations._to_impl._registry.update(saved)
    del Operations.vacuum, BatchOperations.vacuum  # type: ignore[attr-defined]
    vars(alembic_c.op).pop("vacuum", None)


def test_a_directive_is_added(
    op: Any, buffer: io.StringIO, custom_directive: Any
) -> None:
    @Operations.implementation_for(custom_directive)
    def vacuum(operations: Any, operation: Any) -> str:
        operations.execute(f"VACUUM {operation.table}")
        return "done"

    assert op.vacuum("t", full=True) == "done"
    with op.batch_alter_table("u") as batch_op:
        assert batch_op.vacuum() == "done"
    assert written(buffer) == ["VACUUM FULL t", "VACUUM u"]
    assert op.vacuum.__doc__ == "Clean a table."
    assert str(inspect.signature(op.vacuum)) == (
        "(table: 'str', *, full: 'bool' = False) -> 'Any'"
    )
    with Operations.context(op.migration_context):
        assert alembic_c.op.vacuum("v") == "done"  # type: ignore[attr-defined]


def test_a_directive_without_an_implementation(op: Any, custom_directive: Any) -> None:
    with pytest.raises(ValueError, match="no dispatch function for object"):
        op.vacuum("t")


def test_the_class_method_is_looked_up_when_called(
    op: Any, buffer: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drop_nothing(cls: Any, operations: Any, table_name: str) -> None:
        operations.execute(f"-- {table_name}")

    monkeypatch.setattr(ops.DropTableOp, "drop_table", classmethod(drop_nothing))
    op.drop_table("t")
    assert written(buffer) == ["-- t"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda op: op.add_column(),
            "add_column() missing 2 required positional arguments: "
            "'table_name' and 'column'",
        ),
        (
            lambda op: op.rename_table("a", "b", "c"),
            "rename_table() takes 3 positional arguments but 4 were given",
        ),
        (
            lambda op: op.drop_index("a", "b", "c"),
            "drop_index() takes from 2 to 3 positional arguments but 4 were given",
        ),
        (
            lambda op: op.drop_table("a", schema="b", exists=True),
            "Additional arguments should be named <dialectname>_<argument>, "
            "got 'exists'",
        ),
        (
            lambda op: op.execute(),
            "execute() missing 1 required positional argument: 'sqltext'",
        ),
    ],
)
def test_wrong_arguments_are_explained_in_terms_of_the_directive(
    op: Any, call: Any, message: str
) -> None:
    with pytest.raises(TypeError) as raised:
        call(op)
    assert str(raised.value) == message


def test_wrong_arguments_in_a_batch(op: Any) -> None:
    with op.batch_alter_table("t", recreate="never") as batch_op:
        message = (
            r"^drop_table_comment\(\) takes 1 positional argument but 2 were given$"
        )
        with pytest.raises(TypeError, match=message):
            batch_op.drop_table_comment("t")


def test_an_error_inside_an_implementation_is_left_alone(op: Any) -> None:
    with pytest.raises(TypeError) as raised:
        op.bulk_insert(sa.table("t", sa.column("a")), {"a": 1})
    assert str(raised.value) == "List expected"
    assert len(raised.traceback) > 2


def test_every_directive_says_what_it_does() -> None:
    for cls in (Operations, BatchOperations):
        for name, directive in directives_of(cls).items():
            method = getattr(cls, name)
            assert method.__doc__, name
            assert method.__name__ == name
            assert next(iter(inspect.signature(method).parameters)) == "self"
            assert directive.operation_class.__module__.startswith("alembic_c.operat")


def test_context_ends_even_after_an_error(op: Operations) -> None:
    def fail() -> None:
        with Operations.context(op.migration_context):
            assert alembic_c.op.get_context() is op.migration_context
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    with pytest.raises(NameError, match="Can't invoke function 'get_context'"):
        alembic_c.op.get_context()


def test_operations_know_their_public_place() -> None:
    assert ops.CreateTableOp.__module__ == "alembic_c.operations.ops"
    operation = ops.DropColumnOp("t", "c", schema="s", if_exists=True)
    copy = pickle.loads(pickle.dumps(operation))
    assert vars(copy) == vars(operation)


def test_what_only_postgresql_has_is_found_by_its_old_name() -> None:
    from alembic_c.ddl import postgresql
    from alembic_c.operations._constraints import CreateExcludeConstraintOp

    assert postgresql.CreateExcludeConstraintOp is CreateExcludeConstraintOp
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer))
    constraint = ExcludeConstraint((table.c.x, "&&"), name="e")
    table.append_constraint(constraint)
    operation = ops.AddConstraintOp.from_constraint(constraint)
    assert isinstance(operation, CreateExcludeConstraintOp)
    assert operation.to_constraint() is constraint
    with pytest.raises(AttributeError):
        postgresql.CreateZorkOp  # noqa: B018


# --- operations as objects ----------------------------------------------------------


def test_alter_column_reverses_what_it_changes() -> None:
    operation = ops.AlterColumnOp(
        "t",
        "c",
        schema="s",
        existing_type=sa.Integer(),
        modify_type=sa.Text(),
        existing_nullable=True,
        modify_nullable=False,
        existing_comment="old",
        modify_comment=None,
        existing_server_default="5",
        modify_server_default=None,
        modify_collation="de",
        existing_collation="C",
    )
    back = operation.reverse()
    assert isinstance(back.modify_type, sa.Integer)
    assert isinstance(back.existing_type, sa.Text)
    assert (back.existing_nullable, back.modify_nullable) == (False, True)
    assert (back.existing_comment, back.modify_comment) == (None, "old")
    assert (back.existing_server_default, back.modify_server_default) == (None, "5")
    assert back.kw == {"modify_collation": "C", "existing_collation": "de"}
    assert vars(back.reverse()) == vars(operation)


def test_alter_column_without_changes() -> None:
    operation = ops.AlterColumnOp("t", "c", existing_nullable=True)
    assert not operation.has_changes()
    assert operation.to_diff_tuple() == []
    assert ops.AlterColumnOp("t", "c", modify_collation="de").has_changes()
    assert ops.AlterColumnOp("t", "c", modify_comment=None).has_changes()


def test_columns_added_and_dropped_undo_each_other() -> None:
    column = sa.Column("c", sa.Integer)
    adding = ops.AddColumnOp("t", column, schema="s", if_not_exists=True)
    dropping = adding.reverse()
    assert (dropping.table_name, dropping.column_name) == ("t", "c")
    assert dropping.if_exists is True
    assert dropping.reverse().column is column
    assert dropping.reverse().if_not_exists is True
    with pytest.raises(ValueError, match="original column is not present"):
        ops.DropColumnOp("t", "c").reverse()


def test_containers() -> None:
    column = sa.Column("c", sa.Integer)
    inner = ops.ModifyTableOps("t", [ops.AddColumnOp("t", column)], schema="s")
    upgrade = ops.UpgradeOps([inner, ops.ExecuteSQLOp("x")])
    assert upgrade.as_diffs() == [("add_column", None, "t", column), ("execute", "x")]
    downgrade = ops.DowngradeOps([ops.AlterTableOp("gone")])
    only_table = ops.UpgradeOps([inner])
    assert only_table.reverse_into(downgrade) is downgrade
    (back,) = downgrade.ops
    assert isinstance(back, ops.ModifyTableOps)
    assert (back.table_name, back.schema) == ("t", "s")
    assert isinstance(back.ops[0], ops.DropColumnOp)
    assert isinstance(downgrade.reverse().ops[0], ops.ModifyTableOps)
    assert ops.UpgradeOps().is_empty()
    assert not upgrade.is_empty()


def test_migration_script_with_several_databases() -> None:
    first, second = ops.UpgradeOps(), ops.UpgradeOps(upgrade_token="other")
    script = MigrationScript("a1", first, ops.DowngradeOps(), imports={"import x"})
    assert script.upgrade_ops is first
    script.upgrade_ops = [first, second]
    assert script.upgrade_ops_list == [first, second]
    with pytest.raises(ValueError, match="please use the upgrade_ops_list attribute"):
        script.upgrade_ops  # noqa: B018
    script.downgrade_ops = [ops.DowngradeOps(), ops.DowngradeOps()]
    with pytest.raises(ValueError, match="please use the downgrade_ops_list attribute"):
        script.downgrade_ops  # noqa: B018
    script.upgrade_ops = []
    assert script.upgrade_ops is None
    with pytest.raises(AssertionError):
        script.upgrade_ops = ops.DowngradeOps()  # type: ignore[assignment]
    assert MigrationScript("b", first, ops.DowngradeOps()).imports == set()


def test_notes_are_kept_apart() -> None:
    one, other = ops.RenameTableOp("a", "b"), ops.RenameTableOp("a", "b")
    one.info["why"] = "test"
    assert one.info == {"why": "test"}
    assert other.info == {}


def test_tables_made_for_operations_leave_the_models_alone() -> None:
    metadata = sa.MetaData()
    parent = sa.Table("p", metadata, sa.Column("id", sa.Integer, primary_key=True))
    model = sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("p_id", sa.ForeignKey(parent.c.id), unique=True, index=True),
        sa.CheckConstraint("id > 5", name="ck"),
        info={"a": 1},
    )
    constraints, indexes = set(model.constraints), set(model.indexes)
    table = ops.CreateTableOp.from_table(model).to_table()
    assert table is not model
    assert table.c.p_id is not model.c.p_id
    assert len(table.constraints) == len(constraints)
    assert not table.indexes
    table.info["a"] = 2
    assert model.info == {"a": 1}
    assert (set(model.constraints), set(model.indexes)) == (constraints, indexes)
    assert model.c.p_id.unique


def test_constraint_of_unknown_kind() -> None:
    message = "'type' can be one of 'check', 'foreignkey', 'primary', 'unique', None"
    with pytest.raises(TypeError) as raised:
        schemaobj.SchemaObjects().generic_constraint("n", "t", "zork")
    assert str(raised.value) == message


# --- batches ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([("n", None, None)], "a b c n"),
        ([("n", "a", None)], "n a b c"),
        ([("n", "b", None)], "a n b c"),
        ([("n", None, "b")], "a b n c"),
        ([("n", None, "c")], "a b c n"),
        ([("n", "c", "a")], "a b n c"),
        ([("n", None, "a"), ("m", None, "n")], "a n m b c"),
        ([("n", None, "a"), ("m", "n", None)], "a m n b c"),
    ],
)
def test_places_of_new_columns(
    places: list[tuple[str, str | None, str | None]], expected: str
) -> None:
    order = ColumnOrder(["a", "b", "c"], ())
    assert not order.is_changed
    for place in places:
        order.place(*place)
    names = ["a", "b", "c", *[name for name, _, _ in places]]
    assert " ".join(order.arrange(names)) == expected


def test_groups_replace_the_existing_order() -> None:
    order = ColumnOrder(["a", "b", "c"], [("c", "a")])
    assert order.is_changed
    order.place("n", None, None)
    arranged = order.arrange(["a", "b", "c", "n"])
    assert arranged.index("c") < arranged.index("a")
    assert sorted(arranged) == ["a", "b", "c", "n"]


@pytest.mark.parametrize(("before", "after"), [("zork", None), (None, "zork")])
def test_place_next_to_an_unknown_column(before: str | None, after: str | None) -> None:
    with pytest.raises(KeyError, match="zork"):
        ColumnOrder(["a"], ()).place("n", before, after)


def test_temporary_names_fit_every_database() -> None:
    assert ApplyBatchImpl._calc_temp_name("t") == "_alembic_tmp_t"
    name = ApplyBatchImpl._calc_temp_name("t" * 60)
    assert len(name) == 50


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_a_new_table_keeps_everything_else(connection: sa.Connection) -> None:
    for statement in [
        "CREATE TABLE other (id INTEGER PRIMARY KEY)",
        """CREATE TABLE t (
            id INTEGER NOT NULL PRIMARY KEY,
            name VARCHAR(20) DEFAULT 'x' NOT NULL,
            other_id INTEGER,
            parent_id INTEGER,
            gone INTEGER,
            FOREIGN KEY (other_id) REFERENCES other (id) ON DELETE CASCADE,
            CONSTRAINT uq UNIQUE (name, other_id),
            CONSTRAINT uq_gone UNIQUE (name, gone),
            CONSTRAINT ck CHECK (id > 0),
            CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES t (id))""",
        "CREATE UNIQUE INDEX ix ON t (other_id) WHERE id > 5",
        "INSERT INTO t (id, name) VALUES (1, 'one'), (2, 'two')",
    ]:
        connection.exec_driver_sql(statement)
    op = Operations(MigrationContext.configure(connection))
    with op.batch_alter_table("t") as batch_op:
        batch_op.drop_column("gone")
        batch_op.create_index("ix_lower", [sa.text("lower(name)")])  # type: ignore[list-item]
    inspector = sa.inspect(connection)
    assert [c["name"] for c in inspector.get_columns("t")] == [
        "id",
        "name",
        "other_id",
        "parent_id",
    ]
    assert [u["name"] for u in inspector.get_unique_constraints("t")] == ["uq"]
    assert [c["sqltext"] for c in inspector.get_check_constraints("t")] == ["id > 0"]
    keys = {
        (tuple(k["constrained_columns"]), k["referred_table"], *k["options"].values())
        for k in inspector.get_foreign_keys("t")
    }
    assert keys == {(("other_id",), "other", "CASCADE"), (("parent_id",), "t")}
    made = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL"
    )
    assert set(made.scalars()) == {
        "CREATE UNIQUE INDEX ix ON t (other_id) WHERE id > 5",
        "CREATE INDEX ix_lower ON t (lower(name))",
    }
    rows = connection.exec_driver_sql("SELECT id, name FROM t").fetchall()
    assert rows == [(1, "one"), (2, "two")]


def test_unnamed_constraints_are_dropped_by_convention(
    connection: sa.Connection,
) -> None:
    connection.exec_driver_sql("CREATE TABLE t (a INTEGER, b INTEGER, UNIQUE (a))")
    op = Operations(MigrationContext.configure(connection))
    convention = {"uq": "uq_%(table_name)s_%(column_0_name)s"}
    with op.batch_alter_table("t", naming_convention=convention) as batch_op:
        batch_op.drop_constraint("uq_t_a", type_="unique")
    assert sa.inspect(connection).get_unique_constraints("t") == []


def test_listeners_given_for_reflection_are_not_changed(
    connection: sa.Connection,
) -> None:
    connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
    seen = []
    options = {
        "listeners": [("column_reflect", lambda *args: seen.append(args[2]["name"]))]
    }
    op = Operations(MigrationContext.configure(connection))
    with op.batch_alter_table("t", "main", "always", reflect_kwargs=options):
        pass
    assert seen == ["a"]
    assert len(options["listeners"]) == 1


def test_the_table_is_not_touched_if_the_block_fails(
    connection: sa.Connection,
) -> None:
    connection.exec_driver_sql("CREATE TABLE t (a INTEGER, b INTEGER)")
    op = Operations(MigrationContext.configure(connection))

    def fail() -> None:
        with op.batch_alter_table("t") as batch_op:
            batch_op.drop_column("b")
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    assert len(sa.inspect(connection).get_columns("t")) == 2


def test_operations_need_no_dialect() -> None:
    program = (
        "import sys; from alembic_c import _bootstrap; _bootstrap.ensure();"
        "print([n for n in sys.modules if n.startswith('sqlalchemy.dialects.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"


# --- order --------------------------------------------------------------------------

_LETTERS = "abcdefgh"


def _names_behind(words: str, sql: str) -> list[str]:
    return re.findall(rf"{words} (\w+)", sql)


def test_indexes_of_a_new_table_come_by_name(
    op: Operations, buffer: io.StringIO
) -> None:
    columns = [sa.Column(name, sa.Integer, index=True) for name in _LETTERS[::-1]]
    op.create_table("t", *columns)
    names = _names_behind("CREATE INDEX", buffer.getvalue())
    assert names == [f"ix_t_{name}" for name in _LETTERS]


def test_a_batch_drops_and_makes_things_in_the_same_order_every_run() -> None:
    buffer = io.StringIO()
    opts = {"as_sql": True, "output_buffer": buffer}
    on_postgresql = Operations(
        MigrationContext.configure(dialect_name="postgresql", opts=opts)
    )
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        *[sa.Column(name, sa.Integer) for name in _LETTERS],
        *[sa.UniqueConstraint(name, name=f"uq_{name}") for name in _LETTERS],
        *[sa.Index(f"ix_{name}", name) for name in _LETTERS],
    )
    with on_postgresql.batch_alter_table("t", recreate="always", copy_from=table) as b:
        b.alter_column("id", nullable=False)
    sql = buffer.getvalue()
    assert _names_behind("DROP CONSTRAINT", sql) == [f"uq_{each}" for each in _LETTERS]
    assert _names_behind("CREATE INDEX", sql) == [f"ix_{each}" for each in _LETTERS]
