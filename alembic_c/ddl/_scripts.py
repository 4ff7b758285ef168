"""Offline scripts whose statements a client program separates by a line of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .impl import DefaultImpl

if TYPE_CHECKING:
    from sqlalchemy.engine import CursorResult


class SeparatingImpl(DefaultImpl):
    """Base of the implementations that write a separator behind each statement.

    The option `separator_option` of the migration context replaces `batch_separator`;
    an empty one leaves separators out.
    """

    batch_separator: str
    separator_option: str

    def __init__(self, *arg: Any, **kw: Any) -> None:
        super().__init__(*arg, **kw)
        self.batch_separator = self.context_opts.get(
            self.separator_option, self.batch_separator
        )

    def _exec(self, construct: Any, *args: Any, **kw: Any) -> CursorResult[Any] | None:
        result = super()._exec(construct, *args, **kw)
        self._separate()
        return result

    def _separate(self) -> None:
        if self.as_sql and self.batch_separator:
            self.static_output(self.batch_separator)
