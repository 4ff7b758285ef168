"""`alembic_c.testing`: helpers, requirements, fixtures' SQL, and what loads it."""

# ruff: noqa: PT009 - `assert_` is upstream's name

from __future__ import annotations

import contextlib
import subprocess
import sys
import warnings as python_warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa

from alembic_c import op
from alembic_c.testing import _sqla, fixtures, requirements, util, warnings
from alembic_c.util import sqla_compat


@pytest.fixture(autouse=True)
def nothing_in_use() -> Iterator[None]:
    yield
    module: Any = op
    module._proxy = None


def test_names_of_a_lambda_are_resolved() -> None:
    x = 10
    assert util.resolve_lambda(lambda: later + 1, later=1) == 2  # type: ignore[name-defined]  # noqa: F821
    assert util.resolve_lambda(lambda a, b: (a, b), b=2, a=1) == (1, 2)
    assert util.resolve_lambda(lambda a: a + more, a=1, more=5) == 6  # type: ignore[name-defined]  # noqa: F821
    assert util.resolve_lambda(lambda: x + 1) == 11
    with pytest.raises(KeyError, match="a"):
        util.resolve_lambda(lambda a: a)


def test_combinations_of_flags() -> None:
    with mock.patch.object(_sqla.config, "combinations") as combinations:
        util.flag_combinations(
            {"lazy": False, "passive": False}, {"passive": True}, {"raises": True}
        )
    combinations.assert_called_once_with(
        ("", False, False, False),
        ("passive", False, True, False),
        ("raises", False, False, True),
        id_="iaaa",
        argnames="lazy,passive,raises",
    )


def test_the_metadata_fixture_drops_its_tables() -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)

    class Case:
        pass

    def fill(self: Any, metadata: sa.MetaData) -> str:
        sa.Table("a", metadata, sa.Column("x", sa.Integer))
        return "filled"

    with (
        mock.patch.object(_sqla.config, "fixture", return_value=lambda made: made),
        mock.patch.object(_sqla.config, "db", engine),
    ):
        case: Any = Case()
        use = contextlib.contextmanager(util.metadata_fixture()(fill))
        with use(case) as result:
            assert result == "filled"
            assert list(case.metadata.tables) == ["a"]
            assert sa.inspect(engine).get_table_names() == ["a"]
        assert sa.inspect(engine).get_table_names() == []


def test_numbers_in_versions() -> None:
    assert [util._safe_int(part) for part in ("2", "0b1")] == [2, "0b1"]


# --- requirements ------------------------------------------------------------------

CLOSED = {
    "autocommit_isolation",
    "autoincrement_on_composite_pk",
    "computed_columns",
    "fk_deferrable",
    "fk_deferrable_is_reflected",
    "fk_initially",
    "fk_ondelete_is_reflected",
    "fk_onupdate_is_reflected",
    "identity_columns",
    "identity_columns_alter",
    "materialized_views",
    "reflects_fk_options",
    "reflects_pk_names",
}


class Configuration:
    """What SQLAlchemy's exclusions ask: the run's database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.db = engine


def is_met(name: str, engine: sa.Engine) -> bool:
    rule = getattr(requirements.SuiteRequirements(), name)
    met: bool = rule.enabled_for_config(Configuration(engine))
    return met


def test_what_sqlite_is_taken_to_do() -> None:
    engine = sa.create_engine("sqlite://")
    names = [n for n in vars(requirements.SuiteRequirements) if not n.startswith("_")]
    unmet = {name for name in names if not is_met(name, engine)}
    asked = {"sequences", "comments", "computed_columns_warn_no_persisted"}
    installation = {
        "sqlalchemy_2_1": sqla_compat.sqla_2_1,
        "sqlalchemy_copies_fk_ck_dialect_kwargs": (
            sqla_compat.copies_keep_constraint_options
        ),
        "windows": sys.platform == "win32",
    }
    assert unmet == CLOSED | asked | {n for n, met in installation.items() if not met}


def test_what_is_asked_of_the_dialect() -> None:
    engine = sa.create_engine("sqlite://")
    engine.dialect.supports_sequences = True
    engine.dialect.supports_comments = True
    engine.dialect.requires_name_normalize = True
    assert is_met("sequences", engine)
    assert is_met("comments", engine)
    assert not is_met("no_name_normalize", engine)


@pytest.mark.parametrize(
    ("error", "met"),
    [
        (None, True),
        (sa.exc.NoSuchTableError("x"), True),
        (NotImplementedError(), False),
        (TypeError(), False),
    ],
)
def test_reflection_of_unique_constraints_is_tried(
    error: Exception | None, met: bool
) -> None:
    engine = sa.create_engine("sqlite://")
    with mock.patch.object(
        engine.dialect, "get_unique_constraints", side_effect=error, return_value=[]
    ):
        assert is_met("unique_constraint_reflection", engine) is met


def test_a_dialect_redefines_requirements() -> None:
    class Requirements(requirements.SuiteRequirements):
        @property
        def foreign_key_name_reflection(self) -> Any:
            return _sqla.exclusions.closed()

        @property
        def comments(self) -> Any:
            return super().schemas

    engine = sa.create_engine("sqlite://")
    configuration = Configuration(engine)
    assert not Requirements().fk_names.enabled_for_config(configuration)
    assert Requirements().comments.enabled_for_config(configuration)


def test_every_requirement_says_what_it_is() -> None:
    for name, member in vars(requirements.SuiteRequirements).items():
        if isinstance(member, property):
            assert member.__doc__, name
            assert member.__doc__.endswith("."), name


# --- SQL that is kept --------------------------------------------------------------


def test_operations_give_sql_to_the_context() -> None:
    context = fixtures.op_fixture("postgresql")
    op.add_column("t", sa.Column("x", sa.Integer))
    op.execute("SELECT 1")
    context.assert_("ALTER TABLE t ADD COLUMN x INTEGER", "SELECT\n\t 1")
    context.assert_contains("ADD COLUMN x")
    with pytest.raises(AssertionError, match="Could not locate fragment 'ADD y' in"):
        context.assert_contains("ADD y")
    with pytest.raises(AssertionError):
        context.assert_("SELECT 1")
    context.clear_assertions()
    context.assert_()
    assert context.get_buf().lines == []


def test_operations_in_offline_mode() -> None:
    context = fixtures.op_fixture(as_sql=True, literal_binds=True)
    table = sa.table("t", sa.column("x", sa.Integer))
    op.execute(table.update().where(table.c.x == 5).values(x=6))
    context.assert_("UPDATE t SET x=6 WHERE t.x = 5")


def test_naming_conventions_and_booleans() -> None:
    context = fixtures.op_fixture(
        naming_convention={"uq": "uq_%(table_name)s"}, native_boolean=False
    )
    op.create_unique_constraint(None, "t", ["x"])
    context.assert_("ALTER TABLE t ADD CONSTRAINT uq_t UNIQUE (x)")
    assert not context.dialect.supports_native_boolean


def test_an_engine_that_only_compiles() -> None:
    engine, statements = fixtures.capture_db()
    sa.MetaData().create_all(engine, checkfirst=False)
    sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer)).create(
        engine, checkfirst=False
    )
    [statement] = statements
    assert statement.split() == ["CREATE", "TABLE", "t", "(", "x", "INTEGER", ")"]


# --- warnings, and what is loaded --------------------------------------------------


@pytest.mark.parametrize(
    "category", [sa.exc.SAWarning, sa.exc.SADeprecationWarning, DeprecationWarning]
)
def test_warnings_that_end_a_run(category: type[Warning]) -> None:
    with python_warnings.catch_warnings():
        warnings.setup_filters()
        with pytest.raises(category):
            python_warnings.warn("x", category, stacklevel=1)
        python_warnings.warn(
            r"Module globals is missing a __spec__.loader",
            DeprecationWarning,
            stacklevel=1,
        )


def test_nothing_else_loads_it() -> None:
    code = (
        "import pkgutil, importlib, sys, alembic_c\n"
        "names = 'testing', 'templates', '__main', 'pytest'\n"
        "left = tuple(f'alembic_c.{name}' for name in names)\n"
        "for found in pkgutil.iter_modules(alembic_c.__path__, 'alembic_c.'):\n"
        "    if found.name.startswith(left): continue\n"
        "    importlib.import_module(found.name)\n"
        "print([m for m in sys.modules if 'testing' in m or m == 'pytest'])\n"
    )
    root = Path(fixtures.__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
    )
    assert run.stdout.strip() == "[]"
