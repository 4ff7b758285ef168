"""What a database must be capable of for a test of the suite to run.

A dialect's test run subclasses `SuiteRequirements` and redefines what is different.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.testing.requirements import Requirements

from ..util import sqla_compat
from ._sqla import exclusions


def _open(doc: str) -> property:
    """Return a requirement that holds unless a dialect says otherwise."""
    return property(lambda self: exclusions.open(), doc=doc)


def _closed(doc: str) -> property:
    """Return a requirement that a dialect has to say it meets."""
    return property(lambda self: exclusions.closed(), doc=doc)


def _where(
    holds: Callable[[Any], bool], doc: str, reason: str | None = None
) -> property:
    """Return a requirement that is asked of the test run's configuration."""
    return property(lambda self: exclusions.only_if(holds, reason), doc=doc)


def _reflects_unique_constraints(config: Any) -> bool:
    try:
        inspect(config.db).get_unique_constraints("x")
    except (NotImplementedError, TypeError):
        return False
    except Exception:  # noqa: BLE001 - it was tried: the table need not exist
        return True
    return True


class SuiteRequirements(Requirements):
    """The requirements of the suite, with what holds for most databases."""

    # --- the installation

    sqlalchemy_2_1 = _where(
        lambda config: sqla_compat.sqla_2_1,
        "SQLAlchemy 2.1 or newer.",
        "SQLAlchemy 2.1 or greater required",
    )
    sqlalchemy_copies_fk_ck_dialect_kwargs = _where(
        lambda config: sqla_compat.copies_keep_constraint_options,
        "A copied table has the dialects' options of its constraints.",
        "SQLAlchemy 2.0.55 / 2.1.5 or greater required",
    )
    windows = _where(lambda config: sys.platform.startswith("win"), "Windows.")
    asyncio = _where(
        lambda config: find_spec("greenlet") is not None, "Async engines can be used."
    )

    # --- schemas, sequences, comments, transactions

    schemas = _open("There are schemas, one of them named test_schema.")
    sequences = _where(
        lambda config: config.db.dialect.supports_sequences,
        "There are sequences.",
        "no sequence support",
    )
    comments = _where(
        lambda config: config.db.dialect.supports_comments,
        "Tables and columns can have comments.",
    )
    materialized_views = _closed("Asked by SQLAlchemy's fixtures.")
    autocommit_isolation = _closed("AUTOCOMMIT is an isolation level.")
    no_name_normalize = _where(
        lambda config: not config.db.dialect.requires_name_normalize,
        "Names without quotes are reflected as they were written.",
    )

    # --- columns

    alter_column = _open("Columns can be altered.")
    integer_subtype_comparisons = _open("INTEGER and BIGINT compare as different.")
    autoincrement_on_composite_pk = _closed(
        "A column of a composite primary key can count by itself."
    )
    computed_columns = _closed("Columns can be generated.")
    identity_columns = _closed("Columns can be identities.")
    identity_columns_alter = _closed("Identities can be added, changed and dropped.")

    @property
    def computed_columns_warn_no_persisted(self) -> Any:
        """Generated columns that do not say whether they are stored give a warning."""
        return exclusions.only_if("postgresql<18") + exclusions.only_if(
            lambda config: hasattr(
                config.db.dialect, "supports_virtual_generated_columns"
            )
        )

    # --- reflection of constraints

    unique_constraint_reflection = _where(
        _reflects_unique_constraints, "Unique constraints are reflected."
    )
    check_constraint_reflection = _open("CHECK constraints are reflected.")
    check_constraints_w_enforcement = _open("CHECK constraints are enforced.")
    foreign_key_constraint_reflection = _open("Foreign keys are reflected.")
    foreign_key_name_reflection = _open("Names of foreign keys are reflected.")
    reflects_pk_names = _closed("Names of primary keys are reflected.")
    reflects_fk_options = _closed("Options of foreign keys are reflected.")

    @property
    def fk_names(self) -> Any:
        """Another name of `foreign_key_name_reflection`."""
        return self.foreign_key_name_reflection

    # --- options of foreign keys

    foreign_key_match = _open("MATCH is understood.")
    fk_onupdate = _open("ON UPDATE is understood.")
    fk_onupdate_restrict = _open("ON UPDATE RESTRICT is understood.")
    fk_onupdate_is_reflected = _closed("ON UPDATE is reflected.")
    fk_ondelete_restrict = _open("ON DELETE RESTRICT is understood.")
    fk_ondelete_noaction = _open("ON DELETE NO ACTION is understood.")
    fk_ondelete_is_reflected = _closed("ON DELETE is reflected.")
    fk_initially = _closed("INITIALLY is understood and reflected.")
    fk_deferrable = _closed("DEFERRABLE is understood.")
    fk_deferrable_is_reflected = _closed("DEFERRABLE is reflected.")
