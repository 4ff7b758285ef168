"""Post-write hooks, with programs that really run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from alembic_c.script import write_hooks
from alembic_c.util import CommandError


@pytest.fixture
def revision_file(tmp_path: Path) -> Path:
    path = tmp_path / "some dir" / "abc_ümlaut it's.py"
    path.parent.mkdir()
    path.write_text("revision = 'abc'\n")
    return path


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    """Return a program that writes down where it runs and with which arguments."""
    program = tmp_path / "record.py"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys, pathlib\n"
        "here = pathlib.Path(__file__).parent\n"
        "with open(here / 'record', 'a', encoding='utf-8') as stream:\n"
        "    print(os.getcwd(), *sys.argv[1:], sep='|', file=stream)\n"
        "print('noise')\n"
    )
    program.chmod(0o755)
    return program


def recorded(program: Path) -> list[list[str]]:
    text = (program.parent / "record").read_text(encoding="utf-8")
    return [line.split("|") for line in text.splitlines()]


def hook(name: str, **options: str) -> Mapping[str, str]:
    return {"_hook_name": name, **options}


def test_exec_puts_the_file_first_unless_it_is_placed(
    revision_file: Path, recorder: Path, tmp_path: Path
) -> None:
    hooks = [
        hook("first", type="exec", executable=str(recorder), cwd=str(tmp_path)),
        hook(
            "second",
            type="exec",
            executable=str(recorder),
            options="--a 'b c' --file=REVISION_SCRIPT_FILENAME",
            cwd=str(tmp_path),
        ),
    ]
    write_hooks._run_hooks(revision_file, hooks)
    path = str(revision_file)
    assert recorded(recorder) == [
        [str(tmp_path), path],
        [str(tmp_path), "--a", "b c", f"--file={path}"],
    ]


def test_module_runs_in_this_python(
    revision_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shouting.py").write_text(
        "import sys, pathlib\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "path.write_text(path.read_text().upper())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    hooks = [hook("shout", type="module", module="shouting", cwd=str(tmp_path))]
    write_hooks._run_hooks(revision_file, hooks)
    assert revision_file.read_text() == "REVISION = 'ABC'\n"


def test_console_script_of_an_installed_distribution(
    revision_file: Path, recorder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "record-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: record\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[console_scripts]\nrec = record:main\n")
    with (tmp_path / "record.py").open("a") as program:
        program.write("def main(): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    hooks = [hook("rec", type="console_scripts", entrypoint="rec", options="-v")]
    write_hooks._run_hooks(revision_file, hooks)
    assert [line[1:] for line in recorded(recorder)] == [[str(revision_file), "-v"]]


def test_output_can_be_ignored(
    revision_file: Path, recorder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_hooks.exec_(str(revision_file), hook("r", executable=str(recorder)))
    write_hooks.exec_(
        str(revision_file), hook("r", executable=str(recorder)), ignore_output=True
    )
    assert capfd.readouterr().out == "noise\n"


def test_hook_that_fails_does_not_stop_the_command(
    revision_file: Path, recorder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with recorder.open("a") as program:
        program.write("sys.exit('went wrong')\n")
    hooks = [
        hook(name, type="exec", executable=str(recorder), options=f"--{name}")
        for name in ("first", "second")
    ]
    write_hooks._run_hooks(revision_file, hooks)
    assert [line[1:] for line in recorded(recorder)] == [
        [str(revision_file), "--first"],
        [str(revision_file), "--second"],
    ]
    said = capfd.readouterr()
    assert said.err == "went wrong\n" * 2
    assert [line.strip() for line in said.out.splitlines()] == [
        *("Running post write hook 'first' ...", "noise", "done"),
        *("Running post write hook 'second' ...", "noise", "done"),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            hook("h"),
            "Key 'h.type' (or 'type' in toml) is required for post write hook 'h'",
        ),
        (hook("h", type="magic"), "No formatter with name 'magic' registered"),
        (
            hook("h", type="exec"),
            "Key h.executable is required for post write hook 'h'",
        ),
        (hook("h", type="module"), "Key h.module is required for post write hook 'h'"),
        (
            hook("h", type="console_scripts"),
            "Key h.entrypoint is required for post write hook 'h'",
        ),
        (hook("h", type="module", module="nowhere"), "Could not find module nowhere"),
        (
            hook("h", type="console_scripts", entrypoint="nowhere"),
            "Could not find entrypoint console_scripts.nowhere",
        ),
        (
            hook("h", type="exec", executable="/nowhere/x"),
            "Could not run /nowhere/x for post write hook 'h': "
            "[Errno 2] No such file or directory: '/nowhere/x'",
        ),
    ],
)
def test_what_is_wrong_with_a_hook_is_said(
    revision_file: Path, options: dict[str, str], message: str
) -> None:
    with pytest.raises(CommandError) as error:
        write_hooks._run_hooks(revision_file, [options])
    assert str(error.value) == message
