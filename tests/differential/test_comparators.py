"""The comparators of types and of server defaults: ours answer as upstream's do.

For each dialect every cell of a grid (`tests/support/comparator_grid.py`) goes through
`compare_type` and `compare_server_default` of both packages.  An answer is yes, no or
an exception.  For PostgreSQL's defaults both ask a server; where upstream's question is
an error there, ours has an answer all the same (docs/compatibility.md).

ALEMBIC_C_COMPARATORS: one of so many cells is tried; 1 is all.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package
from tests.support.comparator_grid import GRIDS, Grid
from tests.support.watched_columns import Remembered, Watched, watched

pytestmark = pytest.mark.usefixtures("by_name")

# No axis of a grid has it as a factor, so that a sample sees all of each axis.
SHARE = int(os.environ.get("ALEMBIC_C_COMPARATORS", "3989"))
SHOWN = 20
NEXT_VALUE = "nextval("
LITERAL = re.compile(r"'(.*)'", re.DOTALL)


class Asked:
    """A connection that answers each question once, and remembers errors too."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._answers: dict[tuple[Any, ...], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def scalar(self, statement: Any) -> Any:
        """Answer `SELECT left = right`, or `left IS NULL`."""
        [comparison] = statement.selected_columns
        sides = (self._text(side) for side in (comparison.left, comparison.right))
        question = comparison.operator, *sides
        if question not in self._answers:
            self._answers[question] = self._answer(statement)
        found = self._answers[question]
        if isinstance(found, Exception):
            # Or it would keep the frames of each time that it is raised.
            raise found.with_traceback(None)
        return found

    def _text(self, side: Any) -> str:
        if isinstance(side, sa.ColumnClause) and side.is_literal:
            return str(side.name)
        compiled = side.compile(dialect=self._connection.dialect)
        return f"{compiled} {compiled.params}"

    def _answer(self, statement: Any) -> Any:
        try:
            return self._connection.scalar(statement)
        except sa.exc.DBAPIError as error:
            return error


class Side:
    """One package's comparators for a dialect, and its text of a model's default."""

    def __init__(self, package: Package, dialect: str, asked: Asked | None) -> None:
        context = package.migration.MigrationContext.configure(dialect_name=dialect)
        self.impl = context.impl
        self.impl.connection = asked
        self._autogen = package.autogenerate.api.AutogenContext(context)
        compare = package.autogenerate.compare
        self._render = compare.server_defaults._render_server_default_for_compare
        self._texts: dict[str, str | None] = {}

    def text_of(self, name: str, default: Any) -> str | None:
        if name not in self._texts:
            self._texts[name] = self._render(default, self._autogen)
        return self._texts[name]


class Compared(NamedTuple):
    """A pair of columns, and what both packages say of it."""

    found: sa.Column[Any]
    text: str | None
    declared: sa.Column[Any]
    name: str
    rendered: tuple[str | None, str | None]
    ours: str
    theirs: str

    def __str__(self) -> str:
        return (
            f"{self.found.type!r} DEFAULT {self.text!r} | {self.declared.type!r} "
            f"{self.name} {self.rendered} key {self.declared.primary_key}: "
            f"ours {self.ours}, upstream's {self.theirs}"
        )

    def is_listed(self) -> bool:
        """Return whether docs/compatibility.md says that the answers differ.

        Upstream's question is an error of PostgreSQL, or would draw from a sequence; or
        MySQL prints a text with a quote in it, which upstream takes for another.
        """
        return self.ours in ("True", "False") and (
            "Error: (psycopg2.errors." in self.theirs
            or any(NEXT_VALUE in str(text) for text in (self.text, *self.rendered))
            or (
                (self.ours, self.theirs) == ("False", "True")
                and "'" in str(self.rendered[0])
                and value_of_literal(self.text) == self.rendered[0]
            )
        )


def value_of_literal(text: str | None) -> str | None:
    """Return the text that a literal of MySQL stands for; None if it is not in quotes.

    That of a text whose quotes are not escaped is what is between the outer ones.
    """
    found = LITERAL.fullmatch(text or "")
    return found and re.sub(r"''|\\(.)", lambda two: two[1] or "'", found[1])


def answer(compare: Callable[..., Any], *args: Any) -> str:
    try:
        result = compare(*args)
    except Exception as error:  # noqa: BLE001 - any error is an answer here
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return "True" if result else "False"


@pytest.fixture(params=GRIDS)
def dialect(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def sides(
    dialect: str, packages: tuple[Package, Package], request: pytest.FixtureRequest
) -> Iterator[tuple[Side, Side]]:
    with contextlib.ExitStack() as stack:
        asked = None
        if dialect == "postgresql":
            # Errors do not end a transaction that is not there.
            engine = sa.create_engine(
                request.getfixturevalue("pg_url"),
                isolation_level="AUTOCOMMIT",
                poolclass=sa.pool.NullPool,
            )
            asked = Asked(stack.enter_context(engine.connect()))
        ours, theirs = (Side(package, dialect, asked) for package in packages)
        yield ours, theirs


def differing(grid: Grid, sides: tuple[Side, Side]) -> Iterator[Compared | None]:
    """Yield a pair of defaults where the answers differ, None for any other."""
    columns: dict[tuple[Any, ...], Watched] = {}
    rendered: dict[str, tuple[str | None, str | None]] = {}
    remembered, defaults = Remembered(), None
    ours, theirs = (side.impl.compare_server_default for side in sides)
    dialect = sides[0].impl.dialect.name

    for found, text, declared, name, key in grid.default_pairs(SHARE):
        there_place = id(found), True, text, id(key)
        there = columns.get(there_place)
        if there is None:
            there = columns[there_place] = watched(found, reflected(text), key)
        here_place = id(declared), False, name, id(key)
        here = columns.get(here_place)
        if here is None:
            default = grid.declared_defaults[name]()
            here = columns[here_place] = watched(declared, default, key)
            one, other = (side.text_of(name, here.server_default) for side in sides)
            rendered[name] = one, other
        if defaults != (text, name):
            remembered, defaults = Remembered(), (text, name)
        answers = remembered.find(there, here)
        one, other = rendered[name]
        if answers is None:
            with remembered.learning(there, here) as learnt:
                learnt += (
                    answer(ours, there, here, one, text),
                    answer(theirs, there, here, as_meant(dialect, other), text),
                )
            answers = learnt
        if answers[0] == answers[1] and one == other:
            yield None
        else:
            yield Compared(there, text, here, name, (one, other), *answers)


def as_meant(dialect: str, text: str | None) -> str | None:
    """Return a model's text as the SQL that it is.

    On MySQL upstream's compares the percent signs that were doubled for the driver.
    """
    is_mysql = dialect in ("mysql", "mariadb")
    return text.replace("%%", "%") if text and is_mysql else text


def test_what_is_remembered_is_what_would_be_answered(
    packages: tuple[Package, Package],
) -> None:
    """On MySQL a zero that nobody declared is nothing new in an integer key."""
    impl = Side(packages[0], "mysql", None).impl
    remembered, seen = Remembered(), set()
    types = sa.Integer(), sa.String(9), sa.BigInteger(), sa.DateTime()
    keys: list[dict[str, Any]] = [
        {},
        {"primary_key": True},
        {"primary_key": True, "autoincrement": False},
    ]
    for found, declared, key in itertools.product(types, types, keys):
        there = watched(found, sa.text("'0'"), key)
        here = watched(declared, None, key)
        result = answer(impl.compare_server_default, there, here, None, "'0'")
        known = remembered.find(there, here)
        if known is None:
            with remembered.learning(there, here) as learnt:
                learnt.append(
                    answer(impl.compare_server_default, there, here, None, "'0'")
                )
        else:
            assert known == [result]
        seen.add((result, known is None))
    assert seen == {(word, is_new) for word in ("True", "False") for is_new in (0, 1)}


def reflected(text: str | None) -> Any:
    return None if text is None else sa.text(text.replace(":", "\\:"))


def test_server_defaults(dialect: str, sides: tuple[Side, Side]) -> None:
    tried = listed = 0
    unlisted: list[str] = []
    for each in differing(GRIDS[dialect](), sides):
        tried += 1
        if each is None:
            continue
        if each.is_listed():
            listed += 1
        else:
            unlisted.append(str(each))
    print(f"{dialect}: {tried} pairs of defaults, {listed} as listed")
    assert tried
    assert not unlisted, f"{len(unlisted)} of {tried}:\n" + "\n".join(unlisted[:SHOWN])


def test_types(dialect: str, sides: tuple[Side, Side]) -> None:
    pairs = list(GRIDS[dialect]().type_pairs())
    unlisted = []
    for found, declared in pairs:
        columns = sa.Column("c", found), sa.Column("c", declared)
        ours, theirs = (answer(side.impl.compare_type, *columns) for side in sides)
        if ours != theirs:
            unlisted.append(f"{found!r} {declared!r}: ours {ours}, upstream's {theirs}")
    print(f"{dialect}: {len(pairs)} pairs of types")
    assert not unlisted, f"{len(unlisted)} of {len(pairs)}:\n" + "\n".join(
        unlisted[:SHOWN]
    )
