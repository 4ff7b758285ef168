"""Compare check constraints that have a name, by the name and by what they check."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import CheckConstraint

from ..autogenerate._questions import Question
from ..autogenerate._tokens import same_text
from ..ddl._autogen import ComparisonResult
from ..operations import ops
from ..util import PriorityDispatchResult, sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.sql.elements import quoted_name

    from ..autogenerate._questions import TableKey
    from ..autogenerate.api import AutogenContext
    from ..ddl._autogen import _ck_constraint_sig
    from ..operations.ops import ModifyTableOps
    from ..runtime.plugins import Plugin

# Where a reflected constraint has its text as the database gives it.
_CONDITION = "condition"

# What servers name constraints that get none.
_NAMES_BY_SERVER = {
    "postgresql": re.compile(r".*_check\d*", re.DOTALL),
    "mariadb": re.compile(r"CONSTRAINT_\d+"),
    "mysql": re.compile(r"CONSTRAINT_\d+|.*_chk_\d+", re.DOTALL),
}

log = logging.getLogger("alembic.ext.checkconstraint_byname")


class _ModelChecks(NamedTuple):
    """The check constraints of a model's table.

    named: those that have a name, by the one that they have in the database.
    nameless: the others, in any order.
    """

    named: dict[str, _ck_constraint_sig]
    nameless: list[CheckConstraint]


def _compare_check_constraints(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the named check constraints of one table that both sides have."""
    if conn_table is None or metadata_table is None:
        return PriorityDispatchResult.CONTINUE
    try:
        found = _database_checks(autogen_context, schema, tname, conn_table)
    except NotImplementedError:
        return PriorityDispatchResult.CONTINUE
    checks = _model_checks(autogen_context, metadata_table)
    nameless = _named_by_server(
        autogen_context,
        (schema, tname),
        {name: sig.const.info[_CONDITION] for name, sig in found.items()},
        checks,
    )
    wanted = checks.named

    for name in sorted(found.keys() - wanted.keys() - nameless):
        old = found[name]
        if _wanted(autogen_context, old.const, name, True, None):
            modify_table_ops.ops.append(ops.DropConstraintOp.from_constraint(old.const))
            log.info("Detected removed check constraint %r on table %r", name, tname)
    for name in sorted(found.keys() & wanted.keys()):
        _compare_pair(
            autogen_context,
            modify_table_ops,
            (schema, tname),
            found[name],
            wanted[name],
            name,
        )
    for name in sorted(wanted.keys() - found.keys()):
        new = wanted[name]
        if new.name is None:
            continue  # it may be found by a convention's name, and is not added
        if _wanted(autogen_context, new.const, name, False, None):
            modify_table_ops.ops.append(ops.AddConstraintOp.from_constraint(new.const))
            log.info("Detected added check constraint %r on table %r", name, tname)
    return PriorityDispatchResult.CONTINUE


def _wanted(
    autogen_context: AutogenContext,
    constraint: CheckConstraint,
    name: str,
    reflected: bool,
    compare_to: CheckConstraint | None,
) -> bool:
    return autogen_context.run_object_filters(
        constraint, name, "check_constraint", reflected, compare_to
    )


def _compare_pair(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    key: TableKey,
    old: _ck_constraint_sig,
    new: _ck_constraint_sig,
    name: str,
) -> None:
    result = new.compare_to_reflected(old)
    tname = key[1]
    if result.is_equal:
        result = _compare_conditions(autogen_context, key, old, new, name)
    if result.is_different:
        if _wanted(autogen_context, new.const, name, False, old.const):
            log.info(
                "Detected changed check constraint %r on table %r: %s",
                name,
                tname,
                result.message,
            )
            modify_table_ops.ops += [
                ops.DropConstraintOp.from_constraint(old.const),
                ops.AddConstraintOp.from_constraint(new.const),
            ]
    elif result.is_skip:
        log.info(
            "Cannot compare check constraint %r, assuming equal and skipping. %s",
            name,
            result.message,
        )


def _compare_conditions(
    autogen_context: AutogenContext,
    key: TableKey,
    old: _ck_constraint_sig,
    new: _ck_constraint_sig,
    name: str,
) -> ComparisonResult:
    question = _check_question(
        autogen_context, key, name, old.const.info[_CONDITION], new.const
    )
    if question is None:
        return ComparisonResult.Equal()
    answer = autogen_context._expressions.answer(question)
    if answer is None or answer.is_same:
        return ComparisonResult.Equal()
    return ComparisonResult.Different(answer.described())


def _check_question(
    autogen_context: AutogenContext,
    key: TableKey,
    name: str,
    found: str,
    wanted: CheckConstraint,
    number: int = 0,
) -> Question | None:
    """Return what to ask about a constraint, None if its texts are equal.

    found: the database's condition.
    """
    text = sqla_compat._ddl_text(wanted.sqltext, autogen_context.dialect)
    if same_text(found, text):
        return None
    return Question(key, "check", name, wanted, number)


def questions(
    autogen_context: AutogenContext,
    key: TableKey,
    found: Mapping[str, str],
    table: Table,
) -> Iterator[Question]:
    """Yield all that may have to be asked about the constraints of a table.

    found: the database's conditions, by name; table: the model's.
    """
    checks = _model_checks(autogen_context, table)
    named = (
        _check_question(autogen_context, key, name, found[name], sig.const)
        for name, sig in checks.named.items()
        if name in found
    )
    nameless = _nameless_questions(autogen_context, key, found, checks).values()
    yield from filter(None, (*named, *nameless))


def _nameless_questions(
    autogen_context: AutogenContext,
    key: TableKey,
    found: Mapping[str, str],
    checks: _ModelChecks,
) -> dict[tuple[int, str], Question | None]:
    """Return what to ask about the model's constraints that have no name.

    Each of them may be each of the database's that the server has named, unless the
    model has the name; the keys are numbers and names.
    """
    dialect = autogen_context.dialect
    pattern = _NAMES_BY_SERVER.get(dialect.name)
    if pattern is None or not checks.nameless:
        return {}
    unknown = sorted(filter(pattern.fullmatch, found.keys() - checks.named.keys()))
    if not unknown:
        return {}
    nameless = sorted(
        checks.nameless,
        key=lambda check: sqla_compat._ddl_text(check.sqltext, dialect),
    )
    return {
        (number, name): _check_question(
            autogen_context, key, name, found[name], check, number
        )
        for number, check in enumerate(nameless)
        for name in unknown
    }


def _named_by_server(
    autogen_context: AutogenContext,
    key: TableKey,
    found: Mapping[str, str],
    checks: _ModelChecks,
) -> set[str]:
    """Return the names of the database's constraints that have none in the model."""
    asked = _nameless_questions(autogen_context, key, found, checks)
    names: dict[int, str] = {}
    for (number, name), question in asked.items():
        if number not in names and name not in names.values():
            if question is not None:
                answer = autogen_context._expressions.answer(question)
                if answer is None or not answer.is_same:
                    continue
            names[number] = name
    return {*names.values()}


def _database_checks(
    autogen_context: AutogenContext, schema: str | None, tname: str, table: Table
) -> dict[str, _ck_constraint_sig]:
    """Return the database's constraints by name.

    Raises NotImplementedError if the dialect does not report them.
    """
    impl: Any = autogen_context.migration_context.impl
    reflection = autogen_context._reflection_by(autogen_context.inspector)
    checks: dict[str, _ck_constraint_sig] = {}
    for params in reflection.get_check_constraints(tname, schema):
        name = params["name"]
        if name and autogen_context.run_name_filters(
            name, "check_constraint", {"table_name": tname, "schema_name": schema}
        ):
            check = _make_check_constraint(impl, params, table)
            checks[name] = impl._create_reflected_constraint_sig(check)
    return checks


def _make_check_constraint(impl: Any, params: Any, table: Table) -> CheckConstraint:
    """Return a reflected check constraint as an object on the reflected table."""
    constraint = CheckConstraint(
        sqla_compat._without_parameters(params["sqltext"]),
        name=params["name"],
        **impl.adjust_reflected_dialect_options(params, "check_constraint"),
    )
    constraint.info[_CONDITION] = params["sqltext"]
    table.append_constraint(constraint)
    return constraint


def _model_checks(autogen_context: AutogenContext, table: Table) -> _ModelChecks:
    """Return the model's constraints.

    Without those of types that the database has natively, which it does not get.
    """
    impl: Any = autogen_context.migration_context.impl
    checks = _ModelChecks({}, [])
    for check in sqla_compat.all_table_check_constraints(table):
        if sqla_compat._create_rule_allows(check, impl):
            name = sqla_compat._stored_constraint_name(check, impl.dialect)
            if name is None:
                checks.nameless.append(check)
            else:
                checks.named[name] = impl._create_metadata_constraint_sig(check)
    return checks


def setup(plugin: Plugin) -> None:
    """Register the comparator of check constraints."""
    plugin.add_autogenerate_comparator(
        _compare_check_constraints, "table", "checkconstraints"
    )
