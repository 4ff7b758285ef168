"""`op.alter_column` on the database itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Integer, String, Table, event
from sqlalchemy.sql import text

from ..fixtures import AlterColRoundTripFixture, TestBase
from ._rows import row


@event.listens_for(Table, "after_parent_attach")
def _add_cols(table: Table, metadata: Any) -> None:
    """Give tables of one name a column, as applications do to all theirs."""
    if table.name == "tbl_with_auto_appended_column":
        table.append_column(Column("bat", Integer))


class BackendAlterColumnTest(AlterColRoundTripFixture, TestBase):
    """Each attribute of a column that can be altered."""

    __backend__ = True

    test_rename_column = row("_run_alter_col", {}, {"name": "newname"})

    test_modify_type_int_str = row(
        "_run_alter_col", {"type": Integer()}, {"type": String(50)}
    )
    test_add_server_default_int = row(
        "_run_alter_col", {"type": Integer}, {"server_default": text("5")}
    )
    test_modify_server_default_int = row(
        "_run_alter_col",
        {"type": Integer, "server_default": text("2")},
        {"server_default": text("5")},
    )
    test_modify_nullable_to_non = row("_run_alter_col", {}, {"nullable": False})
    test_modify_non_nullable_to_nullable = row(
        "_run_alter_col", {"nullable": False}, {"nullable": True}
    )
