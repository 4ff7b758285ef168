"""Run autogenerate of either package on random pairs of schemas."""

from __future__ import annotations

import ast
import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

import tests.support.schema_words
import tests.support.wild_words
from tests.support.autogen import (
    Outcome,
    Package,
    as_found,
    collected,
    describe,
    settle,
)
from tests.support.mariadb import drop_tables
from tests.support.schemas import Pair, Schema, build

SCHEMAS = (None, "test_schema", "Other Schema")


# --- the database -------------------------------------------------------------------


def _is_transactional(connection: sa.Connection) -> bool:
    return connection.dialect.name in ("sqlite", "postgresql")


# What the compiler raises about constructs that it does not foresee.
_REFUSALS = (AssertionError, AttributeError)


@contextlib.contextmanager
def _attempt(connection: sa.Connection) -> Iterator[None]:
    """Let a statement fail without consequences."""
    point = connection.begin_nested() if _is_transactional(connection) else None
    try:
        yield
    except (sa.exc.SQLAlchemyError, LookupError, TypeError, ValueError, *_REFUSALS):
        if point is not None:
            point.rollback()
    else:
        if point is not None:
            point.commit()


def create(connection: sa.Connection, schema: Schema) -> None:
    """Make what the database takes of a schema, table by table if need be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metadata = build(schema)
        whole = False
        with _attempt(connection):
            metadata.create_all(connection)
            whole = True
        if whole:
            return
        if not _is_transactional(connection):
            drop_tables(connection)
        for table in build(schema).sorted_tables:
            indexes = sorted(table.indexes, key=lambda index: str(index.name))
            table.indexes.clear()
            with _attempt(connection):
                table.create(connection)
            for index in indexes:
                with _attempt(connection):
                    index.create(connection)


# --- the environment ----------------------------------------------------------------


def _compare_type(
    context: Any, inspected: Any, metadata: Any, found: Any, wanted: Any
) -> bool | None:
    if isinstance(wanted, sa.String):
        return False
    return True if isinstance(wanted, sa.Date) else None


def _compare_default(
    context: Any, inspected: Any, metadata: Any, found: Any, wanted: Any, rendered: Any
) -> bool | None:
    if isinstance(metadata.type, sa.Numeric):
        return bool(found != rendered)
    return None


def _undecided(*arguments: Any) -> None:
    return None


_COMPARE_TYPE = {"function": _compare_type, "undecided": _undecided}
_COMPARE_DEFAULT = {"function": _compare_default, "undecided": _undecided}


def _render_no(type_: str, thing: Any, autogen_context: Any) -> Any:
    return False


def _render_types(type_: str, thing: Any, autogen_context: Any) -> Any:
    if type_ == "type" and isinstance(thing, sa.Date):
        autogen_context.imports.add("from words import Celsius")
        return "sa.Date()  # by hand".partition("  #")[0]
    if type_ == "server_default" and thing is None:
        return False
    return False


_RENDER_ITEM = {"no": _render_no, "types": _render_types}
_PLUGINS = {
    "no checks": [
        "alembic.autogenerate.*",
        "~alembic.autogenerate.checkconstraint_byname",
    ],
    "no types": ["alembic.autogenerate.*", "~alembic.autogenerate.types"],
}


def with_checks_of_tables(model: sa.MetaData) -> sa.MetaData:
    """Return a model whose columns have given their CHECKs to the tables.

    Upstream leaves out those of columns in new tables (`db/test_column_checks.py`).
    """
    for table in model.tables.values():
        for column in table.columns:
            for check in [*column.constraints]:
                assert isinstance(check, sa.CheckConstraint)
                column.constraints.remove(check)
                table.append_constraint(
                    sa.CheckConstraint(check.sqltext, name=check.name)
                )
    return model


def models_of(pair: Pair) -> Any:
    """Return the model, in two parts at times."""
    first = with_checks_of_tables(build(pair.model))
    if not pair.options.get("several"):
        return first
    second = sa.MetaData()
    sa.Table("of_second", second, sa.Column("id", sa.Integer, primary_key=True))
    return [first, second]


_PREFIXES = {
    "sqlalchemy_module_prefix": "sa.",
    "alembic_module_prefix": "op.",
    "user_module_prefix": None,
}


def options_of(pair: Pair, model: Any) -> dict[str, Any]:
    """Return the options to configure a migration context with."""
    given = pair.options
    opts = {name: given.get(name, usual) for name, usual in _PREFIXES.items()}
    opts |= {name: given[name] for name in ("include_schemas", "render_as_batch")}
    opts["target_metadata"] = model
    opts["compare_type"] = _COMPARE_TYPE.get(
        given["compare_type"], given["compare_type"]
    )
    compare_default = given["compare_server_default"]
    opts["compare_server_default"] = _COMPARE_DEFAULT.get(
        compare_default, compare_default
    )
    if render_item := given.get("render_item"):
        opts["render_item"] = _RENDER_ITEM[render_item]
    if plugins := given.get("plugins"):
        opts["autogenerate_plugins"] = _PLUGINS[plugins]
    if given["filter"] == "include_name":
        opts["include_name"] = lambda name, type_, parents: (
            name in SCHEMAS if type_ == "schema" else name not in pair.hidden
        )
    else:
        opts["include_name"] = lambda name, type_, parents: (
            type_ != "schema" or name in SCHEMAS
        )
    if given["filter"] == "include_object":
        opts["include_object"] = lambda thing, name, type_, reflected, other: (
            name not in pair.hidden and not thing.info.get("skip")
        )
    return opts


# --- running ------------------------------------------------------------------------


def compare(package: Package, connection: sa.Connection, pair: Pair) -> Outcome:
    """Compare the model of a pair with the database behind a connection."""
    outcome = Outcome()
    with collected() as (messages, warned), as_found():
        try:
            model = models_of(pair)
            context = package.context(connection, options_of(pair, model))
            script = package.differences(context, model)
            settle(package, script.upgrade_ops)
            script.downgrade_ops = script.upgrade_ops.reverse()
            diffs = [describe(each) for each in script.upgrade_ops.as_diffs()]
            imports: set[str] = set()
            style = {
                **{
                    name: context.opts[name]
                    for name in (
                        *("sqlalchemy_module_prefix", "alembic_module_prefix"),
                        *("user_module_prefix", "render_as_batch"),
                    )
                },
                "imports": imports,
                "render_item": context.opts.get("render_item"),
                "migration_context": context,
            }
            render = package.autogenerate.render_python_code
            upgrade = render(script.upgrade_ops, **style)
            downgrade = render(script.downgrade_ops, **style)
        except Exception as error:  # noqa: BLE001 - which one is the outcome
            outcome.error, outcome.text = type(error).__name__, str(error)
            return outcome
    # How often a warning is repeated is not shown by default.
    outcome.messages, outcome.warned = sorted(messages), sorted(set(warned))
    outcome.diffs, outcome.imports = diffs, sorted(imports)
    outcome.upgrade, outcome.downgrade = upgrade, downgrade
    return outcome


class _LeaveChecksToTypes(ast.NodeTransformer):
    """Takes from calls the checks that come with the types of columns.

    On SQLAlchemy 2.1 upstream renders them a second and a third time.
    """

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [each for each in node.args if not self._is_one(each)]
        return self.generic_visit(node)

    @staticmethod
    def _is_one(node: ast.expr) -> bool:
        text = ast.unparse(node)
        return ".CheckConstraint(" in text[:30] and " IN (" in text


def canonical(body: str) -> str:
    """Return a function's body as ast.unparse writes it, without checks of types."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(f"def upgrade():\n    {body}\n    pass")
    return ast.unparse(_LeaveChecksToTypes().visit(tree))


def apply(package: Package, connection: sa.Connection, code: str) -> None:
    """Run the body of an upgrade function."""
    words = tests.support.wild_words
    names = {**vars(sa), **vars(words), "words": words, "tests": tests}
    _, _, body = canonical(code).partition("\n")
    package.execute(package.context(connection, {}), body.lstrip(), **names)


def examine(package: Package, connection: sa.Connection, pair: Pair) -> Outcome:
    """Compare, apply the upgrade, and compare again."""
    outcome = compare(package, connection, pair)
    if outcome.error is not None:
        return outcome
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            apply(package, connection, outcome.upgrade)
        again = compare(package, connection, pair)
        outcome.remaining, outcome.applied = again.diffs, again.error
    except Exception as error:  # noqa: BLE001 - which one is the outcome
        outcome.applied, outcome.text = type(error).__name__, str(error)
    return outcome


class Refused(Exception):
    """The database does not take the schema of a pair, such as two of a name."""


def run(package: Package, connection: sa.Connection, pair: Pair) -> Outcome:
    """Make the database of a pair, compare, apply the upgrade, and compare again.

    The connection is in a transaction, which is rolled back.
    Raises Refused if the database cannot be made.
    """
    transaction = connection.begin()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                build(pair.database).create_all(connection)
            except sa.exc.DBAPIError as error:
                raise Refused(str(error)) from error
        return examine(package, connection, pair)
    finally:
        transaction.rollback()
