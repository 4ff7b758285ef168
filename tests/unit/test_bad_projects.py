"""Broken projects: errors say what is wrong and where, and nothing is half done."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import sample
from tests.support.project import Project

REVISION = """
revision = {revision!r}
down_revision = {down!r}


def upgrade():
    pass


def downgrade():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.run("init", "migrations")
    project.use_database("sqlite:///test.db")
    return project


def add(project: Project, revision: str, down: object, name: str | None = None) -> Path:
    path = f"migrations/versions/{name or revision}.py"
    return project.write(path, REVISION.format(revision=revision, down=down))


def complaint(project: Project, *arguments: str, status: int = 255) -> str:
    done = project.run(*arguments, status=status)
    return done.stdout + done.stderr


# --- configuration ------------------------------------------------------------------


def test_missing_ini(tmp_path: Path) -> None:
    said = complaint(Project(tmp_path), "heads")
    assert "FAILED: No 'script_location' key found in configuration" in said
    assert "alembic.ini" in said


def test_missing_section(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("alembic.ini", "[other]\nscript_location = migrations\n")
    said = complaint(project, "heads")
    assert "script_location" in said
    assert "alembic.ini" in said


def test_missing_script_location(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("alembic.ini", "[alembic]\nsqlalchemy.url = sqlite://\n")
    assert "No 'script_location' key found" in complaint(project, "heads")


def test_script_location_that_is_not_there(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("alembic.ini", "[alembic]\nscript_location = nowhere\n")
    said = complaint(project, "heads")
    assert "Path doesn't exist: nowhere" in said
    assert "'init' command" in said


# --- revision files -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"revision = 'a'\n\xff\xfe\n", ["broken.py"]),
        (b"revision = 'a'\n\0\n", ["broken.py"]),
        (b"revision = 'a'\ndown_revision = (\n", ["broken.py", "line 2"]),
        (b"revision = 'a'\ndef f(:\n    pass\n", ["broken.py", "line 2"]),
    ],
    ids=["not UTF-8", "NUL", "open bracket", "syntax"],
)
def test_a_file_that_python_cannot_read(
    project: Project, content: bytes, words: list[str]
) -> None:
    add(project, "0001", None)
    (project.root / "migrations/versions/broken.py").write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "alembic_c", "heads"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (1, 255)
    for word in words:
        assert word in done.stderr + done.stdout


def test_a_body_with_a_syntax_error_matters_only_when_it_is_run(
    project: Project,
) -> None:
    add(project, "0001", None)
    project.write(
        "migrations/versions/0002.py",
        "revision = '0002'\ndown_revision = '0001'\n\n\ndef upgrade():\n  return (1 +",
    )
    project.run("upgrade", "0001")
    said = complaint(project, "upgrade", "0002", status=1)
    assert "0002.py" in said
    assert "line 6" in said
    assert project.run("current").stdout.startswith("0001")


def drop_root_privileges() -> None:
    """Make file permissions count, for root too: the capabilities go at the exec."""
    pr_capbset_drop, cap_dac_override, cap_dac_read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in (cap_dac_override, cap_dac_read_search):
        libc.prctl(pr_capbset_drop, capability, 0, 0, 0)


@pytest.mark.parametrize("name", ["versions/0001.py", "versions"])
def test_an_unreadable_path(project: Project, name: str) -> None:
    add(project, "0001", None)
    path = project.root / "migrations" / name
    path.chmod(0)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "alembic_c", "heads"],
            cwd=project.root,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=drop_root_privileges,
        )
    finally:
        path.chmod(0o755)
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert str(path) in done.stderr


def test_a_link_to_itself(project: Project) -> None:
    versions = project.root / "migrations/versions"
    (versions / "0001.py").symlink_to(versions / "0001.py")
    done = subprocess.run(
        [sys.executable, "-m", "alembic_c", "heads"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "0001.py" in done.stderr + done.stdout


def test_directories_that_link_to_each_other(project: Project) -> None:
    versions = project.root / "migrations/versions"
    add(project, "0001", None)
    (versions / "again").symlink_to(versions, target_is_directory=True)
    project.replace(
        "alembic.ini", "[alembic]", "[alembic]\nrecursive_version_locations = true"
    )
    assert "0001 (head)" in project.run("heads").stdout


@pytest.mark.parametrize("size", [50_000_000])
def test_a_large_file(project: Project, size: int) -> None:
    path = add(project, "0001", None)
    with path.open("a") as file:
        line = "# " + "x" * 97 + "\n"
        file.write(line * (size // len(line)))
    assert project.run("heads").stdout == "0001 (head)\n"


def test_nested_brackets(project: Project) -> None:
    path = add(project, "0001", None)
    with path.open("a") as file:
        file.write("deep = " + "[" * 100_000 + "]" * 100_000 + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "alembic_c", "heads"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    # Python refuses the file; either the header is read, or its refusal is told.
    assert done.returncode >= 0
    assert "0001" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("path_separator = x", "'x' is not a valid value for path_separator"),
        ("truncate_slug_length = long", "invalid literal for int() with base 10"),
        ("script_location = nowhere:migrations", "No module named 'nowhere'"),
        ("version_locations = nowhere:versions", "No module named 'nowhere'"),
    ],
)
def test_values_that_make_no_sense(project: Project, line: str, expected: str) -> None:
    name = line.partition(" ")[0]
    ini = (project.root / "alembic.ini").read_text()
    ini = ini.replace("path_separator = os", "path_separator = newline")
    ini = re.sub(rf"^{name} =.*\n", "", ini, flags=re.MULTILINE)
    project.write("alembic.ini", ini.replace("[alembic]", f"[alembic]\n{line}", 1))
    said = complaint(project, "heads", status=1)
    assert f"FAILED: alembic.ini: '{name}' in [alembic]: {expected}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("file_template = %%(nope)s", "KeyError: 'nope'"),
        ("file_template = %%(year)q", "unsupported format character"),
        ("output_encoding = latin-99", "unknown encoding: latin-99"),
        ("timezone = ../x", "Can't locate timezone: ../x"),
        ("revision_environment = perhaps", "String is not true/false: 'perhaps'"),
    ],
)
def test_values_that_new_revisions_need(
    project: Project, line: str, expected: str
) -> None:
    name = line.partition(" ")[0]
    ini = (project.root / "alembic.ini").read_text()
    ini = re.sub(rf"^{name} =.*\n", "", ini, flags=re.MULTILINE)
    project.write("alembic.ini", ini.replace("[alembic]", f"[alembic]\n{line}", 1))
    said = complaint(project, "revision", status=1)
    assert f"FAILED: alembic.ini: '{name}' in [alembic]: {expected}" in said
    assert "Traceback" not in said
    assert project.revisions("migrations/versions") == []


def test_values_in_toml_are_named_with_their_table(project: Project) -> None:
    project.write("pyproject.toml", "[tool.alembic]\ntruncate_slug_length = 'x'\n")
    said = complaint(project, "heads", status=1)
    assert "pyproject.toml: 'truncate_slug_length' in [tool.alembic]: invalid" in said


@pytest.mark.parametrize(
    ("header", "status", "expected"),
    [
        ("revision = b'r1'\ndown_revision = None", 255, "b'r1' is not a string"),
        ("revision = 1\ndown_revision = None", 255, "1 is not a string"),
        ("revision = 'a'\ndown_revision = 0", 1, "down_revision is 0;"),
        ("revision = 'a'\ndown_revision = b'0001'", 1, "down_revision is b'0001';"),
        ("revision = 'a'\ndown_revision = (('0001',),)", 1, "down_revision is"),
        (
            "revision = 'a'\ndown_revision = '0001'\ndepends_on = [1]",
            1,
            "depends_on is [1];",
        ),
        ("revision = 'a'", 1, "no attribute 'down_revision'"),
        ("revision = 'a-b'\ndown_revision = None", 1, "Character(s) '-' not allowed"),
        ("revision = 'base'\ndown_revision = None", 1, "'base' is not allowed"),
        ("revision = 'heads'\ndown_revision = None", 1, "'heads' is not allowed"),
        (
            "revision = 'a'\ndown_revision = '0001'\nbranch_labels = '0001'",
            1,
            "Branch name '0001' in revision a already used",
        ),
        (
            "revision = 'a'\ndown_revision = 'b1'\nbranch_labels = 'b1'",
            1,
            "Revision b1 referenced from",
        ),
    ],
)
def test_ids_that_cannot_be_ids(
    project: Project, header: str, status: int, expected: str
) -> None:
    add(project, "0001", None)
    project.write("migrations/versions/broken.py", f"{header}\n")
    said = complaint(project, "heads", status=status)
    assert "FAILED: " in said
    assert expected in said
    assert "migrations/versions/broken.py" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("arguments", [("current",), ("current", "--check-heads")])
def test_current_of_an_empty_database_with_a_forbidden_id(
    project: Project, arguments: tuple[str, ...]
) -> None:
    add(project, "a:b", None, name="broken")
    said = complaint(project, *arguments, status=255 if len(arguments) == 1 else 1)
    assert "FAILED: Character(s) ':' not allowed in revision identifier 'a:b'" in said
    assert "migrations/versions/broken.py" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("value", ["''", "('',)", "0", "False", "()"])
def test_dependencies_that_are_none(project: Project, value: str) -> None:
    add(project, "0001", None)
    project.write(
        "migrations/versions/0002.py",
        f"revision = '0002'\ndown_revision = '0001'\ndepends_on = {value}\n",
    )
    assert project.run("heads").stdout == "0002 (head)\n"


# --- the graph ----------------------------------------------------------------------


def test_duplicate_ids(project: Project) -> None:
    add(project, "0001", None)
    add(project, "0001", None, name="copy_of_0001")
    done = project.run("heads")
    versions = project.root / "migrations" / "versions"
    both = f"{versions}/0001.py, {versions}/copy_of_0001.py"
    assert f"Revision 0001 is present more than once: {both}" in done.stderr
    # What changes something does not guess which of them is meant.
    for arguments in (
        ("upgrade", "heads"),
        ("stamp", "0001"),
        ("downgrade", "base"),
        ("revision", "-m", "next"),
        ("merge", "heads"),
    ):
        said = complaint(project, *arguments, status=255)
        assert "FAILED: Revision 0001 is in 2 files" in said
        assert f"  in {versions}/0001.py\n  in {versions}/copy_of_0001.py\n" in said
        assert "Traceback" not in said
    assert len(list(versions.glob("*.py"))) == 2


def test_version_location_that_is_missing(project: Project) -> None:
    add(project, "0001", None)
    project.run("upgrade", "head")
    project.replace("alembic.ini", "[alembic]", "[alembic]\nversion_locations = gone")
    place = "alembic.ini: 'version_locations' in [alembic]"
    gone = f"There is no directory {project.root}/gone ({place})"
    assert gone in project.run("heads").stderr
    for arguments in (("upgrade", "heads"), ("downgrade", "base"), ("stamp", "heads")):
        said = complaint(project, *arguments, status=255)
        assert "FAILED: Can't locate revision identified by '0001'" in said
        assert gone in said
    # The first revision makes the directory.
    project.run("revision", "-m", "first")
    assert "no directory" not in project.run("heads").stderr


def test_missing_parent(project: Project) -> None:
    add(project, "0002", "0001")
    said = complaint(project, "heads", status=1)
    assert "FAILED: Revision 0001 referenced from 0001 -> 0002" in said
    assert f"in {project.root}/migrations/versions/0002.py" in said
    assert "Traceback" not in said


def test_missing_parent_of_a_merge_names_that_file_alone(project: Project) -> None:
    add(project, "0001", None)
    path = add(project, "0003", ("0001", "0002"))
    text = path.read_text()
    project.write("migrations/versions/0003.py", f'"""like 0001"""\n{text}')
    said = complaint(project, "heads", status=1)
    assert f"in {project.root}/migrations/versions/0003.py" in said
    assert "versions/0001.py" not in said


def test_cycle(project: Project) -> None:
    add(project, "0001", "0003")
    add(project, "0002", "0001")
    add(project, "0003", "0002")
    said = complaint(project, "heads", status=1)
    assert "FAILED: Cycle is detected in revisions" in said
    for revision in ("0001", "0002", "0003"):
        assert f"in {project.root}/migrations/versions/{revision}.py" in said
    assert "Traceback" not in said
    assert "Traceback" in complaint(project, "--raiseerr", "heads", status=1)


def test_loop(project: Project) -> None:
    add(project, "0001", "0001")
    said = complaint(project, "heads", status=1)
    assert "FAILED: Self-loop is detected in revisions (0001)" in said
    assert f"in {project.root}/migrations/versions/0001.py" in said


def test_ambiguous_id(project: Project) -> None:
    add(project, "abcd1", None)
    add(project, "abcd2", "abcd1")
    said = complaint(project, "show", "abcd")
    assert "FAILED: Can't locate revision identified by 'abcd'" in said
    assert "hint: did you mean " in said
    assert "'abcd1'" in said
    assert "'abcd2'" in said


# --- nothing half written -----------------------------------------------------------


def test_a_full_disk_leaves_no_file(project: Project) -> None:
    before = sorted((project.root / "migrations/versions").iterdir())

    def no_room() -> None:
        # A write beyond the limit fails as on a full disk: a signal, then an error.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))

    done = subprocess.run(
        [sys.executable, "-B", "-m", "alembic_c", "revision", "-m", "new"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=no_room,
    )
    assert done.returncode != 0
    assert "File too large" in done.stderr + done.stdout
    assert sorted((project.root / "migrations/versions").iterdir()) == before


# Runs `alembic`, and dies: before or after a call of a function in `os`, or in the
# middle of writing a file, where a signal ends the process that exceeds its limit.
DYING = sample("bad_projects/dying.py")


def write_and_die(project: Project, point: str, *, status: int) -> list[Path]:
    """Let `revision --rev-id abc` die at a point; return the files that are there."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", DYING, point, "revision", "--rev-id", "abc"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, f"{point}\n{done.stdout}{done.stderr}"
    return sorted((project.root / "migrations/versions").iterdir())


@pytest.mark.parametrize(
    ("point", "death"),
    [
        ("within write", signal.SIGXFSZ),
        ("before fsync", signal.SIGKILL),
        ("before link", signal.SIGKILL),
    ],
)
@pytest.mark.parametrize("option", ["", "sourceless", "recursive_version_locations"])
def test_a_kill_before_the_file_has_its_name(
    project: Project, point: str, death: signal.Signals, option: str
) -> None:
    if option:
        project.replace("alembic.ini", "[alembic]", f"[alembic]\n{option} = true")
    (scratch,) = write_and_die(project, point, status=-death)
    written = scratch.read_text()
    assert written.startswith('"""')
    is_half = point == "within write"
    assert len(written) == 64 if is_half else written.rstrip().endswith("pass")
    for command in ("heads", "history", "branches"):
        assert project.run(command).stdout == ""
    # The same again: what is left does not stand in the way, nor does it get in.
    write_and_die(project, "never", status=0)
    assert project.run("heads").stdout == "abc (head)\n"
    project.run("upgrade", "head")
    assert project.run("current").stdout == "abc (head)\n"


def test_a_kill_after_the_file_has_its_name(project: Project) -> None:
    # The name that it was written under is left over; no scan takes it for a revision.
    scratch, whole = write_and_die(project, "after link", status=-signal.SIGKILL)
    assert scratch.name.startswith(".alembic.")
    assert whole.name == "abc_.py"
    assert project.run("heads").stdout == "abc (head)\n"
    project.run("upgrade", "head")
    assert project.run("current").stdout == "abc (head)\n"
    assert project.run("downgrade", "base").stdout == ""


def test_a_name_as_long_as_a_file_system_takes(project: Project) -> None:
    project.replace("alembic.ini", "[alembic]", "[alembic]\ntruncate_slug_length = 300")
    project.replace(
        "alembic.ini", "[alembic]", "[alembic]\nfile_template = %%(rev)s_%%(slug)s"
    )
    slug = "x" * (255 - len("abc_.py"))
    project.run("revision", "--rev-id", "abc", "-m", slug)
    (path,) = project.revisions("migrations/versions")
    assert path.name == f"abc_{slug}.py"
    assert project.run("heads").stdout == "abc (head)\n"


def test_a_directory_that_cannot_be_written(project: Project) -> None:
    versions = project.root / "migrations/versions"
    versions.rename(project.root / "elsewhere")
    versions.write_text("not a directory")
    said = complaint(project, "revision", "-m", "new", status=1)
    assert "versions" in said


# --- encodings ----------------------------------------------------------------------

ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("locale", [ASCII, {}], ids=["ASCII", "usual"])
def test_ini_in_utf8(project: Project, locale: dict[str, str], mark: str) -> None:
    add(project, "0001", None)
    ini = project.root / "alembic.ini"
    ini.write_text(f"{mark}# Größe\n{ini.read_text()}", encoding="utf-8")
    project.environment.update(locale)
    assert project.run("heads").stdout == "0001 (head)\n"
    if not mark:  # `logging.config` reads the file itself
        project.run("upgrade", "head")


def test_words_that_the_locale_does_not_know(project: Project) -> None:
    project.environment.update(ASCII)
    project.run("revision", "-m", "Größe", "--rev-id", "r1")
    path = project.root / "migrations" / "versions" / "r1_größe.py"
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""Größe\n')
    path.write_text(
        text.replace("    pass", "    op.execute('CREATE TABLE größe (a INT)')", 1),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "alembic_c", "upgrade", "head", "--sql"],
        cwd=project.root,
        env={**os.environ, **project.environment},
        capture_output=True,
        check=True,
    )
    assert "CREATE TABLE größe (a INT);" in done.stdout.decode("utf-8")
    assert project.run("upgrade", "head").returncode == 0
    history = project.run("history").stdout
    assert history == "<base> -> r1 (head), Gr??e\n"


# --- the loggers of a program --------------------------------------------------------


def test_loggers_of_the_program_go_on(project: Project) -> None:
    add(project, "0001", None)
    project.write(
        "app.py",
        """
        import logging

        import alembic_c
        alembic_c.install()
        from alembic import command, config

        log = logging.getLogger("app.orders")
        command.upgrade(config.Config("alembic.ini"), "head")
        assert not log.disabled
        """,
    )
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=project.root, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- what a command ends with -------------------------------------------------------


def test_a_port_that_is_no_number(project: Project) -> None:
    project.replace("alembic.ini", "sqlite:///test.db", "sqlite://u:secret9@h:port/x")
    said = complaint(project, "current", status=1)
    assert said.startswith("ValueError: invalid literal for int() with base 10: 'port'")
    assert "hint: it has the form dialect+driver://host/database" in said
    assert "Traceback" not in said
    assert "secret9" not in said


def test_a_revision_without_upgrade(project: Project) -> None:
    path = add(project, "0001", None)
    path.write_text("revision = '0001'\ndown_revision = None\n")
    said = complaint(project, "upgrade", "head", status=1)
    assert "AttributeError: module '0001_py' has no attribute 'upgrade'\n" in said
    assert f"  in {path}\n" in said


def test_an_option_that_stands_there_twice_is_told_once(project: Project) -> None:
    project.replace("alembic.ini", "[alembic]\n", "[alembic]\nscript_location = x\n")
    said = complaint(project, "heads", status=1)
    assert said.count("FAILED") == 1


def test_a_value_that_is_missing_in_a_statement(project: Project) -> None:
    path = add(project, "0001", None)
    path.write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        "revision = '0001'\ndown_revision = None\n"
        "def upgrade(): op.execute(sa.text('SELECT :x'))\n"
    )
    said = complaint(project, "upgrade", "head", status=1)
    lines = [line for line in said.splitlines() if not line.startswith("INFO")]
    assert len(lines) <= 8
    assert "A value is required for bind parameter 'x'" in lines[-2]
    assert lines[-1] == "  statement: SELECT ?"


@pytest.mark.parametrize("option", [(), ("--raiseerr",)])
def test_an_interrupt(project: Project, option: tuple[str, ...]) -> None:
    """In a few lines; the process ends as Python's do, by the signal."""
    path = add(project, "0001", None)
    project.write("migrations/versions/0001.py", path.read_text().replace(
        "upgrade():\n    pass", "upgrade():\n    raise KeyboardInterrupt"
    ))  # fmt: skip
    said = complaint(project, *option, "upgrade", "head", status=-signal.SIGINT)
    assert ("alembic_c/" in said) == bool(option)
    assert "versions/0001.py" in said
    assert said.endswith("KeyboardInterrupt\n")


def test_a_file_that_cannot_be_written_is_named(project: Project) -> None:
    said = complaint(
        project, "upgrade", "head", "--each", "sqlite:///x.db",
        "--report", "/proc/report.json", status=255,
    )  # fmt: skip
    assert "FAILED: Can't write /proc/report.json: " in said
    project.replace(
        "alembic.ini", "[alembic]\n", "[alembic]\nversion_locations = /proc/self\n"
    )
    said = complaint(project, "revision", "-m", "x", "--rev-id", "0001", status=1)
    assert re.search(r"'/proc/\d+/0001_x.py'", said)
    assert ".tmp" not in said


def test_the_way_to_several_heads_is_named(project: Project) -> None:
    add(project, "0001", None)
    add(project, "0002", None)
    assert "'alembic upgrade heads' comes first" in complaint(project, "check")


def test_an_unknown_plugin(project: Project) -> None:
    project.replace(
        "migrations/env.py",
        "connection=connection, target_metadata=target_metadata",
        "connection=connection, target_metadata=MetaData(), autogenerate_plugins=['x']",
    )
    project.replace(
        "migrations/env.py",
        "from sqlalchemy",
        "from sqlalchemy import MetaData\nfrom sqlalchemy",
    )
    said = complaint(project, "check")
    assert "FAILED: Did not locate plugins: x" in said
    assert "  hint: the plugins are alembic." in said
