"""The frame of autogenerate: contexts, revisions, rewriters; no comparison."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from alembic_c import util
from alembic_c.autogenerate import (
    RevisionContext,
    Rewriter,
    comparators,
    compare_metadata,
    produce_migrations,
    render_python_code,
)
from alembic_c.autogenerate.api import AutogenContext
from alembic_c.autogenerate.compare.util import collector_paused
from alembic_c.operations import ops
from alembic_c.runtime.migration import MigrationContext
from alembic_c.runtime.plugins import Plugin


def offline_context(**opts: Any) -> MigrationContext:
    return MigrationContext.configure(dialect_name="sqlite", opts=opts)


# --- AutogenContext -----------------------------------------------------------------


def test_a_script_environment_without_a_model_is_refused() -> None:
    context = offline_context()
    script: Any = SimpleNamespace(env_py_location="here/env.py")
    context.script = script
    message = "environment script here/env.py does not provide a MetaData object"
    with pytest.raises(util.CommandError, match=message):
        AutogenContext(context)
    # Rendering alone needs no model.
    AutogenContext(context, autogenerate=False)


def test_offline_mode_is_refused() -> None:
    context = offline_context(as_sql=True)
    with pytest.raises(util.CommandError, match="can't use as_sql=True"):
        compare_metadata(context, sa.MetaData())


def test_no_inspector_without_a_database() -> None:
    context = AutogenContext(offline_context(), sa.MetaData())
    with pytest.raises(TypeError, match="has no database connection"):
        _ = context.inspector


def test_tables_of_several_models_follow_each_other() -> None:
    first, second = sa.MetaData(), sa.MetaData()
    sa.Table("z", first, sa.Column("id", sa.Integer))
    sa.Table("a", second, sa.Column("id", sa.Integer), schema="s")
    context = AutogenContext(offline_context(), [first, second])
    assert [table.name for table in context.sorted_tables] == ["z", "a"]
    assert list(context.table_key_to_table) == ["z", "s.a"]


def test_a_table_in_two_models_is_refused() -> None:
    first, second = sa.MetaData(), sa.MetaData()
    for name in ("b", "a"):
        for metadata in (first, second):
            sa.Table(name, metadata, sa.Column("id", sa.Integer))
    context = AutogenContext(offline_context(), [first, second])
    message = 'Duplicate table keys across multiple MetaData objects: "a", "b"'
    with pytest.raises(ValueError, match=message):
        _ = context.table_key_to_table


@pytest.mark.parametrize(
    ("name", "type_", "parents", "qualified"),
    [
        ("t", "table", {"schema_name": None}, "t"),
        ("t", "table", {"schema_name": "s"}, "s.t"),
        ("c", "column", {"schema_name": "s", "table_name": "t"}, "s.t"),
        (None, "index", {"schema_name": None, "table_name": "t"}, "t"),
        ("f", "function", {"schema_name": "s"}, None),
        ("s", "schema", {}, None),
    ],
)
def test_name_filters_get_the_qualified_table(
    name: str | None, type_: Any, parents: dict[Any, Any], qualified: str | None
) -> None:
    seen = []

    def include_name(*args: Any) -> bool:
        seen.append(args)
        return False

    context = AutogenContext(offline_context(include_name=include_name), sa.MetaData())
    assert not context.run_name_filters(name, type_, parents)
    (asked,) = seen
    assert asked[:2] == (name, type_)
    assert asked[2].get("schema_qualified_table_name") == qualified


def test_object_filters_decide() -> None:
    context = AutogenContext(
        offline_context(include_object=lambda *args: args[1] != "no"), sa.MetaData()
    )
    table: Any = object()
    assert context.run_object_filters(table, "yes", "table", False, None)
    assert not context.run_filters(table, "no", "table", False, None)


def test_plugins_are_chosen_by_option() -> None:
    def targets(**opts: Any) -> set[str]:
        context = AutogenContext(offline_context(**opts), sa.MetaData())
        return {target for target, _, _ in context.comparators._registry}

    assert targets() >= {"autogenerate", "schema", "table", "column"}
    assert "column" not in targets(
        autogenerate_plugins=["alembic.autogenerate.schemas"]
    )
    with pytest.raises(util.CommandError, match=r"Did not locate plugins: not\.there"):
        targets(autogenerate_plugins=["not.there"])


def test_the_builtin_plugins_have_upstreams_names() -> None:
    from alembic_c.runtime import plugins

    assert [name for name in plugins._all_plugins if name.startswith("alembic.")] == [
        "alembic.autogenerate.schemas",
        "alembic.autogenerate.tables",
        "alembic.autogenerate.types",
        "alembic.autogenerate.constraints",
        "alembic.autogenerate.defaults",
        "alembic.autogenerate.comments",
        "alembic.ext.checkconstraint_byname",
    ]


def test_batch_rendering_ends_with_the_block() -> None:
    context = AutogenContext(offline_context(), sa.MetaData())
    with contextlib.suppress(RuntimeError), context._within_batch():
        assert context._has_batch
        raise RuntimeError
    assert not context._has_batch


def test_code_is_rendered_without_a_context() -> None:
    op = ops.AddColumnOp("t", sa.Column("x", sa.Numeric(5, 2)))
    code = render_python_code(ops.UpgradeOps([op]), sqlalchemy_module_prefix="sqla.")
    assert "op.add_column('t', sqla.Column('x', sqla.Numeric(" in code


# --- comparators of applications ----------------------------------------------------


@pytest.fixture
def connection() -> Any:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection


def test_an_extension_takes_part_at_each_level(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparators, "_registry", {})
    seen: list[tuple[Any, ...]] = []

    def note(target: str, count: int) -> Callable[..., None]:
        def comparator(*args: Any) -> None:
            assert len(args) == count
            seen.append((target, *args[2 : 5 if target == "column" else 4]))

        return comparator

    for target, count in (("autogenerate", 2), ("schema", 3), ("table", 6)):
        comparators.dispatch_for(target)(note(target, count))
    comparators.dispatch_for("column")(note("column", 7))
    comparators.dispatch_for("column", qualifier="oracle")(note("oracle", 7))

    connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    model = sa.MetaData()
    sa.Table("t", model, sa.Column("x", sa.Integer))
    compare_metadata(MigrationContext.configure(connection), model)
    assert seen == [
        ("autogenerate",),
        ("schema", {None}),
        ("column", None, "t", "x"),
        ("table", None, "t"),
    ]


def test_an_extension_sees_reflected_constraints(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left out of reflected tables when somebody else looks at them."""
    monkeypatch.setattr(comparators, "_registry", {})
    seen = []

    @comparators.dispatch_for("table")
    def look(context: Any, table_ops: Any, *args: Any) -> None:
        reflected = args[2]
        seen.append(sorted(index.name for index in reflected.indexes))
        kinds = sorted(type(each).__name__ for each in reflected.constraints)
        seen.append(kinds)

    connection.exec_driver_sql(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER UNIQUE, CHECK (x > 0))"
    )
    connection.exec_driver_sql("CREATE INDEX ix ON t (x)")
    model = sa.MetaData()
    sa.Table("t", model, sa.Column("id", sa.Integer, primary_key=True))
    compare_metadata(MigrationContext.configure(connection), model)
    assert seen == [
        ["ix"],
        ["CheckConstraint", "PrimaryKeyConstraint", "UniqueConstraint"],
    ]


def test_a_plugin_adds_directives_when_it_is_chosen(connection: sa.Connection) -> None:
    plugin = Plugin("test.extra")
    try:

        def add(context: Any, upgrade_ops: Any, schemas: Any) -> Any:
            upgrade_ops.ops.append(ops.CreateIndexOp("extra", "t", ["x"]))
            return util.PriorityDispatchResult.CONTINUE

        plugin.add_autogenerate_comparator(add, "schema")
        model = sa.MetaData()
        default = MigrationContext.configure(connection)
        assert compare_metadata(default, model) == []
        chosen = MigrationContext.configure(
            connection,
            opts={"autogenerate_plugins": ["alembic.autogenerate.*", "test.extra"]},
        )
        ((what, index),) = compare_metadata(chosen, model)
        assert (what, index.name) == ("add_index", "extra")
    finally:
        plugin.remove()


# --- RevisionContext ----------------------------------------------------------------


class Found(NamedTuple):
    """What a script directory finds by an id."""

    revision: str


class FakeScripts:
    """A script directory that keeps what it is given."""

    def __init__(self, *, heads: tuple[str, ...] = ("head",)) -> None:
        self.heads = heads
        self.generated: list[tuple[Any, ...]] = []

    def get_revisions(self, id_: Any, /) -> tuple[Found, ...]:
        ids = self.heads if id_ in ("heads", self.heads) else ("older",)
        return tuple(map(Found, ids))

    def generate_revision(self, *args: Any, **kw: Any) -> Any:
        self.generated.append((*args, kw))
        return args[0]


def command_args(**changes: Any) -> dict[str, Any]:
    names = "message autogenerate sql head splice branch_label version_path depends_on"
    return {**dict.fromkeys(names.split()), "rev_id": "abc", **changes}


def environment(**opts: Any) -> MigrationContext:
    defaults = {"upgrade_token": "upgrades", "downgrade_token": "downgrades"}
    defaults["process_revision_directives"] = opts.pop("hook", None)
    return offline_context(**defaults, **opts)


def test_a_revision_without_environment_keeps_the_template() -> None:
    scripts = FakeScripts()
    context = RevisionContext("config", scripts, command_args(message="a message"))
    assert list(context.generate_scripts()) == ["abc"]
    ((rev_id, message, given),) = scripts.generated
    assert (rev_id, message, given["config"]) == ("abc", "a message", "config")
    assert "upgrades" not in given


def test_a_database_behind_is_refused() -> None:
    context = RevisionContext(None, FakeScripts(), command_args())
    with pytest.raises(
        util.exc.NotUpToDate, match="Target database is not up to date"
    ) as refused:
        context.run_autogenerate(("older",), environment())
    assert (refused.value.at, refused.value.newest) == (["older"], ["head"])


def test_autogenerate_offline_is_refused() -> None:
    context = RevisionContext(None, FakeScripts(), command_args(sql=True))
    with pytest.raises(util.CommandError, match="Using --sql with --autogenerate"):
        context.run_autogenerate(("head",), environment())


def test_each_environment_gets_its_own_lists() -> None:
    scripts = FakeScripts()
    context = RevisionContext(None, scripts, command_args())
    for name in ("one", "two"):
        tokens = {"upgrade_token": f"{name}_up", "downgrade_token": f"{name}_down"}
        context.run_no_autogenerate(
            ("head",), offline_context(process_revision_directives=None, **tokens)
        )
    (script,) = context.generated_revisions
    assert [each.upgrade_token for each in script.upgrade_ops_list] == [
        "one_up",
        "two_up",
    ]
    list(context.generate_scripts())
    given = scripts.generated[0][-1]
    assert {"one_up", "two_up", "one_down", "two_down"} <= given.keys()


def test_a_hook_may_add_a_list_to_one_side_only() -> None:
    def hook(
        context: Any, revision: Any, directives: list[ops.MigrationScript]
    ) -> None:
        more = ops.UpgradeOps([ops.ExecuteSQLOp("more")], upgrade_token="more")
        directives[0].upgrade_ops_list.append(more)

    scripts = FakeScripts()
    context = RevisionContext(None, scripts, command_args())
    context.run_no_autogenerate(("head",), environment(hook=hook))
    list(context.generate_scripts())
    given = scripts.generated[0][-1]
    assert "pass" in given["upgrades"]
    assert "pass" in given["downgrades"]
    assert "op.execute('more')" in given["more"]


def test_hooks_run_in_order_and_may_replace_the_scripts() -> None:
    calls: list[str] = []

    def callers(context: Any, revision: Any, directives: list[Any]) -> None:
        calls.append("caller")

    def environments(context: Any, revision: Any, directives: list[Any]) -> None:
        calls.append("environment")
        directives[:] = []

    context = RevisionContext(None, FakeScripts(), command_args(), callers)
    context.run_no_autogenerate(("head",), environment(hook=environments))
    assert calls == ["caller", "environment"]
    assert list(context.generate_scripts()) == []


def test_a_random_id_is_made() -> None:
    context = RevisionContext(None, FakeScripts(), command_args(rev_id=None))
    rev_id = context.generated_revisions[0].rev_id
    assert rev_id is not None
    assert len(rev_id) == 12


# --- Rewriter -----------------------------------------------------------------------


def test_rewriter_walks_directives_as_its_dispatcher_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Pair(ops.MigrateOperation):
        def __init__(self, *inside: ops.MigrateOperation) -> None:
            self.inside = list(inside)

    dispatcher = Rewriter._traverse.branch()
    monkeypatch.setattr(Rewriter, "_traverse", dispatcher)

    @dispatcher.dispatch_for(Pair)
    def walk(self: Any, context: Any, revision: Any, directive: Pair) -> None:
        self._traverse_list(context, revision, directive.inside)

    rewriter = Rewriter()

    @rewriter.rewrites(ops.DropTableOp)
    def drop(context: Any, revision: Any, directive: Any) -> list[Any]:
        return [directive, ops.ExecuteSQLOp("vacuum")]

    pair = Pair(ops.DropTableOp("a"), ops.DropColumnOp("t", "c"))
    container = ops.UpgradeOps(ops=[pair])
    script: Any = ops.MigrationScript("1", container, ops.DowngradeOps(ops=[]))
    rewriter(None, (), [script])  # type: ignore[arg-type]
    kinds = [type(each).__name__ for each in pair.inside]
    assert kinds == ["DropTableOp", "ExecuteSQLOp", "DropColumnOp"]


def script_with(*directives: Any) -> ops.MigrationScript:
    changes = ops.ModifyTableOps("t", list(directives))
    return ops.MigrationScript("abc", ops.UpgradeOps([changes]), ops.DowngradeOps([]))


def inside(script: ops.MigrationScript) -> list[Any]:
    upgrade_ops = script.upgrade_ops
    assert upgrade_ops is not None
    table_ops = upgrade_ops.ops[0]
    assert isinstance(table_ops, ops.ModifyTableOps)
    return list(table_ops.ops)


def column() -> ops.AddColumnOp:
    return ops.AddColumnOp("t", sa.Column("x", sa.Integer))


@pytest.mark.parametrize(
    ("returned", "left"),
    [
        (lambda op: op, 1),
        (lambda op: [op, op], 2),
        (lambda op: (each for each in [op]), 1),
        (lambda op: [], 0),
        (lambda op: None, 0),
    ],
)
def test_what_a_function_returns_takes_the_place(
    returned: Callable[[Any], Any], left: int
) -> None:
    rewriter = Rewriter()
    rewriter.rewrites(ops.AddColumnOp)(lambda context, revision, op: returned(op))
    script = script_with(column())
    rewriter(None, None, [script])  # type: ignore[arg-type]
    assert len(inside(script)) == left


def test_a_directive_is_rewritten_once_by_each() -> None:
    first, second = Rewriter(), Rewriter()
    calls: list[str] = []
    for name, rewriter in (("first", first), ("second", second)):

        def note(context: Any, revision: Any, op: Any, name: str = name) -> Any:
            calls.append(name)
            return op

        rewriter.rewrites(ops.AddColumnOp)(note)
    script = script_with(column())
    both = first.chain(second)
    for _ in range(2):
        both(None, None, [script])  # type: ignore[arg-type]
    assert calls == ["first", "second"]


@pytest.mark.parametrize("kind", ["UpgradeOps", "DowngradeOps"])
def test_a_script_keeps_one_list_of_each_kind(kind: str) -> None:
    rewriter = Rewriter()
    rewriter.rewrites(getattr(ops, kind))(lambda context, revision, op: [op, op])
    with pytest.raises(ValueError, match=f"single object for {kind}"):
        rewriter(None, None, [script_with()])  # type: ignore[arg-type]


def test_a_second_function_for_a_type_is_refused() -> None:
    rewriter = Rewriter()
    rewriter.rewrites(ops.AddColumnOp)(lambda *args: None)
    with pytest.raises(ValueError, match="key already exists"):
        rewriter.rewrites(ops.AddColumnOp)(lambda *args: None)


# --- the rest -----------------------------------------------------------------------


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was(enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with contextlib.suppress(RuntimeError), collector_paused():
            assert not gc.isenabled()
            raise RuntimeError
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


def test_the_way_back_is_part_of_the_script(connection: sa.Connection) -> None:
    model = sa.MetaData()
    sa.Table("t", model, sa.Column("x", sa.Integer))
    script = produce_migrations(MigrationContext.configure(connection), model)
    assert script.downgrade_ops is not None
    (back,) = script.downgrade_ops.ops
    assert isinstance(back, ops.DropTableOp)


def test_of_indexes_of_one_name_the_same_counts_in_every_run() -> None:
    model = sa.MetaData()
    for table in ("t", "u", "v", "w"):
        letters = "abcdefgh"
        columns = [sa.Column(name, sa.Integer) for name in letters]
        sa.Table(table, model, *columns, *[sa.Index("x", name) for name in letters])
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        added = [
            difference[1]
            for difference in compare_metadata(context, model)
            if difference[0] == "add_index"
        ]
    assert [index.columns.keys() for index in added] == [["h"]] * 4
