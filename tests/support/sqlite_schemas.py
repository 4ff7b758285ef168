"""SQLite schemas for tests: odd ones written by hand, and random ones.

The odd ones go through what SQLite's documentation of CREATE TABLE and CREATE INDEX
allows.  Each is a list of statements for an empty database.
"""

from __future__ import annotations

import random

# name -> statements whose tables the parser understands to the last token
UNDERSTOOD: dict[str, list[str]] = {
    "bare": ["CREATE TABLE t (a)", "CREATE TABLE u(a,b,c)"],
    "types": [
        "CREATE TABLE t (a INT, b VARCHAR (50), c numeric( 12 , 2 ), d double  real"
        ", e unsigned big int, f VARCHAR(+5), g DECIMAL(-1,-2), h ANY, j real)"
    ],
    "quoting": [
        'CREATE TABLE "t 1" ("a""b" INT, [c d] INT, `e``f` INT, \'g\'\'h\' INT)',
        "CREATE TABLE 'single' ('a' INT)",
        "CREATE TABLE [brackets] ([a] INT)",
        "CREATE TABLE `back``tick` (`a` INT)",
    ],
    "hostile names": [
        'CREATE TABLE "table" ("select" INT, "from" INT, "primary" INT)',
        'CREATE TABLE "a;--" ("/*" INT, "*/" INT, "\'" INT, "%s" INT, "?" INT)',
        'CREATE TABLE "new\nline" ("tab\t" INT)',
        'CREATE TABLE "éß😀" ("日本" INT, "ж" INT)',
        "CREATE TABLE é (日本 INT)",
        'CREATE TABLE " " ("" INT, " " INT)',
        'CREATE TABLE "x) WITHOUT ROWID" (a INT)',
        "CREATE TABLE d$ollar$ (a$1 INT, _ INT)",
        "CREATE TABLE sqlite (a INT)",
        "CREATE TABLE sqliteish_t (a INT)",
    ],
    "keywords as names": [
        "CREATE TABLE abort (key INT, action TEXT, replace INT, temp INT, row INT)",
        "CREATE TABLE desc (asc INT, generated INT, always INT, match INT, view INT)",
        "CREATE TABLE t (rename INT, first INT, nulls INT, without INT, rowid INT)",
    ],
    "comments": [
        "CREATE TABLE t -- one\n(a INT, -- two, ( )\n b /* ' */ INT /* ) */, c INT)",
        "CREATE TABLE u (a INT DEFAULT 1 -- it's\n, b INT /**/ NOT /* */ NULL)",
        "CREATE TABLE v (a INT) -- behind",
        "CREATE TABLE w (a INT)/* open",
    ],
    "white space": ["CREATE TABLE\tt\r\n(\n\ta\tINT\f,\r\nb INT\n)\n"],
    "defaults": [
        "CREATE TABLE t (a DEFAULT 1, b DEFAULT -1, c DEFAULT +1, d DEFAULT - 1,"
        " e DEFAULT 1.5e-3, f DEFAULT .5, g DEFAULT 0x1F, h DEFAULT 'it''s',"
        ' i DEFAULT "quoted", j DEFAULT NULL, k DEFAULT CURRENT_TIMESTAMP,'
        " l DEFAULT CURRENT_DATE, m DEFAULT TRUE, n DEFAULT false, o DEFAULT x'00ff',"
        " p DEFAULT word, q DEFAULT (1 + 2), r DEFAULT ( (1) + ( 2 ) ),"
        " s DEFAULT (')'), t DEFAULT ('a' || 'b'), u DEFAULT (strftime('%s', 'now')),"
        " v DEFAULT (/* c */ 1 /* d */), w DEFAULT '', x DEFAULT 1 DEFAULT 2,"
        " y TEXT DEFAULT 'a' COLLATE nocase, z DEFAULT (NULL))"
    ],
    "not null": [
        "CREATE TABLE t (a NOT NULL, b NULL, c NOT NULL ON CONFLICT IGNORE,"
        " d CONSTRAINT n NOT NULL, e INT NOT NULL NOT NULL, f NULL ON CONFLICT FAIL)"
    ],
    "primary keys": [
        "CREATE TABLE t1 (a INTEGER PRIMARY KEY)",
        "CREATE TABLE t2 (a INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE t3 (a INTEGER PRIMARY KEY DESC)",
        "CREATE TABLE t4 (a INT PRIMARY KEY ON CONFLICT REPLACE, b)",
        "CREATE TABLE t5 (a, b, PRIMARY KEY (b, a))",
        "CREATE TABLE t6 (a, b, CONSTRAINT k PRIMARY KEY (a DESC, b COLLATE nocase))",
        "CREATE TABLE t7 (a INTEGER, PRIMARY KEY (a AUTOINCREMENT))",
        "CREATE TABLE t8 (A, b, PRIMARY KEY (a, B))",
        "CREATE TABLE t9 (a, PRIMARY KEY ('a'))",
    ],
    "without rowid": [
        "CREATE TABLE t1 (a PRIMARY KEY, b) WITHOUT ROWID",
        "CREATE TABLE t2 (a, b, c, PRIMARY KEY (c, A)) without rowid",
        "CREATE TABLE t3 (a INT PRIMARY KEY, b ANY) STRICT, WITHOUT ROWID",
        "CREATE TABLE t4 (a INT PRIMARY KEY, b TEXT) WITHOUT ROWID, STRICT",
        "CREATE TABLE t5 (a INT, b REAL, c BLOB, d INTEGER) STRICT",
    ],
    "unique": [
        "CREATE TABLE t (a UNIQUE, b CONSTRAINT u UNIQUE ON CONFLICT FAIL, c, d,"
        " UNIQUE (c, d), CONSTRAINT v UNIQUE (d COLLATE nocase, c DESC)"
        " ON CONFLICT ROLLBACK, UNIQUE (a), UNIQUE (C, D))",
        "CREATE TABLE u (a INTEGER PRIMARY KEY UNIQUE, b, UNIQUE (b) UNIQUE (b, a))",
        "CREATE TABLE v (a PRIMARY KEY UNIQUE, b)",
    ],
    "checks": [
        "CREATE TABLE t (a CHECK (a > 0), b CONSTRAINT c CHECK (b IN (1, (2), ')')),"
        " CHECK (a <> b), CONSTRAINT d CHECK (a LIKE '%(%') ON CONFLICT ABORT,"
        " CHECK (a > 1) CHECK (a > 2) CONSTRAINT e CHECK (a > 3))",
        "CREATE TABLE u (a CHECK (typeof(a) = 'text' AND length(a) < 10 OR a ->> 'b'))",
        "CREATE TABLE v (a CHECK (CASE WHEN a THEN 1 ELSE 0 END), b)",
    ],
    "foreign keys": [
        "CREATE TABLE o (x INT, y INT, PRIMARY KEY (x, y))",
        "CREATE TABLE t (a REFERENCES o, b INT REFERENCES o(x) NOT NULL,"
        " c REFERENCES o(x) ON DELETE CASCADE ON UPDATE SET NULL,"
        " d REFERENCES o(x) MATCH FULL ON DELETE SET DEFAULT,"
        " e REFERENCES o(x) DEFERRABLE INITIALLY DEFERRED,"
        " f REFERENCES o(x) NOT DEFERRABLE INITIALLY IMMEDIATE NOT NULL,"
        " g REFERENCES o(x) ON DELETE NO ACTION ON UPDATE RESTRICT,"
        " FOREIGN KEY (a, b) REFERENCES o,"
        " CONSTRAINT n FOREIGN KEY (A, b) REFERENCES o (y, x) ON DELETE RESTRICT)",
        'CREATE TABLE self (a INT PRIMARY KEY, b REFERENCES "self", c REFERENCES'
        ' missing ("z z"))',
        "CREATE TABLE two (a REFERENCES o(x) REFERENCES o(y))",
    ],
    "generated": [
        "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED,"
        " c AS (a), d TEXT AS (a || ')') VIRTUAL NOT NULL, e INT AS (a) stored UNIQUE)"
    ],
    "collations": ["CREATE TABLE t (a TEXT COLLATE NOCASE, b COLLATE 'rtrim', c)"],
    "altered": [
        "CREATE TABLE t (a INT, b INT, c INT CHECK (c > 0))",
        "ALTER TABLE t ADD COLUMN d INT DEFAULT 5 NOT NULL",
        "ALTER TABLE t ADD e TEXT COLLATE nocase REFERENCES t(a)",
        'ALTER TABLE t RENAME COLUMN b TO "b 2"',
        "ALTER TABLE t DROP COLUMN a",
        'CREATE INDEX i ON t ("b 2", d)',
        'ALTER TABLE t RENAME TO "t 2"',
        'ALTER TABLE "t 2" ADD COLUMN f AS (d + 1)',
    ],
    "create as": [
        'CREATE TABLE t (a INT, "b c" VARCHAR(10), c REAL)',
        'CREATE TABLE u AS SELECT a, "b c", c, a + 1 AS "x y", \'z\', NULL FROM t',
    ],
    "indexes": [
        'CREATE TABLE t (a, b TEXT COLLATE nocase, "c d", E)',
        "CREATE INDEX i1 ON t (a)",
        "CREATE UNIQUE INDEX i2 ON t (b DESC, a ASC)",
        "CREATE INDEX IF NOT EXISTS i3 ON t (a COLLATE nocase DESC, b COLLATE binary)",
        "CREATE INDEX i4 ON t (lower(a), a + b DESC, ((a)), 'e', ('e'))",
        "CREATE INDEX i5 ON t (a) WHERE b IS NOT NULL AND (a > 0 OR a < -1)",
        'CREATE INDEX "i 6" ON t ("c d", A, e, [e], `E`)',
        "CREATE INDEX i7 ON t (a || ',' || b COLLATE nocase)",
        "CREATE INDEX 'i8' ON 't' ('a')",
        "CREATE INDEX i9 ON t (/* c */ a -- d\n, b) WHERE a -- e\n > 1",
        'CREATE UNIQUE INDEX i10 ON t (a, "missing")',
    ],
    "other objects": [
        "CREATE TABLE t (a INT)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
        "ANALYZE",
    ],
    "temporary": ["CREATE TEMP TABLE hidden (a)", "CREATE TABLE t (a)"],
}

# Statements that SQLite takes and the parser leaves to the pragmas.
NOT_UNDERSTOOD: dict[str, list[str]] = {
    "quoted types": ["CREATE TABLE t (a 'quoted type', b \"another\" (5) NOT NULL)"],
    "lone constraint names": ["CREATE TABLE t (a INT, b, CONSTRAINT alone)"],
    "deferrable alone": ["CREATE TABLE t (a INT DEFERRABLE, b REFERENCES t(a))"],
    "unknown match": ["CREATE TABLE t (a INT, b REFERENCES t(a) MATCH whatever)"],
    "on insert": ["CREATE TABLE t (a INT, b REFERENCES t(a) ON INSERT CASCADE)"],
    "type called generated": ["CREATE TABLE t (a INT GENERATED, b TEXT)"],
    "index": [
        "CREATE TABLE t (a 'x' COLLATE nocase, b DEFAULT 7, c AS (b), UNIQUE (b, a),"
        " PRIMARY KEY (b, a), FOREIGN KEY (a, b) REFERENCES o (x, y))",
        "CREATE INDEX i ON t (a DESC, lower(b)) WHERE b > 1",
        "CREATE UNIQUE INDEX j ON t (a COLLATE rtrim)",
    ],
}

_TYPES = [
    "",
    "INT",
    "INTEGER",
    "TEXT",
    "VARCHAR(20)",
    "numeric ( 10 , 2 )",
    "double precision",
] + ["Blob", "BOOLEAN", "DATETIME", "unsigned big int", "CHAR(1)"]
_DEFAULTS = ["1", "-1", "'x'", "''", "NULL", "CURRENT_TIMESTAMP", "(1 + 2)", "( 'a)' )"]
_DEFAULTS += ["+2.5", "x'ab'", "TRUE", "(lower('A'))"]
_ACTIONS = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"]
_CONFLICTS = ["ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"]
_COLLATIONS = ["NOCASE", "rtrim", "binary"]
_SPACES = [" ", " ", " ", "  ", "\n", "\t", " /* c, ( */ ", " -- c ) '\n"]
_NAMES = [
    "a",
    "B",
    "id",
    "user name",
    "key",
    "x'y",
    'q"q',
    "é",
    "select",
    "desc",
    "n_1",
]


class _Writer:
    """Writes random statements; `rng` decides everything."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.tables: dict[str, list[str]] = {}

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def quoted(self, name: str) -> str:
        styles = [f'"{name.replace(chr(34), chr(34) * 2)}"', f"`{name}`", f"[{name}]"]
        if name.isascii() and name.isidentifier() and name not in ("select",):
            styles += [name, name, name]
        if name == "key":
            styles += ["KEY"]
        return self.rng.choice(styles)

    def maybe(self, probability: float, *texts: str) -> str:
        return self.rng.choice(texts) if self.chance(probability) else ""

    def conflict(self) -> str:
        return self.maybe(0.15, *(f"ON CONFLICT {word}" for word in _CONFLICTS))

    def named(self) -> str:
        return self.maybe(0.3, f"CONSTRAINT {self.quoted(self.rng.choice(_NAMES))}")

    def key_list(self, columns: list[str]) -> str:
        chosen = self.rng.sample(columns, self.rng.randint(1, min(3, len(columns))))
        parts = [
            f"{self.quoted(c)} {self.maybe(0.1, 'COLLATE nocase')}"
            f" {self.maybe(0.2, 'ASC', 'DESC')}"
            for c in chosen
        ]
        return ", ".join(parts)

    def reference(self, own: str, columns: list[str], n: int) -> str:
        target = self.rng.choice([*self.tables, own])
        names = self.tables.get(target, columns)
        listed = ""
        if len(names) >= n and self.chance(0.8):
            chosen = self.rng.sample(names, n)
            listed = f"({', '.join(map(self.quoted, chosen))})"
        actions = [
            f"ON {event} {self.rng.choice(_ACTIONS)}" for event in ("DELETE", "UPDATE")
        ]
        clauses = " ".join(clause for clause in actions if self.chance(0.4))
        deferrable = self.maybe(
            *(0.2, "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED", "NOT DEFERRABLE")
        )
        return f"REFERENCES {self.quoted(target)} {listed} {clauses} {deferrable}"

    def column(self, table: str, name: str, columns: list[str], key: bool) -> str:
        parts = [self.quoted(name), self.rng.choice(_TYPES)]
        constraints = [
            self.maybe(0.4, f"{self.named()} NOT NULL {self.conflict()}", "NULL"),
            self.maybe(0.4, f"DEFAULT {self.rng.choice(_DEFAULTS)}"),
            self.maybe(0.2, f"COLLATE {self.rng.choice(_COLLATIONS)}"),
            self.maybe(0.2, f"{self.named()} UNIQUE {self.conflict()}"),
            self.maybe(0.2, f"{self.named()} CHECK ({self.quoted(name)} <> ')')"),
            self.maybe(0.2, f"{self.named()} {self.reference(table, columns, 1)}"),
        ]
        if key:
            constraints.append(
                f"PRIMARY KEY {self.maybe(0.2, 'DESC')} {self.conflict()}"
            )
        self.rng.shuffle(constraints)
        return " ".join(parts + constraints)

    def table_constraint(self, table: str, columns: list[str], kind: str) -> str:
        if kind in ("PRIMARY KEY", "UNIQUE"):
            body = f"{kind} ({self.key_list(columns)}) {self.conflict()}"
        elif kind == "CHECK":
            body = f"CHECK (length({self.quoted(columns[0])}) > (0))"
        else:
            n = self.rng.randint(1, min(2, len(columns)))
            own = ", ".join(map(self.quoted, self.rng.sample(columns, n)))
            body = f"FOREIGN KEY ({own}) {self.reference(table, columns, n)}"
        return f"{self.named()} {body}"

    def table(self, name: str) -> str:
        columns = self.rng.sample(_NAMES, self.rng.randint(1, 6))
        key = self.rng.choice(["none", "column", "table", "table"])
        key_column = self.rng.choice(columns)
        items = [
            self.column(name, c, columns, key == "column" and c == key_column)
            for c in columns
        ]
        if self.chance(0.3):
            source = self.quoted(columns[0])
            items.append(f"gen INT AS ({source} || 'x') {self.maybe(0.5, 'STORED')}")
        kinds = ["PRIMARY KEY"] * (key == "table")
        kinds += self.rng.choices(
            ["UNIQUE", "CHECK", "FOREIGN KEY"], k=self.rng.randint(0, 3)
        )
        items += [self.table_constraint(name, columns, kind) for kind in kinds]
        options = self.maybe(0.4, "WITHOUT ROWID") if key != "none" else ""
        self.tables[name] = columns
        return f"CREATE TABLE {self.quoted(name)} ({', '.join(items)}) {options}"

    def index(self, name: str) -> str:
        table = self.rng.choice(list(self.tables))
        columns = self.tables[table]
        parts = self.key_list(columns)
        if self.chance(0.3):
            parts += f", lower({self.quoted(columns[0])}) {self.maybe(0.5, 'DESC')}"
        where = self.maybe(0.3, f"WHERE {self.quoted(columns[0])} IS NOT NULL")
        unique = self.maybe(0.3, "UNIQUE")
        return (
            f"CREATE {unique} INDEX {self.quoted(name)} ON {self.quoted(table)}"
            f" ({parts}) {where}"
        )

    def alter(self, n: int) -> str:
        table = self.rng.choice(list(self.tables))
        columns = self.tables[table]
        kind = self.rng.choice(["add", "rename", "drop", "rename table"])
        quoted = self.quoted(table)
        if kind == "add":
            return (
                f"ALTER TABLE {quoted} ADD added{n} INT {self.maybe(0.5, 'DEFAULT 3')}"
            )
        if kind == "rename":
            old = self.quoted(self.rng.choice(columns))
            return f'ALTER TABLE {quoted} RENAME COLUMN {old} TO "re named{n}"'
        if kind == "drop":
            return f"ALTER TABLE {quoted} DROP COLUMN {self.quoted(columns[-1])}"
        return f'ALTER TABLE {quoted} RENAME TO "re named table{n}"'

    def spaced(self, statement: str) -> str:
        """Put white space and comments between words, outside all quotes."""
        out, quote = [], ""
        for char in statement:
            if quote:
                quote = "" if char == quote else quote
            elif char in "'\"`[":
                quote = "]" if char == "[" else char
            elif char == " ":
                char = self.rng.choice(_SPACES)
            out.append(char)
        return "".join(out)


def random_schema(seed: int) -> list[str]:
    """Return statements; SQLite refuses some of them, which does not matter."""
    rng = random.Random(seed)
    writer = _Writer(rng)
    statements = [writer.table(name) for name in rng.sample(_NAMES, rng.randint(1, 4))]
    statements += [writer.index(f"ix {n}") for n in range(rng.randint(0, 4))]
    statements += [writer.alter(n) for n in range(rng.randint(0, 3))]
    return [writer.spaced(statement) for statement in statements]
