"""The generated declarations: up to date, and what type checkers make of them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.samples import sample

PROJECT = Path(__file__).resolve().parent.parent.parent
SCRIPT = PROJECT / "tools" / "write_stubs.py"

MIGRATION = sample("stubs/migration.py")

MISTAKES = {
    "op.create_tabel('t')": 'Module has no attribute "create_tabel"',
    "op.add_column('t')": 'Missing positional argument "column"',
    "op.add_column('t', 'c')": 'Argument 2 to "add_column"',
    "op.alter_column('t', 'c', nullable='yes')": 'Argument "nullable"',
    "op.alter_column('t', 'c', True)": "Too many positional arguments",
    "op.drop_table(5)": 'Argument 1 to "drop_table"',
    "op.batch_alter_table('t', recreate='no')": 'Argument "recreate"',
    "op.drop_constraint('c', 't', kind='check')": 'Unexpected keyword argument "kind"',
    "x: int = op.create_table('t')": "Incompatible types in assignment",
    "context.configure(url=5)": 'Argument "url"',
}


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_declarations_are_up_to_date() -> None:
    done = run_script("--check")
    assert done.returncode == 0, f"run tools/write_stubs.py\n{done.stdout}{done.stderr}"


def test_extensions_are_as_declared() -> None:
    names = [
        f"alembic_c.{name}"
        for name in ("_core", "_catalog", "_libpq", "_sqlite3")
        if importlib.util.find_spec(f"alembic_c.{name}")
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", *names],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("op", "op.pyi"),
        ("context", "context.pyi"),
    ],
)
def test_stdout_has_the_whole_file(name: str, path: str) -> None:
    done = run_script("--stdout", "--name", name)
    assert done.stdout == (PROJECT / "alembic_c" / path).read_text(encoding="utf-8")


def test_every_directive_is_declared_and_documented() -> None:
    import ast

    from alembic_c.operations import Operations
    from alembic_c.operations._directives import directives_of

    stub = ast.parse((PROJECT / "alembic_c" / "op.pyi").read_text(encoding="utf-8"))
    declared = {
        node.name: ast.get_docstring(node)
        for node in reversed(stub.body)
        if isinstance(node, ast.FunctionDef)
    }
    directives = directives_of(Operations)
    assert len(directives) > 15
    for name in [*directives, "batch_alter_table", "get_bind", "f", "invoke"]:
        assert declared[name], name


def mypy(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.stdout


def test_mypy_on_migrations(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    sample = tmp_path / "sample.py"
    sample.write_text(MIGRATION, encoding="utf-8")
    assert mypy(sample) == ""

    # One run for all mistakes, each on a line of its own.
    wrong = tmp_path / "wrong.py"
    head = textwrap.dedent(
        """\
        from alembic_c import context, op
        def upgrade() -> None:
        """
    )
    lines = [f"    {mistake}\n" for mistake in MISTAKES]
    wrong.write_text(head + "".join(lines), encoding="utf-8")
    found = mypy(wrong)
    for number, (mistake, message) in enumerate(MISTAKES.items(), 3):
        reported = [
            line for line in found.splitlines() if f"wrong.py:{number}:" in line
        ]
        assert any(message in line for line in reported), (mistake, reported)


def callables() -> dict[str, list[str]]:
    """Return the arguments of each callable that `configure` takes, by its name."""
    return {
        "include_name": ["name", "type_", "parent_names"],
        "include_object": ["object", "name", "type_", "reflected", "compare_to"],
        "process_revision_directives": ["context", "revision", "directives"],
        "render_item": ["type_", "object", "autogen_context"],
        "compare_type": [
            *("context", "inspected_column", "metadata_column"),
            *("inspected_type", "metadata_type"),
        ],
        "compare_server_default": [
            *("context", "inspected_column", "metadata_column", "inspected_default"),
            *("metadata_default", "rendered_metadata_default"),
        ],
        "on_version_apply": ["*", "ctx", "step", "heads", "run_args", "**kw"],
    }


@pytest.mark.parametrize(("name", "arguments"), callables().items())
def test_configure_tells_the_arguments_of_callables(
    name: str, arguments: list[str]
) -> None:
    import re

    from alembic_c.runtime.environment import EnvironmentContext

    text = " ".join((EnvironmentContext.configure.__doc__ or "").split())
    _, found, described = text.partition(f" {name}: ")
    assert found
    described = re.split(r" [a-z_]+: (?:a function|whether) ", described)[0]
    assert f"({', '.join(arguments)})" in described
