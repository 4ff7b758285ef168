"""Run autogenerate of either package, and make what comes out comparable."""

from __future__ import annotations

import contextlib
import logging
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest import mock

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from alembic_c.util import sqla_compat

LOGGER = "alembic.autogenerate"


class Package:
    """One of the two packages, by its import name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.autogenerate = import_module(f"{name}.autogenerate")
        self.ops = import_module(f"{name}.operations.ops")
        self.operations = import_module(f"{name}.operations")
        self.migration = import_module(f"{name}.runtime.migration")

    def context(self, connection: sa.Connection, opts: dict[str, Any]) -> Any:
        """Return a configured migration context."""
        return self.migration.MigrationContext.configure(connection, opts=opts)

    def execute(self, context: Any, body: str, **names: Any) -> None:
        """Run the body of a function of a revision file.

        names: what it may use beside `op`, SQLAlchemy and its dialects.
        """
        operations = self.operations.Operations(context)
        names |= {"op": operations, "alembic": SimpleNamespace(op=operations)}
        names |= {"sa": sa, "sqlalchemy": sa}
        names |= {"mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}
        body = textwrap.indent(textwrap.dedent(f"    {body}"), "    ")
        exec(compile(f"def migrate():\n{body}", "<migration>", "exec"), names)
        names["migrate"]()

    def differences(self, context: Any, model: Any) -> Any:
        """Return a script of the differences alone, as hooks get to see it.

        Ours completes them afterwards to a migration that works (`_complete.py`);
        where upstream's does not, that differs.
        """
        api = self.autogenerate.api
        if hasattr(api, "_compared"):
            return api._compared(api.AutogenContext(context, metadata=model))
        return self.autogenerate.produce_migrations(context, model)


@dataclass
class Outcome:
    """What autogenerate made of a pair."""

    diffs: list[str] = field(default_factory=list)
    upgrade: str = ""
    downgrade: str = ""
    imports: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    error: str | None = None
    text: str | None = None
    """Of the error."""
    applied: str | None = None
    """What stopped the upgrade, or the second comparison."""
    remaining: list[str] = field(default_factory=list)


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {_anonymous(record.getMessage())}")


def _anonymous(text: str) -> str:
    """Leave out addresses and the package's own name."""
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    text = re.sub(r"o, p, t, i, o, n, s, .*", _respelled, text)
    return text.replace("alembic_c.", "alembic.")


def _respelled(spelled: re.Match[str]) -> str:
    """Return a text of which upstream lists the characters, as one reason each."""
    return "".join(re.findall(r"(.)(?:, |$)", spelled[0]))


@contextlib.contextmanager
def collected() -> Iterator[tuple[list[str], list[str]]]:
    """Collect log messages and warnings during a block."""
    logger = logging.getLogger(LOGGER)
    collector = _Collector()
    level = logger.level
    logger.addHandler(collector)
    logger.setLevel(logging.INFO)
    warned: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield collector.messages, warned
            warned += sorted(_anonymous(str(each.message)) for each in caught)
    finally:
        logger.removeHandler(collector)
        logger.setLevel(level)


@contextlib.contextmanager
def as_found() -> Iterator[None]:
    """Let our package give all operations as they are found, in upstream's order.

    That they are changed where upstream's cannot be run, and nowhere else, is what
    `differential/test_rest_*.py` are about.
    """
    compare = "alembic_c.autogenerate.compare"
    with (
        mock.patch(f"{compare}.tables.put_in_order"),
        mock.patch(f"{compare}._indexes.leave_needed_indexes"),
    ):
        yield


# --- order --------------------------------------------------------------------------


def _kind(package: Package, directive: Any) -> str:
    """Name the kinds whose order varies with the hash seed in upstream."""
    ops = package.ops
    if isinstance(directive, ops.DropColumnOp):
        return "drop column"
    if isinstance(directive, ops.CreateForeignKeyOp):
        return "add key"
    if isinstance(directive, ops.DropConstraintOp):
        return "drop key" if directive.constraint_type == "foreignkey" else ""
    if isinstance(directive, ops.CreateUniqueConstraintOp):
        return "add unnamed" if directive.constraint_name is None else ""
    return ""


def _settle_runs(package: Package, directives: list[Any]) -> list[Any]:
    """Sort runs of directives whose order means nothing."""
    settled: list[Any] = []
    run: list[Any] = []
    run_kind = ""
    for directive in directives:
        kind = _kind(package, directive)
        if kind != run_kind:
            settled += sorted(run, key=_sort_text)
            run, run_kind = [], kind
        if kind:
            run.append(directive)
        else:
            settled.append(directive)
    return settled + sorted(run, key=_sort_text)


def _sort_text(directive: Any) -> str:
    return describe(directive.to_diff_tuple())


def settle(package: Package, upgrade_ops: Any) -> None:
    """Give directives an order that does not vary with the hash seed."""
    ops = package.ops
    settled: list[Any] = []
    dropped: dict[str, list[Any]] = {}
    pending: list[Any] = []
    drops = {
        (each.schema, each.table_name)
        for each in upgrade_ops.ops
        if isinstance(each, ops.DropTableOp)
    }
    for directive in upgrade_ops.ops:
        if isinstance(directive, ops.ModifyTableOps):
            directive.ops = _settle_runs(package, directive.ops)
            if (directive.schema, directive.table_name) in drops:
                pending.append(directive)
                continue
        elif isinstance(directive, ops.DropTableOp):
            key = f"{directive.schema or ''}.{directive.table_name}"
            dropped[key] = [*pending, directive]
            pending = []
            continue
        settled.append(directive)
    for key in sorted(dropped):
        settled += dropped[key]
    upgrade_ops.ops = settled


# --- description --------------------------------------------------------------------


def describe(thing: Any) -> str:
    """Return a text that is equal for equal schema items, types and tuples of them."""
    if isinstance(thing, (list, tuple)):
        return f"[{', '.join(map(describe, thing))}]"
    if isinstance(thing, dict):
        pairs = sorted((str(key), describe(value)) for key, value in thing.items())
        return f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"
    for kind, how in _DESCRIPTIONS.items():
        if isinstance(thing, kind):
            return how(thing)
    return _anonymous(repr(thing))


def _text_of(expression: Any) -> str:
    try:
        return str(expression)
    except sa.exc.CompileError:
        return repr(expression)


def _table(table: sa.Table) -> str:
    columns = [_column(column) for column in table.c]
    constraints = sorted(describe(each) for each in table.constraints)
    return (
        f"Table({table.schema}.{table.name} {table.comment!r} {columns} {constraints})"
    )


def _column(column: sa.Column[Any]) -> str:
    parts = [
        f"{getattr(column.table, 'name', None)}.{column.name}",
        repr(column.type),
        f"nullable={column.nullable}",
        f"pk={column.primary_key}",
        f"default={describe(column.server_default)}",
        f"comment={column.comment!r}",
    ]
    return f"Column({' '.join(parts)})"


def _default(default: sa.DefaultClause) -> str:
    return f"Default({type(default.arg).__name__} {_text_of(default.arg)})"


def _identity(identity: sa.Identity) -> str:
    names = ("always", "start", "increment", "minvalue", "maxvalue", "cycle")
    return f"Identity({[getattr(identity, name) for name in names]})"


def _foreign_key(key: sa.ForeignKeyConstraint) -> str:
    ends = [(each.parent.name, _target(each)) for each in key.elements]
    options = key.onupdate, key.ondelete, key.deferrable, key.initially, key.match
    return f"ForeignKey({key.name!r} {ends} {options})"


def _target(foreign_key: sa.ForeignKey) -> str:
    return ".".join(filter(None, sqla_compat._fk_target_tokens(foreign_key)))


def _constraint(constraint: sa.Constraint) -> str:
    columns = [each.name for each in getattr(constraint, "columns", ())]
    text = _text_of(getattr(constraint, "sqltext", ""))
    table = getattr(constraint, "table", None)
    return (
        f"{type(constraint).__name__}({constraint.name!r} {columns} {text} "
        f"{getattr(table, 'name', None)} {dict(constraint.dialect_kwargs)})"
    )


def _index(index: sa.Index) -> str:
    elements = [_text_of(each) for each in index.expressions]
    options = {key: _text_of(value) for key, value in index.dialect_kwargs.items()}
    return f"Index({index.name!r} {elements} unique={index.unique} {options})"


_DESCRIPTIONS: dict[type[Any], Callable[[Any], str]] = {
    sa.Table: _table,
    sa.Column: _column,
    sa.DefaultClause: _default,
    sa.Computed: lambda each: f"Computed({_text_of(each.sqltext)} {each.persisted})",
    sa.Identity: _identity,
    sa.ForeignKeyConstraint: _foreign_key,
    sa.Constraint: _constraint,
    sa.Index: _index,
    sa.types.TypeEngine: repr,
    sa.TextClause: lambda each: f"text({_text_of(each)})",
}
