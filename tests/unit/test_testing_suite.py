"""`alembic_c.testing.suite` as a dialect's own test run collects it, on SQLite.

The run is a process of its own: SQLAlchemy's plugin and the import name `alembic` are
for a whole process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest

import alembic_c
from tests.samples import sample

ROOT = Path(alembic_c.__file__).resolve().parent.parent

SETUP = """
[sqla_testing]
requirement_cls = dialect_requirements:Requirements
profile_file = profiles.txt

[db]
default = sqlite:///:memory:
"""

CONFTEST = """
import alembic_c
alembic_c.install()
from sqlalchemy.testing.plugin.pytestplugin import *
import alembic.autogenerate
if {broken}:
    alembic.autogenerate._produce_net_changes = lambda context, found: None
"""

REQUIREMENTS = """
from alembic.testing import exclusions
from alembic.testing.requirements import SuiteRequirements

class Requirements(SuiteRequirements):
    schemas = alter_column = property(lambda self: exclusions.closed())
    computed_columns = fk_ondelete_is_reflected = property(
        lambda self: exclusions.open()
    )
    fk_onupdate_is_reflected = property(lambda self: exclusions.open())
"""

# As the dialects of CockroachDB and SAP HANA do.
TESTS = sample("testing_suite/tests.py")


def run_suite(directory: Path, broken: bool) -> dict[str, str]:
    """Run the suite and return test -> outcome, or the reason why it was left out."""
    files = {
        "setup.cfg": SETUP,
        "pytest.ini": "[pytest]\n",
        "conftest.py": CONFTEST.format(broken=broken),
        "dialect_requirements.py": REQUIREMENTS,
        "test_dialect.py": TESTS,
    }
    for name, text in files.items():
        (directory / name).write_text(text)
    path = os.pathsep.join([str(ROOT), str(directory)])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--junitxml=report.xml"]
        + ["-p", "no:cacheprovider", "--maxfail=1000", "test_dialect.py"],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    report = directory / "report.xml"
    assert report.exists(), run.stdout + run.stderr
    outcomes = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        failed = case.find("failure") is not None or case.find("error") is not None
        skipped = case.find("skipped") is not None
        cls = case.get("classname", "").rpartition(".")[2].split("_sqlite")[0]
        name = f"{cls}.{case.get('name')}"
        outcomes[name] = "failed" if failed else "skipped" if skipped else "passed"
    return outcomes


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_suite(tmp_path_factory.mktemp("dialect"), broken=False)


def test_the_suite_passes(outcomes: dict[str, str]) -> None:
    assert {name for name, what in outcomes.items() if what == "failed"} == set()
    assert Counter(outcomes.values())["passed"] > 50


def test_rows_are_tests_of_their_class(outcomes: dict[str, str]) -> None:
    cls = "AutogenerateForeignKeysTest"
    names = {name.partition(".")[2] for name in outcomes if name.startswith(f"{cls}.")}
    assert names == {
        "test_add_composite_fk_with_name",
        "test_add_fk",
        "test_add_fk_colkeys",
        "test_casing_convention_changed_so_put_drops_first",
        "test_no_change",
        "test_no_change_colkeys",
        "test_no_change_composite_fk",
        "test_remove_composite_fk",
        "test_remove_fk",
    }


def test_requirements_leave_tests_out(outcomes: dict[str, str]) -> None:
    skipped = {name for name, what in outcomes.items() if what == "skipped"}
    assert "AutogenerateFKOptionsTest.test_add_deferrable" in skipped
    assert "AutogenerateFKOptionsTest.test_nochange_ondelete" in skipped
    assert outcomes["AutogenerateFKOptionsTest.test_add_onupdate"] == "passed"
    # Without what the whole class needs, pytest does not even collect it.
    assert not any("BackendAlterColumnTest." in name for name in outcomes)


def test_redefined_tests_run_what_they_redefine(outcomes: dict[str, str]) -> None:
    for name in (
        "AutogenerateFKOptionsTest.test_add_ondelete",
        "IncludeHooksTest.test_change_fk[object]",
        "IncludeHooksTest.test_change_fk[name]",
    ):
        assert outcomes[name] == "passed"
    redefined = [name for name in outcomes if ".test_computed_unchanged[" in name]
    assert len(redefined) == 1


def test_the_suite_finds_an_engine_that_sees_no_difference(tmp_path: Path) -> None:
    failed = {
        n for n, what in run_suite(tmp_path, broken=True).items() if what == "failed"
    }
    for name in (
        "AutogenerateForeignKeysTest.test_add_fk",
        "AutogenerateFKOptionsTest.test_remove_ondelete",
        "AutogenerateComputedTest.test_add_computed_column",
        "AutoincrementTest.test_alter_column_autoincrement_pk_false",
        "IncludeHooksTest.test_add_metadata_fk",
    ):
        assert name in failed
