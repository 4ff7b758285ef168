"""How PostgreSQL words what it has, and what of that means the same.

- Casts: the server has more of them than were written.  `lower(name)` over a VARCHAR
  comes back as `lower((name)::text)`, and `'a'` as `'a'::character varying`.
  Comparison of texts leaves casts out on both sides.
- Defaults: two texts that are shown here to be the same constant need no query; for the
  others only the server can tell.  It is asked about nothing but single expressions:
  a text that might be more than that, or begin a comment, is never sent.
- Expressions of indexes come back with casts and parentheses, and without the default
  sort order.  Both sides are reduced to what is left when all of that, quotes and
  blanks are dropped.  That is an approximation: it can miss a change of a cast, but it
  does not take the server's wording for one.
- A SERIAL column is reported with the default `nextval('t_id_seq'::regclass)`, like any
  column that draws from a sequence; only the sequence's owner tells it apart.  The
  owners of all sequences are read by one query for each inspector.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from ..util import sqla_compat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Inspector

# --- casts ---------------------------------------------------------------------------

_NAME = r'(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)'
# The names of types that are more than one word; of `interval` only some words are.
_WORDS = r"""
    double\s+precision
  | (?:national\s+)?char(?:acter)?\s+varying
  | bit\s+varying
  | interval\s+(?:year|month|day|hour|minute|second)\b
    (?:\s+to\s+(?:month|hour|minute|second)\b)?
"""
_TYPE = rf"""
    (?:{_NAME}\s*\.\s*)?
    (?:{_WORDS}|{_NAME})
    (?:\s*\([^()]*\))?                     # length, precision and scale
    (?:\s+with(?:out)?\s+time\s+zone\b)?
    (?:\s*\[\s*\d*\s*\])*
"""
_TOKEN = re.compile(
    rf"""
    (?P<cast>\s*::\s*{_TYPE})
  | (?P<call>\bcast\s*\()
  | (?P<as>\s+as\b)
  | (?P<open>\()
  | (?P<close>\))
  | e'(?:[^'\\]|''|\\.)*'                  # strings, and names in quotes, are whole
  | '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | [\w$]+
  | .
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_ATOM = re.compile(r"""[\w$.]+|'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_WORD_END = re.compile(r"[\w$\"]\Z")


class _Group:
    """What stands between two parentheses, the pieces of its text."""

    def __init__(self, is_cast: bool) -> None:
        self.pieces: list[str] = []
        self.is_cast = is_cast
        self.n_kept: int | None = None  # how many stand before the AS of a CAST
        self.ends_with_value = False  # whether the last piece is "(...)", no arguments

    def inside(self) -> str:
        return "".join(self.pieces[: self.n_kept])

    def unwrap_last(self) -> None:
        """Take the parentheses off the last piece if a single value is in them."""
        inside = self.pieces[-1][1:-1].strip()
        if _ATOM.fullmatch(inside):
            self.pieces[-1] = inside


def without_casts(expression: str) -> str:
    """Return an expression without `::type` and `CAST(... AS type)`.

    Parentheses around a single value go with the cast that they are for.
    """
    groups = [_Group(is_cast=False)]
    for token in _TOKEN.finditer(expression):
        kind, group = token.lastgroup, groups[-1]
        if kind in ("open", "call"):
            groups.append(_Group(is_cast=kind == "call"))
            continue
        if kind == "close" and len(groups) > 1:
            groups.pop()
            outer = groups[-1]
            before = outer.pieces[-1] if outer.pieces else ""
            outer.pieces.append(f"({group.inside()})")
            outer.ends_with_value = group.is_cast or not _WORD_END.search(before)
            if group.is_cast:
                outer.unwrap_last()
            continue
        if kind == "cast":
            if group.ends_with_value:
                group.unwrap_last()
        elif kind == "as" and group.is_cast and group.n_kept is None:
            group.n_kept = len(group.pieces)
        else:
            group.pieces.append(token[0])
        group.ends_with_value = False
    # Parentheses may be open to the end in what others wrote.
    return "(".join(group.inside() for group in groups)


# --- defaults ------------------------------------------------------------------------

_CONSTANT = re.compile(
    r"""(?: '(?P<quoted> (?:[^'\\]|'')* )'
          | (?P<number> -? [0-9]+ (?:\.[0-9]+)? )
          | (?P<truth> true | false )
        )
        (?: :: (?P<type> [^'():]+ ) )?""",
    re.VERBOSE | re.IGNORECASE,
)
_NULL = re.compile(r"NULL(?:::[^'():]+)?", re.IGNORECASE)
_NEXTVAL = re.compile(r"nextval\"?\s*\(", re.IGNORECASE)
# The tokens of an expression.  Strings are those that end in the same place whether a
# backslash is an escape in them or not, which depends on settings.
_LEXEME = re.compile(
    r"""
    (?P<space>[ \t\n\r\f]+)
  | (?P<name>[^\W\d][\w$]*|"(?:[^"\\\0]|"")+"(?!"))
  | (?P<open>[(\[])
  | (?P<close>[)\]])
  | (?P<comma>,)
  | (?P<comment>--|/\*)
  | '(?:[^'\\\0]|''|\\[^'\0])*'(?!')
  | \$(?P<tag>(?:[^\W\d]\w*)?)\$[^\0]*?\$(?P=tag)\$
  | [0-9][0-9.]*|\.[0-9]+
  | [-+*/<>=~!@\#%^&|`?:.]
    """,
    re.VERBOSE,
)
# What begins a query; no default can have one.
_QUERIES = ("select", "table", "values")

# Without an operator `=`, or with one that compares areas and the like.
_NOT_COMPARABLE = ("json", "xml", "point", "polygon", "path", "line", "lseg", "box")
# `'0.1'::real = 0.1` is false, so a bare number proves nothing for every type.
_EXACT_NUMBERS = ("smallint", "integer", "bigint", "numeric", "double precision")
_TRUTHS = {
    word: truth
    for truth, words in {
        "true": ("t", "true", "y", "yes", "on", "1"),
        "false": ("f", "false", "n", "no", "off", "0"),
    }.items()
    for word in words
}


class _Constant(NamedTuple):
    kind: str
    value: str
    type: str | None


def is_one_expression(text: str) -> bool:
    """Return True if a text is one scalar expression when it stands in parentheses.

    It may still be one that the server refuses.  False means: not surely.
    """
    closings: list[str] = []
    # For each open parenthesis whether values are listed in it, as arguments are.
    lists = [False]
    place, previous = 0, None
    while place < len(text):
        token = _LEXEME.match(text, place)
        if token is None or token["comment"]:
            return False
        place = token.end()
        if token["space"]:
            continue
        if token["open"]:
            closings.append(")" if token[0] == "(" else "]")
            is_call = previous is not None and previous["name"] is not None
            lists.append(is_call or token[0] == "[")
        elif token["close"]:
            if not closings or closings.pop() != token[0]:
                return False
            lists.pop()
        elif (token["comma"] and not lists[-1]) or token[0].lower() in _QUERIES:
            return False
        previous = token
    return previous is not None and not closings


def literal(text: str, is_number: bool) -> str:
    """Return the SQL of a default that was given as a plain string.

    A string that is in quotes already is taken as it is if it is one expression.  In
    others one quote at either end, as older programs gave it, is taken for a delimiter.
    is_number: the database's column is for fractions: there a string is an expression,
        so that `5` and `5.0` are the same.
    """
    is_quoted = len(text) > 1 and text[0] == text[-1] == "'"
    if (is_number or is_quoted) and is_one_expression(text):
        return text
    content = re.sub(r"^'|'$", "", text).replace("'", "''")
    return f"'{content}'"


def is_null(default: str) -> bool:
    """Return whether the server's text is NULL, of which it tells the type too."""
    return _NULL.fullmatch(default) is not None


def without_regclass(default: str) -> str:
    """Return a default without the cast that the server adds to sequences' names."""
    return default.replace("::regclass", "")


def draws_from_sequence(default: str) -> bool:
    """Return whether evaluating a default would use up a sequence's value."""
    return _NEXTVAL.search(default) is not None


def surely_equal(found: str, declared: str) -> bool:
    """Return True if both texts are one constant to the server.

    found: the server's text; declared: the metadata's.  False means: not known.
    """
    if found == declared:
        return True
    one, other = _constant(found), _constant(declared)
    if one is None or other is None:
        return False
    if other.type is not None and other.type != one.type:
        return False
    return _same_value(one, other)


def comparable(found: str, declared: str) -> tuple[str, str] | None:
    """Return both as SQL to be compared with `=`: as text if their type has no such.

    found: the server's text; declared: the metadata's.
    None: one of them is not surely an expression.
    """
    if not is_one_expression(found) or not is_one_expression(declared):
        return None
    constant = _constant(found)
    if constant is None or not _has_no_equality(constant.type):
        return f"({found})", f"({declared})"
    one, other = (f"(({each})::{constant.type})::text" for each in (found, declared))
    return one, other


def same_text(found: str, declared: str) -> bool:
    """Return whether texts that the server cannot compare are equal but for casts."""
    one, other = (" ".join(without_casts(each).split()) for each in (found, declared))
    return one == other


def _same_value(found: _Constant, declared: _Constant) -> bool:
    kinds = (found.kind, declared.kind)
    if "truth" in kinds:
        return (
            "number" not in kinds
            and found.kind == "truth"
            and _TRUTHS.get(found.value.lower()) == _TRUTHS.get(declared.value.lower())
        )
    if found.value != declared.value:
        return False
    # A quoted constant without a type takes the other side's.
    return declared.kind == "quoted" or found.type in (None, *_EXACT_NUMBERS)


def _has_no_equality(type_name: str | None) -> bool:
    return type_name is not None and type_name.rstrip("[]") in _NOT_COMPARABLE


def _constant(default: str) -> _Constant | None:
    text = default.strip()
    if re.fullmatch(r"\([^()']*\)", text):
        text = text[1:-1].strip()
    match = _CONSTANT.fullmatch(text)
    if match is None:
        return None
    kinds = ("quoted", "number", "truth")
    [kind] = [kind for kind in kinds if match[kind] is not None]
    type_name = match["type"]
    return _Constant(kind, match[kind], type_name and type_name.strip())


# --- index expressions ---------------------------------------------------------------

# How an element ends -> how it ends without what is the default anyway.
_SORT_ENDINGS = (
    (" asc nulls last", ""),
    (" desc nulls last", " desc nulls last"),
    (" nulls last", ""),
    (" asc nulls first", " nulls first"),
    (" desc nulls first", " desc"),
    (" asc", ""),
)
_OPERATOR_CLASS = re.compile(r"[ )][\w.]*_ops\s*\Z")


def reduced(expression: str, table_name: str) -> str:
    """Return what is left of an index element for comparison."""
    bare = " ".join(without_casts(expression).lower().split())
    bare = bare.replace('"', "").replace("'", "")
    bare = _without_parentheses(bare.replace(f"{table_name.lower()}.", ""))
    bare = _without_parentheses(_without_default_order(bare))
    return "".join(bare.split())


def names_operator_class(expression: str) -> bool:
    """Return whether a text ends with an operator class."""
    return _OPERATOR_CLASS.search(expression) is not None


def _without_default_order(expression: str) -> str:
    for ending, rest in _SORT_ENDINGS:
        if expression.endswith(ending):
            return expression.removesuffix(ending) + rest
    return expression


def _without_parentheses(expression: str) -> str:
    while expression[:1] == "(" and expression[-1:] == ")":
        expression = expression[1:-1].strip()
    return expression


# --- SERIAL columns ------------------------------------------------------------------

_SEQUENCE = re.compile(r"nextval\('(?P<sequence>.+?)'::regclass\)")
_NAME_PART = re.compile(r'"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^".]+)')

_OWNERS = """
SELECT n.nspname AS schema_name,
       c.relname AS sequence_name,
       pg_catalog.pg_table_is_visible(c.oid) AS is_visible,
       a.attname AS column_name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend AS d
       ON d.objid = c.oid
      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refobjsubid > 0
LEFT JOIN pg_catalog.pg_attribute AS a
       ON a.attrelid = d.refobjid
      AND a.attnum = d.refobjsubid
WHERE c.relkind = 'S'
"""
_ALL_OWNERS = text(f"{_OWNERS} ORDER BY c.oid")
_ONE_OWNER = text(
    f"{_OWNERS} AND c.oid = pg_catalog.to_regclass(CAST(:sequence AS pg_catalog.text))"
)
_CACHE_KEY = ("alembic_c", "sequence owners")
_KNOWN_KEY = ("alembic_c", "known sequence owners")


class SequenceOwner(NamedTuple):
    """A sequence and the column that owns it, None for a sequence on its own."""

    sequence_name: str
    column_name: str | None


def sequence_in_default(default: str) -> str | None:
    """Return the sequence that a column's default draws from, as it is written."""
    match = _SEQUENCE.match(default)
    return match["sequence"].replace("''", "'") if match else None


def owner_of(inspector: Inspector, sequence: str) -> SequenceOwner | None:
    """Return the owner of a sequence, None if there is no such sequence.

    sequence: as the server writes it in a default, by the connection's search path.
    """
    owners: dict[tuple[str, ...], SequenceOwner]
    name = _name_parts(sequence)
    owners = inspector.info_cache.get(_KNOWN_KEY, {})
    if name in owners:
        return owners[name]
    owners = inspector.info_cache.setdefault(_CACHE_KEY, {})
    if not owners:
        rows = sqla_compat._exec_on_inspector(inspector, _ALL_OWNERS)
        owners.update(_by_name(rows))
    if name not in owners:
        # Made, or the search path changed, since the owners were read.
        rows = sqla_compat._exec_on_inspector(inspector, _ONE_OWNER, sequence=sequence)
        owners.update((name, owner) for _, owner in _by_name(rows))
    return owners.get(name)


def know_owners(inspector: Inspector, rows: Iterable[Any]) -> None:
    """Take in owners that are known, so that nobody asks about them.

    rows: schema, sequence, whether the search path lets the schema be left out, and the
        owner's name.
    """
    known: dict[tuple[str, ...], SequenceOwner]
    known = inspector.info_cache.setdefault(_KNOWN_KEY, {})
    known.update(_by_name(rows))


def _by_name(
    rows: Iterable[Any],
) -> Iterable[tuple[tuple[str, ...], SequenceOwner]]:
    for schema, sequence, is_visible, column in rows:
        owner = SequenceOwner(sequence, column)
        yield (schema, sequence), owner
        if is_visible:
            yield (sequence,), owner


def _name_parts(name: str) -> tuple[str, ...]:
    return tuple(
        part["plain"] or part["quoted"].replace('""', '"')
        for part in _NAME_PART.finditer(name)
    )
