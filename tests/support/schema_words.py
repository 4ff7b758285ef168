"""The types, defaults and conventions that random schemas are made of.

A word makes a new object each time, so that two packages never share one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Word = Callable[..., Any]


class Celsius(sa.TypeDecorator[Any]):
    """A type with an argument of its own."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, digits: int = 3) -> None:
        super().__init__(8, digits)
        self.digits = digits

    def __repr__(self) -> str:
        return f"Celsius({self.digits})"


@dataclass(frozen=True)
class Type:
    """A type.

    kind: which defaults suit it (a key of DEFAULTS), and what an index may do with it.
    once: whether it brings a check with a name: of several with one name upstream
    reports any.
    """

    make: Word
    kind: str = ""
    indexable: bool = True
    once: bool = False


def types(
    kind: str, *words: Word, indexable: bool = True, once: bool = False
) -> list[Type]:
    """Return types of one kind."""
    return [Type(word, kind, indexable, once) for word in words]


INTEGER, LONG_INTEGER = types("integer", sa.Integer, sa.BigInteger)
PORTABLE = [
    *(INTEGER, LONG_INTEGER),
    *types("integer", sa.SmallInteger),
    *types("integer", lambda: sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
    *types("number", sa.Numeric, sa.Float, lambda: sa.DECIMAL(10)),
    *types("number", lambda: sa.Numeric(8, 2), lambda: sa.Numeric(10, 2)),
    *types("text", lambda: sa.String(20), lambda: sa.String(50)),
    *types("text", lambda: sa.VARCHAR(50), lambda: sa.Unicode(30)),
    *types("moment", sa.Date, sa.DateTime, lambda: sa.DateTime(timezone=True)),
    *types("boolean", sa.Boolean),
    *types("", lambda: sa.CHAR(3), sa.Double, sa.Time, sa.LargeBinary, sa.Uuid),
    *types("", lambda: sa.Enum("one", "two", name="some_enum", native_enum=False)),
    *types("", Celsius),
]
# MariaDB wants a length for some, cannot index others without one, and has no JSON but
# a text with a check.
NOT_ON_MARIADB = [
    *types("text", sa.String, sa.Text),
    *types("", lambda: sa.String(40).with_variant(sa.Text(), "postgresql")),
    *types("json", sa.JSON),
]
POSTGRESQL = [
    *types("json", postgresql.JSONB),
    *types("moment", lambda: postgresql.TIMESTAMP(precision=3)),
    *types(
        "",
        lambda: postgresql.TIMESTAMP(timezone=True, precision=3),
        lambda: postgresql.ARRAY(sa.Integer()),
        lambda: postgresql.ARRAY(sa.String(20)),
        postgresql.UUID,
        postgresql.INET,
        sa.Interval,
        lambda: postgresql.INTERVAL(fields="DAY"),
        lambda: postgresql.BIT(4),
        lambda: postgresql.BIT(varying=True),
        postgresql.TSVECTOR,
        postgresql.INT4RANGE,
        postgresql.MONEY,
        lambda: sa.Enum("red", "green", name="colour"),
        lambda: sa.Enum("red", "green", "blue", name="Colour 2"),
    ),
]
TYPES = {
    "sqlite": [*PORTABLE, *NOT_ON_MARIADB],
    "postgresql": [*PORTABLE, *NOT_ON_MARIADB, *POSTGRESQL],
    "mariadb": PORTABLE,
    "mysql": PORTABLE,
}


def apostrophe() -> str:
    """Return the default that PostgreSQL cannot compare as upstream asks it to."""
    return "it's"


def current_timestamp() -> Any:
    return sa.text("CURRENT_TIMESTAMP")


DEFAULTS: dict[str, list[Word]] = {
    "integer": [
        lambda: "0",
        lambda: sa.text("1"),
        lambda: sa.text("-7"),
        lambda: sa.text("(1 + 2)"),
    ],
    "number": [lambda: "0", lambda: sa.text("1"), lambda: sa.text("1.50")],
    "text": [
        lambda: "word",
        apostrophe,
        lambda: "100%",
        lambda: sa.text("'word'"),
        lambda: "",
    ],
    "moment": [
        sa.func.now,
        current_timestamp,
        lambda: sa.text("'2020-01-01'"),
    ],
    "boolean": [sa.true, sa.false],
    "json": [lambda: sa.text("'{}'")],
}
CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
