"""Pictures of how it works, from what the code answers to two small examples."""

from __future__ import annotations

import ast
import html
import logging
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .plots import STYLE

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.types import TypeEngine

FILE = '''\
"""drop fax numbers

Revision ID: 0003
Revises: 0002
"""
from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = ("stock",)


def upgrade():
    op.drop_table("fax_number")


def downgrade():
    raise NotImplementedError
'''
HEADER = ("revision", "down_revision", "branch_labels", "depends_on")

_LINE = 22


class Step(NamedTuple):
    """A line of the picture of a file. note: what the scanner took from it."""

    text: str
    note: str
    is_read: bool


def walk_steps() -> list[Step]:
    """Return the lines of the example, with what the scanner says of each.

    Raises AssertionError if it would execute the file.
    """
    from alembic_c._core import scan_file

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "0003.py"
        path.write_text(FILE, encoding="utf-8")
        scanned = scan_file(path)
    assert scanned.exact, scanned.reason
    tree = ast.parse(FILE)
    values = dict(zip(HEADER, scanned.header, strict=True))
    notes = {1: f"message: {str(scanned.doc).splitlines()[0]}"}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            notes[node.lineno] = repr(values[node.targets[0].id])
    lines = enumerate(FILE.splitlines(), 1)
    return [Step(line, notes.get(n, ""), n <= max(notes)) for n, line in lines]


def walk(*, alone: bool = False) -> str:
    """Return the picture of a revision file that is read, not executed.

    alone: whether it is a file of its own, which brings its colours.
    """
    steps = walk_steps()
    end = sum(step.is_read for step in steps)
    parts = [
        f'<rect x="10" y="10" width="330" height="{end * _LINE + 8}" rx="4" '
        'fill="none" stroke="var(--ours)"/>'
    ]
    for n, step in enumerate(steps):
        y = 30 + n * _LINE
        ink = "var(--ink)" if step.is_read else "var(--floor)"
        parts.append(_text(20, y, step.text, ink, mono=True))
        if step.note:
            parts.append(_arrow(346, 380, y - 4))
            parts.append(_text(388, y, step.note, _OURS))
    y = 30 + (end + 2) * _LINE
    parts.append(_arrow(346, 380, y - 4, dashed=True))
    parts.append(_text(388, y, "executed when it has to run", "var(--floor)"))
    title = "What the scanner takes from a revision file"
    style = [STYLE] if alone else []
    return _svg(title, 600, 40 + len(steps) * _LINE, [*style, *parts])


class Fate(NamedTuple):
    """What became of a table. reason: why it was not proven, None if it was."""

    table: str
    reason: str | None
    operations: tuple[str, ...]


def proof_fates() -> list[Fate]:
    """Compare four models with a database, and return what became of each."""
    import sqlalchemy as sa

    from alembic_c.autogenerate import produce_migrations
    from alembic_c.migration import MigrationContext

    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    _models(50, sa.Text()).create_all(engine)
    # What has no type in the models is left to the comparators.
    models = _models(80, sa.types.NullType())
    with engine.connect() as connection, _heard("alembic.autogenerate.proof") as said:
        context = MigrationContext.configure(connection)
        upgrade = produce_migrations(context, models).upgrade_ops
    assert upgrade is not None
    reasons = dict(
        re.findall(r"^table '(\w+)' not proven: (.*)$", "\n".join(said), re.M)
    )
    found: dict[str, list[str]] = {}
    for in_table in upgrade.ops:
        for each in getattr(in_table, "ops", [in_table]):
            name = type(each).__name__.removesuffix("Op")
            found.setdefault(each.table_name, []).append(name)
    return [
        Fate(table, reasons.get(table), tuple(found.get(table, ())))
        for table in models.tables
    ]


def _models(length: int, scan: TypeEngine[Any]) -> MetaData:
    import sqlalchemy as sa

    metadata = sa.MetaData()

    def table(name: str, *items: SchemaItem) -> None:
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *items)

    table("customer", sa.Column("email", sa.String(255), unique=True))
    table("order", sa.Column("customer_id", sa.ForeignKey("customer.id"), index=True))
    table("product", sa.Column("title", sa.String(length)))
    table("invoice", sa.Column("scan", scan))
    return metadata


@contextmanager
def _heard(name: str) -> Iterator[list[str]]:
    """Yield a list to which the block's messages of a logger are added."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, listener = logging.getLogger(name), Listener()
    level = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)


def proof() -> str:
    """Return the picture of what becomes of tables in autogenerate."""
    columns = {"table": 10, "C": 120, "Python": 345, "migration": 490}
    parts = [_text(x, 28, title, bold=True) for title, x in columns.items()]
    fates = proof_fates()
    for n, fate in enumerate(fates):
        y = 66 + n * 40
        parts.append(_text(10, y, fate.table, mono=True))
        parts.append(_arrow(84, 112, y - 4))
        if fate.reason is None:
            parts.append(_text(120, y, "equal: done", _OURS))
            continue
        parts.append(_text(120, y, f"cannot tell: {fate.reason}"))
        parts.append(_arrow(308, 337, y - 4))
        words = "differs" if fate.operations else "equal: done"
        parts.append(_text(345, y, words, "var(--ink)" if fate.operations else _OURS))
        if fate.operations:
            parts.append(_arrow(452, 482, y - 4))
            parts.append(_text(490, y, ", ".join(fate.operations), mono=True))
    return _svg("What becomes of a table", 600, 66 + len(fates) * 40, parts)


# --- drawing --------------------------------------------------------------------------

_OURS = "var(--ours)"


def _svg(title: str, width: int, height: int, parts: Iterable[str]) -> str:
    return (
        '<svg class="picture" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif">\n'
        f"<title>{html.escape(title)}</title>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _text(
    x: int,
    y: int,
    text: str,
    ink: str = "var(--ink)",
    *,
    mono: bool = False,
    bold: bool = False,
) -> str:
    more = ' font-family="monospace" xml:space="preserve"' if mono else ""
    more += ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="14" fill="{ink}"{more}>'
        f"{html.escape(text)}</text>"
    )


def _arrow(x: int, to: int, y: int, *, dashed: bool = False) -> str:
    style = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path d="M{x} {y}H{to}" fill="none" stroke="var(--floor)"{style}/>'
        f'<path d="M{to} {y}l-6 -4v8z" fill="var(--floor)"/>'
    )
