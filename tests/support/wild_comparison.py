"""How ours differs from upstream's autogenerate on wild pairs of schemas."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from alembic_c.autogenerate.compare import _sqlite
from tests.support.autogen import Outcome, Package
from tests.support.engines import begin_by_hand
from tests.support.mariadb import drop_tables
from tests.support.pairs import canonical, create, examine
from tests.support.wild_schemas import make_pair

# --- what may differ ------------------------------------------------------------------


# Ours reflects only tables that are compared (with the proof: those not shown to be
# equal), and sorts the model's tables only if some are new.
_NOT_WARNED_OF = (
    "Skipped unsupported reflection",
    "Did not recognize type",
    "Cannot correctly sort tables",
    "Unknown schema content",
)
# Of two foreign keys that say the same, upstream drops the one that a set has first.
_NAMED_BY_SERVER = re.compile(r"(?<=_ibfk_)\d+")


def unlike(found: Outcome, expected: Outcome, mode: str, prefix: str) -> Iterator[str]:
    """Yield what is not the same, part by part.

    mode: of the proof; prefix: of SQLAlchemy's names in what is rendered.
    """
    if expected.error is not None:
        # Ours may do better, or come to another obstacle.
        return
    if found.error is not None:
        yield f"error {found.error} {found.text}"
        return
    if any(map(is_false_alarm, set(expected.diffs) - set(found.diffs))):
        return
    for part in ("diffs", "messages", "imports"):
        one, other = getattr(found, part), getattr(expected, part)
        if _comparable(one) != _comparable(other):
            yield _difference(part, one, other)
    missed = [
        text
        for text in expected.warned
        if text not in found.warned
        and not (mode == "on" or text.startswith(_NOT_WARNED_OF))
    ]
    extra = [text for text in found.warned if text not in expected.warned]
    if missed or extra:
        yield _difference("warned", extra, missed)
    for part in ("upgrade", "downgrade"):
        one, other = getattr(found, part), getattr(expected, part)
        if "\\" in other or "CheckConstraint(" in other:
            one, other = canonical(one), canonical(other)
        one = as_upstream(one, other, prefix)
        if _comparable([one]) != _comparable([other]):
            yield _difference(part, one.split("\n"), other.split("\n"))
    if expected.applied is None:
        # Where ours marks colons, upstream's upgrade has a parameter, which becomes
        # NULL. So do defaults of tables that upstream's batches make anew. And what it
        # writes with doubled percent signs is made with them.
        is_marked = "\\\\:" in found.upgrade
        lost = [
            line
            for line in expected.remaining
            if line not in found.remaining
            and (is_marked or "%%" in line or _OF_A_PARAMETER.search(line))
        ]
        changed = {name for line in lost for name in _CHANGED.findall(line)}
        ours, theirs = (
            [
                line
                for line in outcome.remaining
                if line not in lost and changed.isdisjoint(_CHANGED.findall(line))
            ]
            for outcome in (found, expected)
        )
        if found.applied is not None:
            # The default that is marked may be none for its column; NULL is.
            if not (is_marked and "Invalid default value" in str(found.text)):
                yield f"{found.applied} while applying"
        elif _comparable(ours) != _comparable(theirs):
            yield _difference("remaining", found.remaining, expected.remaining)


_OF_A_PARAMETER = re.compile(r"Default\(TextClause 'NULL'\), Default\(\w+ '?:name'?\)")
# What a change is of: the table and the column, or an index.
_CHANGED = re.compile(r"'[^']+', '[^']+'(?=, \{)|(?<=Index\()'[^']+'")
# The column that a foreign key refers to, where a name has a dot.
_TARGET = re.compile(r"\(('[^']+'(?:, '[^']+')+)\)")
_MARKS = re.compile(r"(%+|\\\\:|:|astext_type=[\w.]+\(\))")


def as_upstream(code: str, expected: str, prefix: str) -> str:
    """Write what upstream writes in another way as it does, where it does.

    In texts of SQL it doubles percent signs, and does not mark colons: another text
    when it is run (`db/test_expressions.py` runs what ours says). Nor does it put
    `prefix` before a type in the arguments of another dialect's, nor parts of the
    names that a foreign key refers to: with a dot in one it means another column.
    """
    for target in _TARGET.finditer(code):
        parts = re.findall(r"'([^']+)'", target[1])
        spelled = f"'{'.'.join(parts)}'"
        is_dotted = any("." in part for part in parts)
        if is_dotted and target[0] not in expected and spelled in expected:
            code = code.replace(target[0], spelled)
    ours, theirs = _MARKS.split(code), _MARKS.split(expected)
    if len(ours) != len(theirs):
        return code
    for place in range(1, len(ours), 2):
        mark = ours[place]
        others = {"\\\\:": ":", f"astext_type={prefix}Text()": "astext_type=Text()"}
        if theirs[place] == (mark * 2 if "%" in mark else others.get(mark)):
            ours[place] = theirs[place]
    return "".join(ours)


_DEFAULTS = re.compile(r"Default\(TextClause '(.*)'\), Default\(str (.*)\)\]")


def is_false_alarm(diff: str) -> bool:
    """Return whether the model has the database's default, a text within quotes.

    Upstream takes the quotes of the text for those of SQL, and so makes it another one.
    """
    found = _DEFAULTS.search(diff)
    return found is not None and found[1] == found[2].replace("'", "''")


def _comparable(lines: Sequence[str]) -> list[str]:
    """Leave out quotes: ours keeps a table's `quote` in the reflected one's name."""
    return [_NAMED_BY_SERVER.sub("", line.replace('"', "")) for line in lines]


def _difference(part: str, found: Sequence[str], expected: Sequence[str]) -> str:
    ours = [line for line in found if line not in expected]
    theirs = [line for line in expected if line not in found]
    if len(ours) == len(theirs) == 1:
        ours, theirs = map(list, zip(*_around(ours[0], theirs[0]), strict=True))
    lines = [f"\n    ours:   {line}" for line in ours]
    lines += [f"\n    theirs: {line}" for line in theirs]
    return f"{part}:{''.join(lines) or ' the order'}"


def _n_common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _around(one: str, other: str, width: int = 80) -> Iterator[tuple[str, str]]:
    """Yield where two texts begin to be different."""
    start = max(0, _n_common(one, other) - width)
    end = max(0, _n_common(one[:start:-1], other[:start:-1]) - width)
    yield one[start : len(one) - end], other[start : len(other) - end]


# --- running --------------------------------------------------------------------------


def engine_for(url: str) -> sa.Engine:
    """Return an engine for a database, with a second schema in it."""
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        begin_by_hand(engine)
        sa.event.listen(engine, "connect", _attach)
    elif engine.dialect.name == "postgresql":
        with engine.begin() as setup:
            for name in ("test_schema", "Other Schema"):
                setup.execute(sa.schema.CreateSchema(name, if_not_exists=True))
            for name in ("hstore", "citext"):
                setup.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {name}")
            setup.exec_driver_sql("CREATE SEQUENCE IF NOT EXISTS loose_seq")
    return engine


def _attach(dbapi_connection: Any, record: Any) -> None:
    dbapi_connection.execute("ATTACH ':memory:' AS test_schema")


def differences(
    connection: sa.Connection,
    seed: int,
    ours: Package,
    theirs: Package,
    modes: Sequence[str],
) -> Iterator[str]:
    """Yield how ours differs from upstream's on the pair of a seed."""
    pair = make_pair(seed, connection.dialect.name)
    expected, *found = _outcomes(connection, pair, theirs, ours, modes)
    prefix = pair.options["sqlalchemy_module_prefix"]
    for mode, outcome in zip(modes, found, strict=True):
        for line in unlike(outcome, expected, mode, prefix):
            yield f"proof {mode}: {line}"


def _outcomes(
    connection: sa.Connection,
    pair: Any,
    theirs: Package,
    ours: Package,
    modes: Sequence[str],
) -> list[Outcome]:
    runs = [(theirs, "off"), *((ours, mode) for mode in modes)]
    outcomes = []
    if connection.dialect.name in ("mysql", "mariadb"):
        for package, mode in runs:
            os.environ["ALEMBIC_C_PROOF"] = mode
            drop_tables(connection)
            create(connection, pair.database)
            connection.commit()
            outcomes.append(examine(package, connection, pair))
            connection.rollback()
        return outcomes
    transaction = connection.begin()
    try:
        create(connection, pair.database)
        for number, (package, mode) in enumerate(runs):
            os.environ["ALEMBIC_C_PROOF"] = mode
            # Every second time, SQLite's few tables are read in bulk too.
            _sqlite.WORTHWHILE = 1 if (pair.seed + number) % 2 else 16
            point = connection.begin_nested()
            outcomes.append(examine(package, connection, pair))
            point.rollback()
        return outcomes
    finally:
        transaction.rollback()
