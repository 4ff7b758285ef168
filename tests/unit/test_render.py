"""Rendering by itself: layout, caching, hooks, registration.

That the texts are the right ones is shown by the differential tests and upstream's.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from sqlalchemy import (
    Boolean,
    Column,
    Enum,
    Integer,
    MetaData,
    String,
    Table,
    TextClause,
    func,
    text,
)
from sqlalchemy.dialects import postgresql

from alembic_c.autogenerate import render, render_op_text, render_python_code, renderers
from alembic_c.autogenerate._render_base import type_text
from alembic_c.autogenerate.api import AutogenContext
from alembic_c.autogenerate.render import BlockWriter, indent
from alembic_c.operations import ops
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util import sqla_compat


def make_context(dialect: str = "sqlite", **opts: Any) -> AutogenContext:
    context = MigrationContext.configure(
        dialect_name=dialect, opts={"target_metadata": MetaData(), **opts}
    )
    return AutogenContext(context)


# --- types --------------------------------------------------------------------------


def test_kept_type_texts_follow_the_type() -> None:
    type_ = String(5)
    assert type_text(type_) == "String(length=5)"
    type_.length = 7
    assert type_text(type_) == "String(length=7)"
    assert type_text(String(5)) == "String(length=5)"
    type_.collation = "C"
    assert type_text(type_) == "String(length=7, collation='C')"


def test_kept_type_texts_tell_equal_values_apart() -> None:
    assert type_text(String(1)) == "String(length=1)"
    assert type_text(String(True)) == "String(length=True)"
    assert type_text(String(1.0)) == "String(length=1.0)"  # type: ignore[arg-type]


def test_kept_type_texts_tell_classes_apart() -> None:
    texts = {
        type_text(type_)
        for type_ in (String(5), sa.VARCHAR(5), sa.Unicode(5), postgresql.BIT(5))
    }
    assert len(texts) == 4


def test_type_with_other_objects_inside_is_not_kept() -> None:
    inner = String(5)
    type_ = postgresql.JSONB(astext_type=inner)
    assert type_text(type_) == "JSONB(astext_type=String(length=5))"
    inner.length = 6
    assert type_text(type_) == "JSONB(astext_type=String(length=6))"


def test_type_of_a_user_is_not_kept() -> None:
    class Counting(sa.types.UserDefinedType[Any]):
        calls = 0

        def __repr__(self) -> str:
            type(self).calls += 1
            return f"Counting({self.calls})"

    type_ = Counting()
    assert [type_text(type_), type_text(type_)] == ["Counting(1)", "Counting(2)"]


def test_many_types_do_not_pile_up() -> None:
    from alembic_c.autogenerate import _render_base

    for length in range(_render_base._KEPT_LIMIT + 10):
        assert type_text(String(length)) == f"String(length={length})"
    assert len(_render_base._kept) <= _render_base._KEPT_LIMIT


def test_class_of_a_type_is_as_good_as_an_instance() -> None:
    op = ops.AlterColumnOp("t", "c", modify_type=Integer, existing_type=String)
    assert "type_=sa.Integer()" in render_op_text(make_context(), op)


def test_type_that_needs_an_import_notes_it() -> None:
    context = make_context("postgresql")
    type_ = sa.ARRAY(postgresql.INET)
    assert render._repr_type(type_, context) == "sa.ARRAY(postgresql.INET())"
    assert context.imports == {"from sqlalchemy.dialects import postgresql"}


# --- columns and constraints ----------------------------------------------------------


def test_constraint_that_a_type_makes_is_left_out() -> None:
    table = Table(
        "t",
        MetaData(),
        Column("b", Boolean(create_constraint=True, name="flag")),
        Column("e", Enum("x", "y", name="kind", create_constraint=True)),
    )
    rendered = render_op_text(make_context(), ops.CreateTableOp.from_table(table))
    assert "CheckConstraint" not in rendered


def test_autoincrement_of_any_kind_is_valid_python() -> None:
    column = Column("x", Integer, autoincrement="ignore_fk")
    assert "autoincrement='ignore_fk'" in render._render_column(column, make_context())


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        (text("now()"), "sa.text('now()')"),
        (func.lower("x"), "sa.text(\"lower('x')\")"),
        (sa.literal_column("1"), "sa.text('1')"),
    ],
)
def test_bare_expression_as_default_of_an_operation(
    default: TextClause, expected: str
) -> None:
    for keyword in ("modify_server_default", "existing_server_default"):
        given: dict[str, Any] = {keyword: default}
        op = ops.AlterColumnOp("t", "c", **given)
        rendered = render_op_text(make_context("postgresql"), op)
        assert f"server_default={expected})" in rendered


# --- operations -----------------------------------------------------------------------


def test_renderer_of_another_package() -> None:
    class CreateViewOp(ops.MigrateOperation):
        name = "v"

    class CreateSpecialViewOp(CreateViewOp):
        pass

    with pytest.raises(ValueError, match="no dispatch function for object"):
        render_op_text(make_context(), CreateViewOp())

    @renderers.dispatch_for(CreateViewOp)
    def render_view(autogen_context: AutogenContext, op: CreateViewOp) -> list[str]:
        autogen_context.imports.add("import views")
        return [f"op.create_view({op.name!r})", "op.done()"]

    context = make_context()
    expected = "op.create_view('v')\nop.done()"
    assert render_op_text(context, CreateViewOp()) == expected
    assert render_op_text(context, CreateSpecialViewOp()) == expected
    assert context.imports == {"import views"}
    with pytest.raises(ValueError, match="no dispatch function for object"):
        render.default_renderers.dispatch(CreateViewOp())


def test_replaced_renderer() -> None:
    class DropOddTableOp(ops.DropTableOp):
        pass

    op = DropOddTableOp("t")
    assert render_op_text(make_context(), op) == "op.drop_table('t')"
    renderers.dispatch_for(DropOddTableOp)(lambda context, op: "first")
    with pytest.raises(ValueError, match="key already exists"):
        renderers.dispatch_for(DropOddTableOp)(lambda context, op: "second")
    renderers.dispatch_for(DropOddTableOp, replace=True)(lambda context, op: "second")
    assert render_op_text(make_context(), op) == "second"


def test_batch_without_statements_is_left_out() -> None:
    class SilentOp(ops.MigrateOperation):
        pass

    renderers.dispatch_for(SilentOp)(lambda context, op: [])
    body = render_python_code(
        ops.UpgradeOps([ops.ModifyTableOps("t", [SilentOp()])]), render_as_batch=True
    )
    assert body.splitlines()[1] == "    pass"


def test_context_without_prefixes_renders_with_the_usual_ones() -> None:
    op = ops.AddColumnOp("t", Column("x", Integer))
    assert render_op_text(make_context(), op) == (
        "op.add_column('t', sa.Column('x', sa.Integer(), nullable=True))"
    )


def test_context_that_is_a_mock() -> None:
    """As in the tests of snowflake-sqlalchemy."""
    context = mock.MagicMock()
    context.opts = {"sqlalchemy_module_prefix": "sa.", "render_item": None}
    column = Column("x", Integer, server_default=text("0"), nullable=False)
    found = render._render_column(column, context)
    assert found.startswith("sa.Column('x', ")
    assert "server_default=sa.text(" in found


def test_many_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "MAX_PYTHON_ARGS", 2)
    columns = [Column(name, Integer) for name in "abc"]
    rendered = render_op_text(make_context(), ops.CreateTableOp("t", columns))
    assert rendered.startswith("op.create_table('t',\n*[sa.Column('a'")
    assert rendered.endswith("nullable=True)]\n)")


# --- layout ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a", "b"], "a\nb\n"),
        (["if a:", "b", "else:", "c", "", "d"], "if a:\n    b\nelse:\n    c\n\nd\n"),
        (["with a:", "# :", "b"], "with a:\n    # :\n    b\n"),
        (["def a():", "else:", "b"], "def a():\n    else:\n        b\n"),
        (["f('x:')", "b"], "f('x:')\nb\n"),
        (["a:", "b"], "a:\nb\n"),
        (["if a:\nb:", "c"], "if a:\nb:\n    c\n"),
        (["", "", "a"], "\n\na\n"),
    ],
)
def test_blocks(lines: list[str], expected: str) -> None:
    writer = BlockWriter()
    writer.write_all(lines)
    assert writer.text() == expected


def test_indent() -> None:
    assert indent("a\n\n  b  \nc\n") == "a\n\n      b\n    c"
    assert indent("") == ""


def test_rendering_does_not_need_mako() -> None:
    code = (
        "import sys\n"
        "import alembic_c.autogenerate.render\n"
        "assert 'mako' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_table_options_that_mysql_reports_with_spaces_are_python() -> None:
    options: dict[str, Any] = {"mysql_default charset": "utf8mb4"}
    table = Table("t", MetaData(), Column("c", Integer), **options)
    op = ops.CreateTableOp.from_table(table)
    rendered = render_op_text(make_context("mysql"), op)
    assert "mysql_default_charset='utf8mb4'" in rendered
    compile(rendered, "<rendered>", "exec")


@pytest.mark.skipif(not sqla_compat.sqla_2_1, reason="SQLAlchemy 2.1 or newer")
def test_foreign_key_to_names_with_dots_can_be_read_again() -> None:
    metadata = MetaData()
    Table("my.parent", metadata, Column("a.b", Integer, key="k", primary_key=True))
    target: Any = ("my.parent", "k")
    table = Table("t", metadata, Column("x", Integer, sa.ForeignKey(target)))
    op = ops.CreateTableOp.from_table(table, _namespace_metadata=metadata)
    text = render_op_text(make_context(), op)
    assert "sa.ForeignKeyConstraint(['x'], [('my.parent', 'a.b')], )" in text


def test_foreign_key_to_a_table_alone_names_the_column() -> None:
    table = Table("t", MetaData(), Column("x", Integer, sa.ForeignKey("parent")))
    text = render_op_text(make_context(), ops.CreateTableOp.from_table(table))
    assert "sa.ForeignKeyConstraint(['x'], ['parent.x'], )" in text
