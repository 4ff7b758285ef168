"""`alembic_c.testing.env`: environments that are made and thrown away."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import alembic_c
from alembic_c import command, util
from alembic_c.script import ScriptDirectory
from alembic_c.testing import env, fixtures


@pytest.fixture(autouse=True)
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    # Revision files and env.py import from it.
    monkeypatch.setitem(sys.modules, "alembic", alembic_c)
    yield tmp_path / "scratch"
    env.clear_staging_env()


def test_an_environment_and_its_end(staging: Path) -> None:
    before = (logging.root, logging.Logger.manager)
    scripts = env.staging_env()
    assert Path(scripts.dir).resolve() == staging / "scripts"
    assert (staging / "test_alembic.ini").exists()
    assert logging.root is not before[0]
    env.clear_staging_env()
    assert not staging.exists()
    assert (logging.root, logging.Logger.manager) == before
    assert logging.Logger.root is before[0]


def test_an_environment_that_was_left_behind() -> None:
    env.staging_env()
    with pytest.raises(AssertionError, match="poor cleanup"):
        env.staging_env()
    assert env.staging_env(create=False).dir.endswith("scripts")


@pytest.mark.parametrize(
    ("sourceless", "left"),
    [("simple", "env.pyc"), ("pep3147_envonly", "__pycache__/env.*.pyc")],
)
def test_an_environment_without_sources(
    sourceless: Any, left: str, staging: Path
) -> None:
    env.staging_env(sourceless=sourceless)
    assert not (staging / "scripts" / "env.py").exists()
    found = list((staging / "scripts").rglob("*.pyc"))
    assert found == list((staging / "scripts").glob(left))
    assert len(found) == 1


def test_an_unknown_way_to_have_no_sources() -> None:
    with pytest.raises(AssertionError, match="everywhere"):
        env.staging_env(sourceless="everywhere")  # type: ignore[arg-type]


def test_the_revisions_run() -> None:
    env.staging_env()
    config = env._no_sql_testing_config("sqlite")
    a, b, c = env.three_rev_fixture(config)
    with fixtures.capture_context_buffer() as written:
        command.upgrade(config, c, sql=True)
    steps = [line for line in written.getvalue().splitlines() if "STEP" in line]
    assert steps == ["CREATE STEP 1;", "CREATE STEP 2;", "CREATE STEP 3;"]
    d, e, f = env.multi_heads_fixture(config, a, b, c)
    scripts = ScriptDirectory.from_config(config)
    assert set(scripts.get_heads()) == {c, e, f}
    parents = {each.revision: each.down_revision for each in scripts.walk_revisions()}
    assert parents == {a: None, b: a, c: b, d: b, e: d, f: b}
    assert scripts.get_revision(b).doc == "Rev B, méil, %3"


def test_statements_of_a_real_run_are_kept() -> None:
    env.staging_env()
    config = env._sqlite_testing_config()
    revision = util.rev_id()
    command.revision(config, "a table", rev_id=revision)
    env.write_script(
        ScriptDirectory.from_config(config),
        revision,
        f"""\
        revision = '{revision}'
        down_revision = None
        from alembic import op
        def upgrade():
            op.execute("CREATE TABLE t (x INTEGER)")
        """,
    )
    env.script_file_fixture("nothing")
    with fixtures.capture_engine_context_buffer() as written:
        command.upgrade(config, "head")
    assert "CREATE TABLE t (x INTEGER)\n" in written.getvalue()
    assert Path("scratch/scripts/script.py.mako").read_text() == "nothing"


def test_a_revision_is_rewritten_in_its_place() -> None:
    scripts = env.staging_env()
    config = env._no_sql_testing_config()
    a, b, _ = env.three_rev_fixture(config)
    scripts = ScriptDirectory.from_config(config)
    text = f'"""new words"""\nrevision = {b!r}\ndown_revision = {a!r}\n'
    env.write_script(scripts, b, text)
    assert scripts.get_revision(b).doc == "new words"
    with pytest.raises(ValueError, match="Can't change down_revision"):
        env.write_script(scripts, b, f"revision = {b!r}\ndown_revision = None\n")


def test_a_revision_without_its_source() -> None:
    env.staging_env()
    config = env._no_sql_testing_config()
    a, _, _ = env.three_rev_fixture(config)
    scripts = ScriptDirectory.from_config(config)
    path = Path(scripts.get_revision(a).path)
    text = f'"""compiled"""\nrevision = {a!r}\ndown_revision = None\n'
    env.write_script(scripts, a, text, sourceless=True)
    assert not path.exists()
    config.set_main_option("sourceless", "true")
    assert ScriptDirectory.from_config(config).get_revision(a).doc == "compiled"


def test_configurations() -> None:
    env.staging_env()
    sqlite = env._sqlite_testing_config(sourceless=True)
    assert sqlite.get_main_option("sqlalchemy.url") == (
        "sqlite:///scratch/scripts/foo.db"
    )
    assert sqlite.get_main_option("sourceless") == "true"

    offline = env._no_sql_testing_config("oracle", "timezone = utc")
    assert offline.get_main_option("sqlalchemy.url") == "oracle://"
    assert offline.get_main_option("timezone") == "utc"

    several = env._multi_dir_testing_config(extra_version_location="%(here)s/model4")
    locations = several.get_version_locations_list()
    assert locations is not None
    assert [Path(each).name for each in locations] == [
        "model1",
        "model2",
        "model3",
        "model4",
    ]

    toml = env._no_sql_pyproject_config(directives='timezone = "utc"')
    assert toml.get_alembic_option("timezone") == "utc"
    assert toml.get_alembic_option("script_location") == "scratch/scripts"

    engines = {"one": env._sqlite_file_db("one.db"), "two": env._sqlite_file_db()}
    multidb = env._multidb_testing_config(engines)
    assert multidb.get_main_option("databases") == "one, two"
    assert multidb.get_section_option("one", "sqlalchemy.url") == (
        "sqlite:///scratch/scripts/one.db"
    )


def test_logging_can_be_configured_from_each() -> None:
    from logging.config import fileConfig

    env.staging_env()
    for config in (env._sqlite_testing_config(), env._no_sql_testing_config()):
        assert config.config_file_name is not None
        fileConfig(config.config_file_name)
        [handler] = logging.getLogger().handlers
        assert handler.formatter is not None
        assert handler.formatter._fmt == "%(levelname)-5.5s [%(name)s] %(message)s"
        assert handler.formatter.datefmt == "%H:%M:%S"


def test_env_py_is_replaced() -> None:
    env.staging_env()
    env.env_file_fixture("print(config)\n")
    text = Path("scratch/scripts/env.py").read_text()
    assert text.endswith("config = context.config\nprint(config)\n")
    assert "from alembic import context" in text
