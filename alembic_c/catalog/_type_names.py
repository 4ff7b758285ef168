"""What a database calls the types that SQLAlchemy's DDL asks for.

Two spellings of one type (VARCHAR(9) and character varying(9), BOOL and tinyint(1))
become one. A type that is not known here keeps its text, in lower case.
"""

from __future__ import annotations

import re
from typing import Any

Values = dict[str, Any]

_QUOTED = re.compile(r"('(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`)")
_PG_COLLATE = re.compile(r' COLLATE (?:.*\.)?(?:"((?:[^"]|"")+)"|(\w+))$')
_PG_TYPE = re.compile(
    r"(?P<name>[a-z_ ]+?[a-z0-9_]*)\s*(?:\((?P<sizes>[\d, ]+)\))?"
    r"(?P<zone> with(?:out)? time zone)?(?P<array>(?:\[\])*)"
)
_PG_NAMES = {
    "bool": "boolean",
    "char": "character",
    "char varying": "character varying",
    "decimal": "numeric",
    "dec": "numeric",
    "float4": "real",
    "float8": "double precision",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "national character": "character",
    "nchar": "character",
    "timestamptz": "timestamp with time zone",
    "varbit": "bit varying",
    "varchar": "character varying",
}
_PG_SIZES = {"bit": "1", "character": "1"}
# So many binary digits fit into PostgreSQL's `real`.
_REAL_DIGITS = 24


def _lower(text: str) -> str:
    """Return a text in lower case, apart from what is in quotes."""
    parts = _QUOTED.split(text)
    return "".join(part if n % 2 else part.lower() for n, part in enumerate(parts))


def postgresql(text: str, enum: str | None) -> Values:
    """Return `type`, and `collation` if one is asked for.

    text: the type's DDL. enum: what the catalog says of it if it is an enum.
    """
    collation = _PG_COLLATE.search(text)
    plain = text[: collation.start()] if collation else text
    found = {"type": enum or _pg_name(_lower(plain))}
    if collation:
        found["collation"] = (collation[1] or collation[2]).replace('""', '"')
    return found


_PG_INTERVAL = re.compile(
    r"interval (year|month|day|hour|minute|second)"
    r"(?: to (month|hour|minute|second))?(?:\s*\((\d)\))?"
)
# The bits of the fields, in PostgreSQL's utils/timestamp.h and datetime.h.
_FIELDS = {"year": 2, "month": 1, "day": 3, "hour": 10, "minute": 11, "second": 12}


def _pg_interval(match: re.Match[str]) -> str:
    """Return what the catalog says of an interval of some fields."""
    names = list(_FIELDS)
    first, last = match[1], match[2] or match[1]
    fields = names[names.index(first) : names.index(last) + 1]
    precision = int(match[3]) if match[3] else 0xFFFF
    bits = sum(1 << _FIELDS[name] for name in fields)
    return f"interval typmod {bits << 16 | precision}"


def _pg_name(text: str) -> str:
    interval = _PG_INTERVAL.fullmatch(text)
    if interval is not None:
        return _pg_interval(interval)
    match = _PG_TYPE.fullmatch(text)
    if match is None:
        return text
    name = _PG_NAMES.get(match["name"], match["name"])
    sizes = (match["sizes"] or "").replace(" ", "") or _PG_SIZES.get(name, "")
    if name == "float":
        is_real = sizes and int(sizes) <= _REAL_DIGITS
        name, sizes = "real" if is_real else "double precision", ""
    if name == "numeric" and sizes and "," not in sizes:
        sizes += ",0"
    zone = match["zone"] or ""
    if name in ("time", "timestamp") and not zone:
        zone = " without time zone"
    # However many dimensions are declared, the catalog knows one.
    array = "[]" if match["array"] else ""
    return f"{name}({sizes}){zone}{array}" if sizes else f"{name}{zone}{array}"


_MYSQL_CHARSET = re.compile(r" (?:character set|charset) (\w+)| collate (\w+)")
_MYSQL_TYPE = re.compile(
    r"((?:national |character (?=varying)|double (?=precision))?[a-z]*)"
    r"(?:\s*\(([^)']*)\))?(.*)",
    re.DOTALL,
)
_MYSQL_NAMES = {
    "bool": "tinyint",
    "boolean": "tinyint",
    "character varying": "varchar",
    "dec": "decimal",
    "double precision": "double",
    "fixed": "decimal",
    "integer": "int",
    "national char": "char",
    "national varchar": "varchar",
    "nchar": "char",
    "numeric": "decimal",
    "nvarchar": "varchar",
    "real": "double",
}
_MYSQL_SIZES = {"binary": "1", "bit": "1", "char": "1", "decimal": "10,0"}
# The number behind these is the width of a display.
_MYSQL_WIDTHS = ("tinyint", "smallint", "mediumint", "int", "bigint", "year")


def mysql(text: str) -> Values:
    """Return `type`, and `charset` and `collation` if they are asked for.

    text: the type's DDL, or what the server says of a type.
    """
    words = _lower(text)
    asked = {
        name: value
        for match in _MYSQL_CHARSET.finditer(words)
        for name, value in zip(("charset", "collation"), match.groups(), strict=True)
        if value
    }
    return {"type": _mysql_name(_MYSQL_CHARSET.sub("", words))} | asked


def _mysql_name(text: str) -> str:
    match = _MYSQL_TYPE.fullmatch(text)
    if match is None or text.startswith(("enum", "set")):
        return re.sub(r"',\s+'", "','", text)
    name = _MYSQL_NAMES.get(match[1], match[1])
    sizes, rest = (match[2] or "").replace(" ", ""), match[3]
    sizes = "" if name in _MYSQL_WIDTHS else sizes or _MYSQL_SIZES.get(name, "")
    if name == "decimal" and "," not in sizes:
        sizes += ",0"
    if name == "float" and sizes.isdigit():
        name, sizes = "float" if int(sizes) <= _REAL_DIGITS else "double", ""
    if name == "blob" and sizes.isdigit():
        name, sizes = _by_size(name, int(sizes)), ""
    if "zerofill" in rest and "unsigned" not in rest:
        rest = f" unsigned{rest}"
    return f"{name}({sizes}){rest}" if sizes else f"{name}{rest}"


# The longest values, in bytes, of the types that a size chooses from.
_LONGEST = {"tiny": 0xFF, "": 0xFFFF, "medium": 0xFFFFFF}


def _by_size(name: str, size: int) -> str:
    """Return the type that MySQL takes for BLOB and TEXT of so many bytes."""
    return next((k for k, n in _LONGEST.items() if size <= n), "long") + name


def stands_for(actual: str, wanted: str) -> bool:
    """Return whether a type of MySQL or MariaDB is what becomes of another.

    JSON is a text for MariaDB; what a dialect that was not connected takes for UUIDs
    may be MySQL's; how many bytes a character of TEXT has is known to the server.
    """
    if (actual, wanted) in _STANDS_FOR:
        return True
    sized = re.fullmatch(r"text\((\d+)\)", wanted)
    if sized is None:
        return False
    n_bytes = (int(sized[1]) * width for width in (1, 2, 3, 4))
    return any(actual == _by_size("text", size) for size in n_bytes)


_STANDS_FOR = {("longtext", "json"), ("uuid", "char(32)")}


def split_on_update(text: str) -> tuple[str, str, str]:
    """Return a default, "ON UPDATE", and what is behind that, as MySQL has them."""
    parts = re.split(r"\s+(on\s+update)\s+", text, maxsplit=1, flags=re.IGNORECASE)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else (text, "", "")
