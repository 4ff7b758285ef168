"""Tables as people write them for SQLite by hand, with values that are easily lost.

Each is called "t" and has the columns "d", which a batch may drop, and "r", which it
may rename.
"""

# ruff: noqa: E501

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

# Values that some affinity or some conversion changes.
VALUES: list[Any] = [
    None,
    0,
    -1,
    2**63 - 1,
    -(2**63),
    2**53 + 1,
    1.0,
    0.1 + 0.2,
    -0.0,
    1e300,
    float("inf"),
    123456789012345680.0,
    "",
    "007",
    " 8",
    "1.50",
    "1e3",
    "abc",
    "12345678901234567890",
    "2020-01-02",
    "it's",
    "a\0b",
    "Größe",
    b"",
    b"\x00\xff",
    b"abc",
    "0.30000000000000004",
]


class Schema(NamedTuple):
    """A table "t" with rows; columns: those that values are given for."""

    name: str
    before: list[str]
    table: str
    columns: list[str]
    rows: list[tuple[Any, ...]]
    after: list[str]


def _schema(
    name: str,
    body: str,
    values: list[Any] | None = None,
    *,
    before: list[str] | None = None,
    after: list[str] | None = None,
    options: str = "",
    column: str = "v",
    key: str | None = None,
) -> Schema:
    """Return a schema whose column `column` has the values."""
    values = VALUES if values is None else values
    columns = [*([key] if key else []), column, "d", "r"]
    rows = []
    for number, value in enumerate(values):
        head = [1000 - number * 7] if key else []
        rows.append((*head, value, f"d{number}", number))
    table = f"CREATE TABLE t ({body}, d TEXT, r INTEGER{options}"
    return Schema(name, before or [], table, columns, rows, after or [])


_END = ")"
_TYPES = [
    "",
    "INT",
    "INTEGER",
    "BIGINT",
    "TINYINT(1)",
    "UNSIGNED BIG INT",
    "TEXT",
    "VARCHAR(30)",
    "NVARCHAR(10)",
    "CLOB",
    "NATIVE CHARACTER(70)",
    "STRING",
    "BLOB",
    "REAL",
    "DOUBLE PRECISION",
    "FLOAT",
    "FLOATING POINT",
    "CHARINT",
    "NUMERIC",
    "DECIMAL(10,5)",
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "TIMESTAMP",
    "TIME",
    "JSON",
    "UUID",
    "MONEY",
    '"x-text"',
    "[my type]",
    "`odd(type`",
    "'text type'",
    "ANY",
    "VARCHAR(+10, -2)",
]

_TEXTS = ["a", "B", "b", "A ", "ä", "", None]
_INTS = [1, 5, 2, None, 9]
_DISTINCT = [3, 1, 2, 7]

_PARENTS = [
    "CREATE TABLE par (id INTEGER PRIMARY KEY, a INT, b INT, UNIQUE (a, b))",
    "INSERT INTO par VALUES (1, 1, 1), (2, 2, 2), (5, 5, 5), (9, 9, 9)",
]


def _of_types() -> list[Schema]:
    return [
        _schema(f"type {t}", f"id INTEGER PRIMARY KEY, v {t}", options=_END)
        for t in _TYPES
    ]


def _of_keys() -> list[Schema]:
    strings = ["a", "B", "c", "d"]
    return [
        _schema("no key", "v BLOB", options=_END),
        _schema("rowid is a column", "rowid TEXT, v BLOB", options=_END),
        _schema("INT PRIMARY KEY", "id INT PRIMARY KEY, v BLOB", options=_END),
        _schema("key DESC", "id INTEGER PRIMARY KEY DESC, v BLOB", options=_END),
        _schema("key of ids", "id INTEGER PRIMARY KEY, v BLOB", options=_END, key="id"),
        _schema("sparse rowids", "v BLOB", options=_END, key="rowid"),
        _schema("text key", "id TEXT PRIMARY KEY, v BLOB", options=_END, key="id"),
        _schema(
            "AUTOINCREMENT",
            "id INTEGER PRIMARY KEY AUTOINCREMENT, v BLOB",
            options=_END,
            after=["DELETE FROM t WHERE rowid > 20"],
        ),
        _schema(
            "named key", "id INTEGER CONSTRAINT pk PRIMARY KEY, v BLOB", options=_END
        ),
        _schema("two columns", "v TEXT", strings, options=", PRIMARY KEY (v, r))"),
        _schema(
            "WITHOUT ROWID", "v TEXT PRIMARY KEY", strings, options=") WITHOUT ROWID"
        ),
        _schema(
            "WITHOUT ROWID, two",
            "v TEXT, k INT DEFAULT 1",
            strings,
            options=", PRIMARY KEY (k, v)) WITHOUT ROWID",
        ),
        _schema(
            "key with a conflict",
            "id INTEGER PRIMARY KEY ON CONFLICT REPLACE, v BLOB",
            options=_END,
        ),
        _schema(
            "key NOCASE", "v TEXT COLLATE NOCASE PRIMARY KEY", strings, options=_END
        ),
    ]


def _of_options() -> list[Schema]:
    typed: list[tuple[str, list[Any]]] = [
        ("ANY", VALUES),
        ("TEXT", ["007", "abc", None]),
        ("INT", [1, None]),
        ("REAL", [1.5, 0.1 + 0.2, None]),
        ("BLOB", [b"a", None]),
    ]
    return [
        _schema(
            f"STRICT {type_}",
            f"id INTEGER PRIMARY KEY, v {type_}",
            values,
            options=") STRICT",
        )
        for type_, values in typed
    ] + [
        _schema(
            "STRICT WITHOUT ROWID",
            "v TEXT NOT NULL PRIMARY KEY",
            ["a", "b"],
            options=") STRICT, WITHOUT ROWID",
        ),
    ]


def _of_columns() -> list[Schema]:
    defaults = [
        "'it''s %(x)s :y'",
        "':a\\:b'",
        "'100%'",
        "-1",
        "+1.5",
        "x'00ff'",
        "(1 + 2)",
        "CURRENT_TIMESTAMP",
        "'multi\nline'",
        "('a' || ':b')",
        "NULL",
        "true",
        '"dq"',
        "0x10",
    ]
    found = [
        _schema(
            f"default {d}",
            f"id INTEGER PRIMARY KEY, v TEXT, e TEXT DEFAULT {d}",
            _TEXTS,
            options=_END,
        )
        for d in defaults
    ]
    found += [
        _schema(
            f"collation {c}",
            f"id INTEGER PRIMARY KEY, v TEXT COLLATE {c}",
            _TEXTS,
            options=_END,
        )
        for c in ("NOCASE", "RTRIM", '"BINARY"')
    ]
    found += [
        _schema(
            "collation, no type",
            "id INTEGER PRIMARY KEY, v COLLATE NOCASE",
            _TEXTS,
            options=_END,
        ),
        _schema(
            "collation, VARCHAR",
            "id INTEGER PRIMARY KEY, v VARCHAR(5) COLLATE NOCASE UNIQUE",
            ["a", "b"],
            options=_END,
        ),
        _schema(
            "generated",
            "id INTEGER PRIMARY KEY, v INT, g INT GENERATED ALWAYS AS (v + 1) STORED, h AS (v || ':x, y') VIRTUAL",
            _INTS,
            options=_END,
        ),
        _schema(
            "generated, used",
            "v INT, g TEXT AS (upper(v)) STORED, h INT AS (length(g))",
            _INTS,
            options=", UNIQUE (g, r))",
        ),
        _schema(
            "NOT NULL conflict",
            "id INTEGER PRIMARY KEY, v TEXT NOT NULL ON CONFLICT IGNORE",
            ["a"],
            options=_END,
        ),
        _schema(
            "odd names",
            'id INTEGER PRIMARY KEY, v BLOB, "a b" TEXT, "sel""ect" INT, [x y] INT, "%(p)s" INT, ":q" INT',
            options=_END,
        ),
        _schema(
            "comments",
            "id INTEGER PRIMARY KEY, -- the id, CHECK (x)\n v BLOB /* a, b */",
            options=_END,
        ),
        _schema("hidden rowid names", "oid INT, _rowid_ INT, v BLOB", options=_END),
    ]
    return found


def _of_constraints() -> list[Schema]:
    return [
        _schema(
            "named CHECK",
            "id INTEGER PRIMARY KEY, v INT",
            _INTS,
            options=", CONSTRAINT ck CHECK (v > 0 AND 'd' <> ':x'))",
        ),
        _schema(
            "unnamed CHECK",
            "id INTEGER PRIMARY KEY, v INT",
            _INTS,
            options=", CHECK (v > 0))",
        ),
        _schema(
            "inline CHECK",
            "id INTEGER PRIMARY KEY, v INT CHECK (v > 0) CONSTRAINT named CHECK (v < 100)",
            _INTS,
            options=_END,
        ),
        _schema(
            "CHECK of the other",
            "id INTEGER PRIMARY KEY, v INT",
            _INTS,
            options=", CONSTRAINT ck CHECK (d <> '' AND r >= 0))",
        ),
        _schema(
            "UNIQUE",
            "id INTEGER PRIMARY KEY, v INT UNIQUE",
            _INTS,
            options=", CONSTRAINT uq UNIQUE (d), UNIQUE (v, r))",
        ),
        _schema(
            "UNIQUE behind a length",
            "id INTEGER PRIMARY KEY, v VARCHAR(30) UNIQUE NOT NULL",
            ["a", "b"],
            options=_END,
        ),
        _schema(
            "UNIQUE ON CONFLICT",
            "id INTEGER PRIMARY KEY, v INT UNIQUE ON CONFLICT REPLACE",
            _DISTINCT,
            options=", UNIQUE (v, r) ON CONFLICT IGNORE)",
        ),
        _schema(
            "UNIQUE COLLATE",
            "id INTEGER PRIMARY KEY, v TEXT",
            ["a", "b"],
            options=", UNIQUE (v COLLATE NOCASE))",
        ),
        _schema(
            "inline reference",
            "id INTEGER PRIMARY KEY, v INT REFERENCES par ON DELETE CASCADE ON UPDATE SET NULL",
            _INTS,
            before=_PARENTS,
            options=_END,
        ),
        _schema(
            "inline reference, named",
            "id INTEGER PRIMARY KEY, v INT CONSTRAINT fk REFERENCES par (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
            _INTS,
            before=_PARENTS,
            options=_END,
        ),
        _schema(
            "reference",
            "id INTEGER PRIMARY KEY, v INT",
            _INTS,
            before=_PARENTS,
            options=", CONSTRAINT fk FOREIGN KEY (v) REFERENCES par (id) ON DELETE CASCADE)",
        ),
        _schema(
            "reference of two",
            "id INTEGER PRIMARY KEY, v INT",
            _DISTINCT,
            before=_PARENTS,
            options=", w INT, FOREIGN KEY (v, w) REFERENCES par (a, b) ON UPDATE CASCADE)",
        ),
        _schema(
            "reference to itself",
            "id INTEGER PRIMARY KEY, v INT REFERENCES t ON DELETE CASCADE",
            [None, 1, 2],
            options=_END,
        ),
        _schema(
            "odd type, reference",
            'id INTEGER PRIMARY KEY, v "x-int" REFERENCES par ON DELETE CASCADE',
            _INTS,
            before=_PARENTS,
            options=_END,
        ),
        _schema(
            "referred to",
            "id INTEGER PRIMARY KEY, v BLOB",
            options=_END,
            after=[
                "CREATE TABLE child (t INT REFERENCES t ON DELETE CASCADE)",
                "INSERT INTO child VALUES (1), (2)",
            ],
        ),
    ]


def _of_objects() -> list[Schema]:
    def on(name: str, *after: str, before: list[str] | None = None) -> Schema:
        return _schema(
            name,
            "id INTEGER PRIMARY KEY, v TEXT, n INT DEFAULT 3",
            _TEXTS,
            options=_END,
            before=before,
            after=list(after),
        )

    other = "CREATE TABLE other (a, b)"
    return [
        on("view", "CREATE VIEW w AS SELECT id, v FROM t"),
        on(
            "view on a view",
            "CREATE VIEW w AS SELECT v FROM t",
            "CREATE VIEW w2 AS SELECT count(*) AS n FROM w",
        ),
        on("temporary view", "CREATE TEMP VIEW w AS SELECT v FROM t"),
        on(
            "broken view",
            "CREATE VIEW w AS SELECT zork FROM nowhere",
            "CREATE VIEW w2 AS SELECT v FROM t",
        ),
        on(
            "INSTEAD OF",
            "CREATE VIEW w AS SELECT v FROM t",
            "CREATE TRIGGER tr INSTEAD OF INSERT ON w BEGIN INSERT INTO t (v) VALUES (NEW.v); END",
        ),
        on(
            "trigger",
            other,
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO other VALUES (NEW.id, NEW.v); END",
        ),
        on(
            "triggers",
            other,
            "CREATE TRIGGER tr AFTER UPDATE OF v ON t WHEN NEW.v <> OLD.v BEGIN INSERT INTO other VALUES (1, ':x'); END",
            "CREATE TRIGGER tr2 BEFORE DELETE ON t BEGIN SELECT RAISE(IGNORE); END",
        ),
        on(
            "temporary trigger",
            other,
            "CREATE TEMP TRIGGER tr AFTER INSERT ON main.t BEGIN DELETE FROM other; END",
        ),
        on(
            "other's trigger",
            other,
            "CREATE TRIGGER tr AFTER INSERT ON other BEGIN UPDATE t SET v = NEW.a; END",
        ),
        on(
            "recursive triggers",
            other,
            "CREATE TRIGGER tr AFTER INSERT ON other BEGIN INSERT INTO t (v) VALUES (NEW.a); END",
            "CREATE TRIGGER tr2 AFTER INSERT ON t BEGIN DELETE FROM other; END",
            before=["PRAGMA recursive_triggers=ON"],
        ),
        on("index", "CREATE INDEX ix ON t (v)", "CREATE UNIQUE INDEX ux ON t (id, v)"),
        on("index DESC", "CREATE INDEX ix ON t (v DESC, n)"),
        on("index COLLATE", "CREATE UNIQUE INDEX ix ON t (v COLLATE RTRIM, id)"),
        on("index of an expression", "CREATE INDEX ix ON t (lower(v), n + 1)"),
        on("partial index", "CREATE INDEX ix ON t (v) WHERE n > 1 AND v <> ':x'"),
        on(
            "index IF NOT EXISTS",
            'CREATE UNIQUE INDEX IF NOT EXISTS main."i x" ON t (length(v), id)',
        ),
    ]


SCHEMAS: list[Schema] = list(
    itertools.chain(
        _of_types(),
        _of_keys(),
        _of_options(),
        _of_columns(),
        _of_constraints(),
        _of_objects(),
    )
)
