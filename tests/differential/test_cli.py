"""The command line against upstream's: standard output and exit status, byte for byte.

Every case runs both in processes of their own, in one tree of revision files.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import alembic_c
from alembic_c import command
from alembic_c._cli.parser import MORE
from tests.support import upstream
from tests.support.side_by_side import SideBySide, Tool

ROOT = Path(alembic_c.__file__).resolve().parent.parent

# id, down_revision, branch_labels, depends_on
REVISIONS = [
    ("a1", None, None, None),
    ("a2", "a1", None, None),
    ("a3", "a2", None, None),
    ("b1", "a2", ("bee",), None),
    ("b2", "b1", None, "a3"),
    ("m1", ("a3", "b2"), None, None),
    ("c1", None, ("cee",), None),
    ("c2", "c1", None, "b1"),
    ("c3", "c1", None, None),
    ("d1", None, None, None),
]

ENV = """
from sqlalchemy import create_engine
from sqlalchemy import MetaData
from alembic import context

config = context.config


def run(**arguments):
    context.configure(target_metadata=MetaData(), **arguments)
    with context.begin_transaction():
        context.run_migrations()


url = config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    run(url=url, literal_binds=True)
else:
    with create_engine(url).connect() as connection:
        run(connection=connection)
"""

REVISION = '''"""Message of {id}

A second paragraph of {id}, with a percent sign: %.

Revision ID: {id}
Revises: {down}
Create Date: 2024-01-02 03:04:05.678901

"""
from alembic import op
import sqlalchemy as sa

revision: str = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}


def upgrade() -> None:
    op.create_table("t_{id}", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table("t_{id}")
'''


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project whose revisions branch, merge, depend and have labels."""
    root = tmp_path_factory.mktemp("tree")
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    (root / "migrations" / "env.py").write_text(ENV)
    shutil.copy(
        ROOT / "alembic_c" / "templates" / "generic" / "script.py.mako",
        root / "migrations",
    )
    (root / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"
        "sqlalchemy.url = sqlite:///%(here)s/test.db\n"
    )
    for id_, down, labels, depends in REVISIONS:
        text = REVISION.format(id=id_, down=down, labels=labels, depends=depends)
        (versions / f"{id_}_message.py").write_text(text)
    return root


class Side:
    """One of the two programs, in its own copy of the tree."""

    def __init__(self, tree: Path, name: str, tool: Tool) -> None:
        self.home = tree.parent / name
        shutil.copytree(tree, self.home)
        self.tool = tool

    def run(self, arguments: list[str]) -> tuple[str, str, int]:
        """Return standard output, standard error and the exit status."""
        seen = self.tool.run(self.home, arguments, {})
        out, err = (
            text.replace(str(self.home), "<home>") for text in (seen.out, seen.err)
        )
        return out, err, seen.status


def run_both(
    sides: tuple[Side, Side], arguments: list[str]
) -> list[tuple[str, str, int]]:
    """Run ours and upstream's at once, each in its own tree."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda side: side.run(arguments), sides))


@pytest.fixture(scope="module")
def sides(tree: Path, both: SideBySide) -> tuple[Side, Side]:
    return (
        Side(tree, "ours", both.tools["alembic_c"]),
        Side(tree, "upstream", both.tools["alembic"]),
    )


def settled(text: str) -> str:
    """Return output without the order that upstream takes from a set."""
    text = re.sub(
        r"(?<=^Branches into: ).*",
        lambda names: ", ".join(sorted(names.group().split(", "))),
        text,
        flags=re.MULTILINE,
    )
    return re.sub(
        r"(?:^ +-> .*\n)+",
        lambda lines: "".join(sorted(lines.group().splitlines(keepends=True))),
        text,
        flags=re.MULTILINE,
    )


def assert_equal(
    sides: tuple[Side, Side], arguments: list[str], *, stderr: bool = False
) -> str:
    ours, theirs = run_both(sides, arguments)
    assert settled(ours[0]) == settled(theirs[0]), arguments
    assert ours[2] == theirs[2], (arguments, ours[1], theirs[1])
    if stderr:
        assert re.sub(r"(?m)^  hint: .*\n", "", ours[1]) == theirs[1]
    return ours[0]


@pytest.mark.parametrize("verb", [[], *([verb] for verb in command.VERBS)], ids=str)
def test_help(sides: tuple[Side, Side], verb: list[str]) -> None:
    ours, theirs = run_both(sides, [*verb, "--help"])
    # Behind upstream's text stand the commands and options that upstream lacks.
    text = re.split(rf"\n(?:{MORE}|more commands|examples):\n", ours[0])[0]
    assert text == theirs[0]
    assert ours[1:] == theirs[1:]
    assert ours[0].startswith("usage: ")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "bogus",
        "up head",
        "-c",
        "-x",
        "upgrade",
        "upgrade a b",
        "heads x",
        "merge",
        "init",
        "revision --bogus",
        "downgrade -1 --tag",
        "stamp --sql",
    ],
)
def test_usage_errors(sides: tuple[Side, Side], line: str) -> None:
    assert_equal(sides, line.split(), stderr=True)


READING = """
heads
heads -v
heads --resolve-dependencies
branches
branches -v
history -r a1:a3
history -r a1:m1 -v
history -r :b2
history -r -2:m1
history -r c1:
history -r bee@head:
history -r nocolon
history -r nope:
show a1
show heads
show m
show b
show cee@head
show base
show nope
show m1-2
edit base
upgrade nope
upgrade a1:a2
downgrade a1 --sql
revision --sql
revision --sql --autogenerate
merge a1
-n other heads
-c none.ini heads
upgrade a2 --sql
upgrade a1:b1 --sql
upgrade m1 --sql
downgrade b2:a1 --sql
downgrade m1:b2 --sql
stamp a2 --sql
stamp a1:a2 --sql
stamp a1:a2 c1:c2 --sql
stamp --purge heads --sql
ensure_version --sql
"""


@pytest.mark.parametrize("line", READING.strip().splitlines())
def test_reading(sides: tuple[Side, Side], line: str) -> None:
    assert_equal(sides, line.split())


@pytest.mark.parametrize("line", ["downgrade m1:base --sql", "downgrade b2 --sql"])
def test_what_varies_in_upstream(sides: tuple[Side, Side], line: str) -> None:
    ours, theirs = sides
    possible = {
        subprocess.run(
            upstream.command(*line.split()),
            cwd=theirs.home,
            env=upstream.environment(PYTHONHASHSEED=str(hash_seed)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        for hash_seed in range(4)
    }
    assert ours.run(line.split())[0] in possible


def test_whole_history_holds_the_same_entries(sides: tuple[Side, Side]) -> None:
    # Upstream's order of unrelated branches varies with the hash seed.
    for arguments in (["history"], ["history", "-v"]):
        ours, theirs = run_both(sides, arguments)
        start = "\nRev: " if "-v" in arguments else "\n"
        entries = [
            sorted(f"\n{settled(text)}".split(start)) for text in (ours[0], theirs[0])
        ]
        assert len(entries[0]) > len(REVISIONS)
        assert entries[0] == entries[1]


def test_a_database(sides: tuple[Side, Side]) -> None:
    """Run a whole story; each step finds what the step before has left."""
    story = """
    current
    upgrade a2
    current
    current -v
    current --check-heads
    history -i -r :a3
    history -r a1:current
    history -r current:a3
    check
    upgrade +1
    upgrade heads
    upgrade heads
    current --check-heads
    show current
    downgrade -1
    downgrade d1@base
    downgrade a1
    current
    downgrade nope
    stamp --purge heads
    current
    stamp base
    stamp --purge a1
    current -v
    ensure_version
    upgrade head
    """
    for line in filter(None, map(str.strip, story.splitlines())):
        ours, theirs = run_both(sides, line.split())
        # The order of several current revisions is that of a set in upstream.
        lines = [sorted(settled(text).splitlines()) for text in (ours[0], theirs[0])]
        assert lines[0] == lines[1], line
        assert ours[2] == theirs[2], (line, ours[1], theirs[1])


# id -> down revisions, dependencies. The last one is between a base and a head.
CIRCLES: dict[str, dict[str, tuple[object, object]]] = {
    "alone": {"a1": ("b1", None), "b1": ("a1", None)},
    "beside others": {"r": (None, None), "a1": ("b1", None), "b1": ("a1", None)},
    "dependency": {"a1": (None, "b1"), "b1": ("a1", None)},
    "itself": {"a1": ("a1", None)},
    "within": {
        "r": (None, None),
        "a1": (("r", "b1"), None),
        "b1": ("a1", None),
        "h": ("b1", None),
    },
}


@pytest.mark.parametrize("circle", CIRCLES)
def test_circles(tmp_path: Path, both: SideBySide, circle: str) -> None:
    """Each verb names the files, with upstream's words and status."""
    revisions = CIRCLES[circle]
    versions = tmp_path / "m" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "m" / "env.py").write_text(ENV)
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = m\nsqlalchemy.url = sqlite:///test.db\n"
    )
    for id_, (down, depends) in revisions.items():
        text = REVISION.format(id=id_, down=down, labels=None, depends=depends)
        (versions / f"{id_}.py").write_text(text)
    for line in ("heads", "history", "upgrade heads", "upgrade a1 --sql", "check"):
        [ours, theirs] = (
            both.tools[name].run(tmp_path, line.split(), {})
            for name in ("alembic_c", "alembic")
        )
        (tmp_path / "test.db").unlink(missing_ok=True)
        if circle == "within":
            # Upstream runs a1 before b1, which it stands on.
            if line.split()[0] in ("history", "upgrade"):
                assert ours.status == 255
                assert "FAILED: Cycle is detected in revisions (a1, b1)" in ours.out
                assert f"{versions}/a1.py, in {versions}/b1.py" in ours.err
            continue
        said = (theirs.out + theirs.err).splitlines()
        words = [row for row in said if "detected in revisions" in row][-1]
        words = words.removeprefix("FAILED: ").rpartition("Detected: ")[2]
        assert ours.status == theirs.status, (line, ours, theirs)
        assert f"FAILED: {words}\n" in ours.out
        for id_ in revisions.keys() - {"r"}:
            assert f"in {versions}/{id_}.py" in ours.out + ours.err, (line, ours)


def without_dates(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", "DATE", text)


@pytest.mark.parametrize(
    "line",
    [
        "revision -m first --rev-id r1 --head m1",
        "revision --rev-id r2 --head d1 --branch-label dee --depends-on m1",
        "revision -m spliced! --rev-id r3 --head a1 --splice",
        "revision -m fail --rev-id r4 --head a1",
        "revision -m other --rev-id r5",
        "merge -m merged --rev-id r6 c2 c3",
        "merge -m fail --rev-id r7 c1 c2",
        "revision -m path --rev-id r8 --head r1 --version-path nowhere",
        "revision -m bad --rev-id a-b --head r1",
    ],
)
def test_new_files(sides: tuple[Side, Side], line: str) -> None:
    assert_equal(sides, line.split())
    written = [
        {
            path.name: without_dates(path.read_text())
            for path in (side.home / "migrations" / "versions").glob("*.py")
        }
        for side in sides
    ]
    assert written[0] == written[1]


TEMPLATES = ["generic", "async", "multidb", "pyproject", "pyproject_async"]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(
    "options",
    [
        "-c {t}.ini init -t {t} new_{t}",
        "-c {t}.ini init -t {t} --package other_{t}",
        "-c ./{t}.ini init -t {t} new_{t}",
        "-c {t}.ini -q init -t {t} quiet_{t}",
    ],
)
def test_init(sides: tuple[Side, Side], template: str, options: str) -> None:
    arguments = options.format(t=template).split()
    ours, theirs = run_both(sides, arguments)
    # The files of a template come in the order of a directory listing in upstream.
    assert sorted(ours[0].splitlines()) == sorted(theirs[0].splitlines())
    assert ours[2] == theirs[2]
    made = [
        sorted(
            str(path.relative_to(side.home))
            for path in side.home.rglob(f"*_{template}/**/*")
        )
        for side in sides
    ]
    assert made[0] == made[1]


def test_list_templates(sides: tuple[Side, Side]) -> None:
    ours, theirs = run_both(sides, ["list_templates"])
    assert sorted(ours[0].splitlines()) == sorted(theirs[0].splitlines())
    assert ours[0].splitlines()[:2] == theirs[0].splitlines()[:2]


def test_init_into_what_is_there(sides: tuple[Side, Side]) -> None:
    assert_equal(sides, ["init", "migrations"])
    # Ours names its own directory of templates.
    ours, theirs = run_both(sides, ["init", "-t", "nope", "x"])
    assert ours[0].startswith("FAILED: No such template ")
    assert theirs[0].startswith("FAILED: No such template ")
    assert ours[2] == theirs[2]
