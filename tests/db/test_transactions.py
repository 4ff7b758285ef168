"""What a failing migration leaves behind: the same as with upstream, in every mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.side_by_side import SideBySide
from tests.support.twin import Twin

MAKE = "op.create_table({0!r}, sa.Column('id', sa.Integer, primary_key=True))"
DROP = "op.drop_table({0!r})"
FAIL = "raise RuntimeError('half way')"

MODES = {
    "default": {},
    "per migration": {"transaction_per_migration": True},
    "transactional": {"transactional_ddl": True},
    "transactional, per migration": {
        "transactional_ddl": True,
        "transaction_per_migration": True,
    },
    "not transactional": {"transactional_ddl": False},
    "not transactional, per migration": {
        "transactional_ddl": False,
        "transaction_per_migration": True,
    },
}


@pytest.fixture
def twin(tmp_path: Path, database_url: str, both: SideBySide) -> Twin:
    return Twin(tmp_path / "project", database_url, both)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, twin: Twin) -> str:
    twin.options = repr(MODES[request.param])
    return str(request.param)


@pytest.fixture(params=["default", "per migration", "not transactional"])
def main_mode(request: pytest.FixtureRequest, twin: Twin) -> str:
    twin.options = repr(MODES[request.param])
    return str(request.param)


def is_postgresql(twin: Twin) -> bool:
    return twin.url.startswith("postgresql")


def test_failing_upgrade(twin: Twin, mode: str) -> None:
    twin.revision("a", None, MAKE.format("ta"), DROP.format("ta"))
    twin.revision("b", "a", f"{MAKE.format('tb')}\n{FAIL}")
    (outcome,) = twin.run("upgrade head")
    assert outcome.status == 1
    assert outcome.error == "RuntimeError: half way"
    if is_postgresql(twin) and mode == "default":
        assert outcome.tables == {}
    if is_postgresql(twin) and "per migration" in mode:
        assert outcome.tables == {".alembic_version": [["a"]], ".ta": []}


def test_failing_downgrade(twin: Twin, mode: str) -> None:
    twin.revision("a", None, MAKE.format("ta"), f"{DROP.format('ta')}\n{FAIL}")
    twin.revision("b", "a", MAKE.format("tb"), DROP.format("tb"))
    outcomes = twin.run("upgrade head", "downgrade base", "current")
    assert [outcome.status for outcome in outcomes] == [0, 1, 0]
    if is_postgresql(twin) and mode == "default":
        assert outcomes[1].tables == outcomes[0].tables


def test_failing_statement(twin: Twin, main_mode: str) -> None:
    twin.revision("a", None, MAKE.format("ta"))
    twin.revision("b", "a", f"{MAKE.format('tb')}\nop.execute('no such statement')")
    twin.revision("c", "b", MAKE.format("tc"))
    outcomes = twin.run("upgrade head", "current")
    assert outcomes[0].status == 1
    assert ".tc" not in outcomes[0].tables


def test_autocommit_block(twin: Twin, mode: str) -> None:
    twin.revision("a", None, MAKE.format("ta"))
    twin.revision(
        "b",
        "a",
        "op.execute('INSERT INTO ta VALUES (1)')\n"
        "with op.get_context().autocommit_block():\n"
        "    op.execute('INSERT INTO ta VALUES (2)')\n"
        "    options = op.get_bind().get_execution_options()\n"
        "    assert options['isolation_level'] == 'AUTOCOMMIT'\n"
        "options = op.get_bind().get_execution_options()\n"
        "assert options.get('isolation_level') != 'AUTOCOMMIT'\n"
        "op.execute('INSERT INTO ta VALUES (3)')",
    )
    (outcome,) = twin.run("upgrade head")
    assert outcome.status == 0
    assert outcome.tables == {
        ".alembic_version": [["b"]],
        ".ta": [[1], [2], [3]],
    }


def test_failure_behind_an_autocommit_block(twin: Twin, mode: str) -> None:
    twin.revision("a", None, MAKE.format("ta"))
    twin.revision(
        "b",
        "a",
        "with op.get_context().autocommit_block():\n"
        "    op.execute('INSERT INTO ta VALUES (1)')\n"
        f"op.execute('INSERT INTO ta VALUES (2)')\n{FAIL}",
    )
    (outcome,) = twin.run("upgrade head")
    assert outcome.status == 1
    assert [1] in outcome.tables[".ta"]
    assert outcome.tables[".alembic_version"] == [["a"]]


def test_failure_inside_an_autocommit_block(twin: Twin, main_mode: str) -> None:
    twin.revision("a", None, MAKE.format("ta"))
    twin.revision(
        "b",
        "a",
        "with op.get_context().autocommit_block():\n"
        f"    op.execute('INSERT INTO ta VALUES (1)')\n    {FAIL}",
    )
    outcomes = twin.run("upgrade head", "current")
    assert outcomes[0].status == 1


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_migration_that_ends_the_transaction_itself(
    twin: Twin, main_mode: str, ending: str
) -> None:
    twin.revision("a", None, MAKE.format("ta"))
    twin.revision(
        "b", "a", f"op.execute('INSERT INTO ta VALUES (1)')\nop.get_bind().{ending}()"
    )
    twin.revision("c", "b", "op.execute('INSERT INTO ta VALUES (2)')")
    twin.run("upgrade head", "current")


def name_the_transaction(twin: Twin, then: str) -> None:
    """Let `env.py` name the transaction of a run, and do something after it."""
    twin.edit_env(
        "with context.begin_transaction():\n            context.run_migrations()\n",
        "with context.begin_transaction() as transaction:\n"
        "            context.run_migrations()\n"
        f"            {then}\n",
    )


@pytest.mark.parametrize("failure", ["", f"; {FAIL}"], ids=["", "and fails"])
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_env_that_ends_the_transaction_through_the_proxy(
    twin: Twin, ending: str, failure: str
) -> None:
    # With SQLite a run has no transaction of its own unless it is asked for.
    twin.options = repr({"transactional_ddl": True})
    name_the_transaction(twin, f"transaction.{ending}(){failure}")
    twin.revision("a", None, MAKE.format("ta"))
    outcomes = twin.run("upgrade head", "current")
    assert outcomes[0].error == ("RuntimeError: half way" if failure else "")
    if ending == "commit":
        expected = {".alembic_version": [["a"]], ".ta": []}
    elif is_postgresql(twin):
        expected = {}
    else:
        # Python's driver begins a transaction of SQLite's before INSERT, not before
        # DDL.
        expected = {".alembic_version": [], ".ta": []}
    assert [outcome.tables for outcome in outcomes] == [expected] * 2


@pytest.mark.parametrize("mode", ["per migration", "not transactional"])
def test_env_is_given_no_transaction_where_a_run_has_none(
    twin: Twin, mode: str
) -> None:
    twin.options = repr(MODES[mode])
    name_the_transaction(twin, "print('given:', transaction)")
    twin.revision("a", None, MAKE.format("ta"))
    (outcome,) = twin.run("upgrade head")
    assert outcome.stdout == "given: None\n"
    assert outcome.tables == {".alembic_version": [["a"]], ".ta": []}


def test_transaction_of_the_caller_is_left_to_the_caller(
    twin: Twin, main_mode: str
) -> None:
    twin.edit_env(
        "with engine.connect() as connection:",
        "with engine.connect() as connection, connection.begin() as outer:",
    )
    twin.revision("a", None, MAKE.format("ta"))
    twin.revision("b", "a", f"{MAKE.format('tb')}\n{FAIL}")
    outcomes = twin.run("upgrade a", "upgrade b")
    assert [outcome.status for outcome in outcomes] == [0, 1]
    assert outcomes[0].tables == {".alembic_version": [["a"]], ".ta": []}
    if is_postgresql(twin):
        assert outcomes[1].tables == outcomes[0].tables


def test_static_script(twin: Twin, mode: str) -> None:
    twin.revision("a", None, MAKE.format("ta"), DROP.format("ta"))
    twin.revision(
        "b",
        "a",
        "with op.get_context().autocommit_block():\n"
        "    op.execute('CREATE SOMETHING')\n"
        f"{MAKE.format('tb')}",
        DROP.format("tb"),
    )
    outcomes = twin.run(
        "upgrade head --sql",
        "upgrade a:b --sql",
        "upgrade a:a --sql",
        "downgrade b:a --sql",
        "downgrade b:base --sql",
        "stamp b --sql",
        "stamp a:b --sql",
        "ensure_version --sql",
    )
    assert outcomes[0].stdout
    assert all(outcome.tables == {} for outcome in outcomes)


def test_failing_static_script_has_no_commit(twin: Twin, main_mode: str) -> None:
    twin.revision("a", None, MAKE.format("ta"))
    twin.revision("b", "a", f"{MAKE.format('tb')}\n{FAIL}")
    (outcome,) = twin.run("upgrade head --sql")
    assert outcome.status == 1
    tail = outcome.stdout.rpartition("CREATE TABLE tb")[2]
    assert "COMMIT" not in tail
