"""Compare the server defaults of columns: plain ones, computed and identity."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Computed, DefaultClause, FetchedValue, Identity

from ... import util
from ...util import DispatchPriority, PriorityDispatchResult, sqla_compat
from .._questions import Question
from .._tokens import same_text

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import quoted_name

    from ...operations.ops import AlterColumnOp
    from ...runtime.plugins import Plugin
    from .._questions import TableKey
    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.server_defaults")

CONTINUE = PriorityDispatchResult.CONTINUE
STOP = PriorityDispatchResult.STOP


def _render_server_default_for_compare(
    metadata_default: Any, autogen_context: AutogenContext
) -> str | None:
    """Return a model's default as text, or None if it has no text.

    A plain string is a value, not SQL, and is returned as it is.
    """
    if isinstance(metadata_default, DefaultClause):
        metadata_default = metadata_default.arg
        if not isinstance(metadata_default, str):
            dialect: Any = autogen_context.dialect
            compiler: SQLCompiler = dialect.ddl_compiler(dialect, None).sql_compiler
            return compiler.process(metadata_default, literal_binds=True)
    return metadata_default if isinstance(metadata_default, str) else None


def _reflected_text(default: Any) -> str | None:
    """Return the SQL text of a reflected default, None for computed and identity."""
    if not isinstance(default, DefaultClause):
        return None
    arg: Any = default.arg
    text: str = arg.text
    return text


def _is_only_a_promise(default: Any) -> bool:
    """Return whether a model says no more than that something sets the column.

    That is FetchedValue: a trigger may do it, or a default that others look after.
    """
    return isinstance(default, FetchedValue) and not isinstance(
        default, (Computed, DefaultClause, Identity)
    )


def _default_changed(
    alter_column_op: AlterColumnOp, metadata_col: Column[Any]
) -> PriorityDispatchResult:
    alter_column_op.modify_server_default = metadata_col.server_default
    return STOP


def _user_compare_server_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Let the option `compare_server_default` decide: off, on, or a function."""
    there: Any = conn_col.server_default
    if there is None and metadata_col.server_default is None:
        return CONTINUE
    alter_column_op.existing_server_default = there
    context = autogen_context.migration_context
    decide = context._user_compare_server_default
    if not callable(decide):
        return STOP if decide is False else CONTINUE
    verdict = decide(
        context,
        conn_col,
        metadata_col,
        _reflected_text(there),
        metadata_col.server_default,
        _render_server_default_for_compare(
            metadata_col.server_default, autogen_context
        ),
    )
    if verdict:
        log.info(
            "User defined function %s detected server default on column '%s.%s'",
            decide,
            tname,
            cname,
        )
        return _default_changed(alter_column_op, metadata_col)
    return STOP if verdict is False else CONTINUE


def _compare_computed_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Warn if a generated column differs: no database can alter the expression."""
    sides = conn_col.server_default, metadata_col.server_default
    if not any(isinstance(side, Computed) for side in sides):
        return CONTINUE
    if all(isinstance(side, Computed) for side in sides):
        key = schema, tname
        question = generated_question(autogen_context, key, conn_col, metadata_col)
        if question is None:
            return STOP
        answer = autogen_context._expressions.answer(question)
        if answer is not None and answer.is_same:
            return STOP
        is_different = answer is not None
    else:
        is_different = True
    impl = autogen_context.migration_context.impl
    there, here = (
        impl._normalize_computed_default(
            str(side.sqltext) if isinstance(side, Computed) else ""
        )
        for side in sides
    )
    if is_different or there != here:
        util.warn(f"Computed default on {tname}.{cname} cannot be modified")
    return STOP


def generated_question(
    autogen_context: AutogenContext,
    key: TableKey,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> Question | None:
    """Return what to ask about two generated columns, None if their texts are equal."""
    there: Any = conn_col.server_default
    here: Any = metadata_col.server_default
    wanted = sqla_compat._ddl_text(here.sqltext, autogen_context.dialect)
    if same_text(str(there.sqltext), wanted):
        return None
    return Question(key, "generated", metadata_col.name, metadata_col)


def default_question(
    autogen_context: AutogenContext,
    key: TableKey,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> Question | None:
    """Return what to ask about two defaults, None if their texts say enough."""
    there: Any = conn_col.server_default
    here: Any = metadata_col.server_default
    impl = autogen_context.migration_context.impl
    if not isinstance(here, DefaultClause):
        return None
    if not isinstance(there, DefaultClause) and (
        there is not None or not impl._may_hide_defaults
    ):
        return None
    declared = _render_server_default_for_compare(here, autogen_context)
    known = impl._compare_default_texts(
        conn_col, metadata_col, declared, _reflected_text(there)
    )
    if known is not None:
        return None
    return Question(key, "default", metadata_col.name, metadata_col)


def _compare_identity_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Compare identity columns: one that begins or ceases to be, and its options."""
    there: Any = conn_col.server_default
    here: Any = metadata_col.server_default
    sides = there, here
    if not any(isinstance(side, Identity) for side in sides):
        return CONTINUE
    if any(side is not None and not isinstance(side, Identity) for side in sides):
        # An identity column against a default of another kind.
        return _default_changed(alter_column_op, metadata_col)
    impl = autogen_context.migration_context.impl
    options, _, altered = impl._compare_identity_default(here, there)
    if options:
        log.info(
            "Detected server default on column '%s.%s': identity options attributes %s",
            tname,
            cname,
            sorted(options),
        )
    if not altered:
        return CONTINUE
    _default_changed(alter_column_op, metadata_col)
    # As upstream: where no option differs, as when a plain identity begins or ceases to
    # be, autoincrement is looked at too.
    return STOP if options else CONTINUE


def _setup_autoincrement(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Note for ALTER statements of MySQL whether the column counts by itself."""
    counting = sqla_compat._autoincrement_column(metadata_col.table)
    if metadata_col.autoincrement is True or counting is metadata_col:
        alter_column_op.kw["autoincrement"] = True
    elif metadata_col.autoincrement is False:
        alter_column_op.kw["autoincrement"] = False
    return CONTINUE


def _dialect_impl_compare_server_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Let the dialect compare."""
    there: Any = conn_col.server_default
    here: Any = metadata_col.server_default
    if there is None and here is None:
        return CONTINUE
    alter_column_op.existing_server_default = there
    if _is_only_a_promise(here):
        return CONTINUE
    impl = autogen_context.migration_context.impl
    expressions = autogen_context._expressions
    question = (
        default_question(autogen_context, (schema, tname), conn_col, metadata_col)
        if expressions.can_ask
        else None
    )
    answer = None if question is None else expressions.answer(question)
    if answer is not None:
        is_different = not answer.is_same
    else:
        is_different = impl.compare_server_default(
            conn_col,
            metadata_col,
            _render_server_default_for_compare(here, autogen_context),
            _reflected_text(there),
        )
    if not is_different:
        return CONTINUE
    log.info(
        "Dialect impl %s detected server default on column '%s.%s'", impl, tname, cname
    )
    return _default_changed(alter_column_op, metadata_col)


def setup(plugin: Plugin) -> None:
    """Register the comparators of server defaults, which form one group."""
    comparators = (
        (_user_compare_server_default, DispatchPriority.FIRST),
        (_compare_computed_default, DispatchPriority.MEDIUM),
        (_compare_identity_default, DispatchPriority.MEDIUM),
        (_setup_autoincrement, DispatchPriority.MEDIUM),
        (_dialect_impl_compare_server_default, DispatchPriority.LAST),
    )
    for comparator, priority in comparators:
        plugin.add_autogenerate_comparator(
            comparator, "column", "server_default", priority=priority
        )
