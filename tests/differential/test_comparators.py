"""The comparators of types and of server defaults: ours answer as upstream's do.

For each dialect every cell of a grid (`tests/support/comparator_grid.py`) goes through
`compare_type` and `compare_server_default` of both packages.  An answer is yes, no or
an exception.  PostgreSQL's defaults are not among them: there the server is asked.

ALEMBIC_C_COMPARATORS: one of so many cells is tried; 1 is all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package
from tests.support.comparator_grid import GRIDS, Grid

# No axis of a grid has it as a factor, so that a sample sees all of each axis.
SHARE = int(os.environ.get("ALEMBIC_C_COMPARATORS", "1999"))
SHOWN = 20


class Side:
    """One package's comparators for a dialect, and its text of a model's default."""

    def __init__(self, package: Package, dialect: str) -> None:
        context = package.migration.MigrationContext.configure(dialect_name=dialect)
        self.impl = context.impl
        self._autogen = package.autogenerate.api.AutogenContext(context)
        compare = package.autogenerate.compare
        self._render = compare.server_defaults._render_server_default_for_compare
        self._texts: dict[str, str | None] = {}

    def text_of(self, name: str, default: Any) -> str | None:
        if name not in self._texts:
            self._texts[name] = self._render(default, self._autogen)
        return self._texts[name]


class Compared:
    """A pair of columns, and what both packages say of it."""

    def __init__(
        self,
        sides: tuple[Side, Side],
        found: sa.Column[Any],
        declared: sa.Column[Any],
        text: str | None,
        name: str,
    ) -> None:
        self.found, self.declared, self.text, self.name = found, declared, text, name
        default = declared.server_default
        self.rendered = [side.text_of(name, default) for side in sides]
        self.ours, self.theirs = (
            answer(side.impl.compare_server_default, found, declared, rendered, text)
            for side, rendered in zip(sides, self.rendered, strict=True)
        )

    def __str__(self) -> str:
        return (
            f"{self.found.type!r} DEFAULT {self.text!r} | {self.declared.type!r} "
            f"{self.name} {self.rendered} key {self.declared.primary_key}: "
            f"ours {self.ours}, upstream's {self.theirs}"
        )


def answer(compare: Callable[..., Any], *args: Any) -> str:
    try:
        result = compare(*args)
    except Exception as error:  # noqa: BLE001 - any error is an answer here
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return repr(bool(result))


@pytest.fixture(params=GRIDS)
def dialect(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def sides(dialect: str, packages: tuple[Package, Package]) -> tuple[Side, Side]:
    ours, theirs = (Side(package, dialect) for package in packages)
    return ours, theirs


def compared(grid: Grid, sides: tuple[Side, Side]) -> Iterator[Compared]:
    columns: dict[tuple[Any, ...], sa.Column[Any]] = {}

    def column(type_: Any, default: Any, key: dict[str, Any], make: Any) -> Any:
        place = (id(type_), default, *key.items())
        if place not in columns:
            columns[place] = sa.Column("c", type_, server_default=make(), **key)
            sa.Table("t", sa.MetaData(), columns[place])
        return columns[place]

    def reflected(text: str | None) -> Any:
        return None if text is None else sa.text(text.replace(":", "\\:"))

    for found, text, declared, name, key in grid.default_pairs(SHARE):
        yield Compared(
            sides,
            column(found, ("reflected", text), key, lambda t=text: reflected(t)),
            column(declared, name, key, grid.declared_defaults[name]),
            text,
            name,
        )


@pytest.mark.parametrize("dialect", [name for name in GRIDS if name != "postgresql"])
def test_server_defaults(dialect: str, sides: tuple[Side, Side]) -> None:
    tried = 0
    differing: list[str] = []
    for each in compared(GRIDS[dialect](), sides):
        tried += 1
        if each.ours != each.theirs or each.rendered[0] != each.rendered[1]:
            differing.append(str(each))
    print(f"{dialect}: {tried} pairs of defaults")
    assert tried
    assert not differing, f"{len(differing)} of {tried}:\n" + "\n".join(
        differing[:SHOWN]
    )


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
