"""How long the statements of migrations may wait for locks, and run.

A statement that waits for a lock on a table has everybody queue behind it who comes to
that table later.  The limits are settings of the session, so that they hold in every
transaction of a step and in its autocommit blocks; what was there is put back.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import util

if TYPE_CHECKING:
    from ..util._config import Config
    from ._steps import RevisionStep, StampStep
    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")


class Limits(NamedTuple):
    """What is wanted; None for what nobody has asked for.

    lock_timeout, statement_timeout: seconds, 0 for no limit.
    lock_retries: how often what has failed for want of a lock is run again.
    """

    lock_timeout: float | None = None
    lock_retries: int | None = None
    statement_timeout: float | None = None


NOTHING = Limits()

_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|min|h|)\s*", re.ASCII)


def _seconds(name: str, value: Any) -> float:
    """Return a duration in seconds.

    Raises CommandError for what is none.
    """
    found = None if isinstance(value, bool) else _DURATION.fullmatch(str(value))
    if found is None:
        raise util.CommandError(
            f"{name} is a duration such as 500ms, 2s or 1min, not {value!r}"
        )
    return float(found[1]) * _UNITS[found[2]]


def _number(name: str, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\s*\d+\s*", str(value), re.ASCII):
        raise util.CommandError(f"{name} is a number, not {value!r}")
    return int(value)


_READERS: dict[str, Callable[[str, Any], float]] = {
    "lock_timeout": _seconds,
    "lock_retries": _number,
    "statement_timeout": _seconds,
}


def _read(given: dict[str, Any]) -> Limits:
    return Limits(
        **{name: _READERS[name](name, value) for name, value in given.items()}  # type: ignore[arg-type]
    )


def limits_of(context: MigrationContext) -> Limits | None:
    """Return what options and configuration say, None if nothing.

    Raises CommandError for a value that cannot be read, and if a database that cannot
    be limited was asked to be by an option or in `configure()`.
    """
    options: Any = context.config and context.config.cmd_opts
    asked = {name: getattr(options, name, None) for name in _READERS}
    if context.as_sql:
        if any(value is not None for value in asked.values()):
            raise util.CommandError(
                "--lock-timeout, --lock-retries and --statement-timeout do not go with "
                "--sql: there is no session that they could limit"
            )
        return None
    if not context._changes_database:
        return None
    configured = _configured(context.config)
    given: dict[str, Any] = {}
    is_explicit = False
    for name, value in asked.items():
        value = context.opts.get(name) if value is None else value
        is_explicit |= value is not None
        value = configured.get(name) if value is None else value
        if value is not None:
            given[name] = value
    if not given:
        return None
    limits = _read(given)
    if "dry_run" in context.opts:
        # It has one transaction, which is rolled back once and for all.
        limits = limits._replace(lock_retries=None)
    if context.dialect.name in _VARIABLES:
        return limits
    message = _refusal(context)
    if is_explicit:
        raise util.CommandError(message)
    log.warning("%s", message)
    return None


def _configured(config: Config | None) -> dict[str, Any]:
    if config is None:
        return {}
    return {
        "lock_timeout": config.get_alembic_option("lock_timeout"),
        "lock_retries": config.get_alembic_option("lock_retries"),
        "statement_timeout": config.get_alembic_option("statement_timeout"),
    }


def _refusal(context: MigrationContext) -> str:
    return (
        "lock_timeout, lock_retries and statement_timeout are for PostgreSQL, MySQL "
        f"and MariaDB, not for {context.dialect.name}"
    )


def limits_of_step(
    context: MigrationContext, step: RevisionStep | StampStep, limits: Limits
) -> Limits:
    """Return the limits of one step: what its module says goes before the run's.

    Raises CommandError for a value that cannot be read.
    """
    module = getattr(getattr(step, "revision", None), "module", None)
    if module is None or context.as_sql:
        return limits
    names = vars(module)
    own = {
        name: names[name]
        for name in _READERS
        if isinstance(names.get(name), str | int | float)
    }
    if not own:
        return limits
    if context.dialect.name not in _VARIABLES:
        log.warning("%s", _refusal(context))
        return limits
    if "dry_run" in context.opts:
        own["lock_retries"] = 0
    return limits._replace(**_read(own)._asdict() | _without(limits, own))


def _without(limits: Limits, own: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in limits._asdict().items() if name not in own}


# --- the settings of a session ------------------------------------------------------


class _Variable(NamedTuple):
    """A setting of the server that holds a limit."""

    limit: str
    name: str
    value: Callable[[float], str]


def _milliseconds(seconds: float) -> str:
    # 0 would be no limit at all.
    return str(max(1, round(seconds * 1000)) if seconds else 0)


def _whole_seconds(seconds: float) -> str:
    # There is no word for "no limit": a year.
    return str(max(1, math.ceil(seconds)) if seconds else 31536000)


def _decimal(seconds: float) -> str:
    return f"{seconds:.6f}"


# https://www.postgresql.org/docs/current/runtime-config-client.html
_POSTGRESQL = (
    _Variable("lock_timeout", "lock_timeout", _milliseconds),
    _Variable("statement_timeout", "statement_timeout", _milliseconds),
)
# Locks on tables, and on rows.
_MYSQL_LOCKS = (
    _Variable("lock_timeout", "lock_wait_timeout", _whole_seconds),
    _Variable("lock_timeout", "innodb_lock_wait_timeout", _whole_seconds),
)
# It stops SELECT alone.
_MYSQL = (
    *_MYSQL_LOCKS,
    _Variable("statement_timeout", "max_execution_time", _milliseconds),
)
# https://mariadb.com/kb/en/aborting-statements/
_MARIADB = (
    *_MYSQL_LOCKS,
    _Variable("statement_timeout", "max_statement_time", _decimal),
)
_VARIABLES = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "mariadb": _MARIADB}


class Timeouts:
    """The limits that a session has, and what it had before.

    context: whose connection it is.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        dialect = context.dialect
        kind = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
        self._kind = kind
        self._variables = _VARIABLES.get(kind, ())
        self._before: dict[str, str] = {}
        # Whether steps are being run.
        self.are_in_use = False

    @property
    def is_set(self) -> bool:
        """Whether there is something to put back."""
        return bool(self._before)

    def apply(self, limits: Limits) -> None:
        """Set what is wanted; what an earlier step has set besides is put back.

        In a transaction it stays in it; without one none is left open.
        """
        wanted: dict[str, str] = {}
        for variable in self._variables:
            seconds = getattr(limits, variable.limit)
            if seconds is not None:
                wanted[variable.name] = variable.value(seconds)
        if not wanted and not self._before:
            return
        if "max_execution_time" in wanted and "max_execution_time" not in self._before:
            log.warning("MySQL's statement timeout stops SELECT statements alone")
        had_transaction = self._context.connection.in_transaction()
        for name in wanted.keys() - self._before.keys():
            self._before[name] = self._get(name)
        for name, value in (self._before | wanted).items():
            self._set(name, value)
        self._leave(had_transaction)

    def restore(self) -> None:
        """Put back what was there; idempotent."""
        if not self._before:
            return
        connection = self._context.connection
        if connection.closed or connection.invalidated:
            return
        had_transaction = connection.in_transaction()
        for name, value in self._before.items():
            self._set(name, value)
        self._leave(had_transaction)

    def _leave(self, had_transaction: bool) -> None:
        connection = self._context.connection
        if not had_transaction and connection.in_transaction():
            connection.commit()

    def _get(self, name: str) -> str:
        ask = "SELECT @@SESSION.{}"
        if self._kind == "postgresql":
            ask = "SELECT pg_catalog.current_setting('{}')"
        return str(self._context.connection.exec_driver_sql(ask.format(name)).scalar())

    def _set(self, name: str, value: str) -> None:
        text = f"SET SESSION {name} = {value}"
        if self._kind == "postgresql":
            text = f"SELECT pg_catalog.set_config('{name}', '{value}', false)"
        self._context.connection.exec_driver_sql(text)
