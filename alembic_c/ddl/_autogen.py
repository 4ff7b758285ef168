"""Signatures of constraints and indexes, by which autogenerate matches them.

A signature wraps one constraint, from the metadata or from the database, and says
what identifies it.  Signatures of two sides are matched by name or by content, then
compared by the dialect's implementation.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    TypeGuard,
    TypeVar,
    Union,
)

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.schema import Constraint

from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from .impl import DefaultImpl

CompareConstraintType = Union[Constraint, Index]  # noqa: UP007 - used at run time
_C = TypeVar("_C", bound=CompareConstraintType)


class _HasDialect(Protocol):
    @property
    def dialect(self) -> Dialect | None: ...


class ComparisonResult(NamedTuple):
    """What came of comparing two constraints; `message` says why."""

    status: Literal["equal", "different", "skip"]
    message: str

    @property
    def is_equal(self) -> bool:
        """Whether there is nothing to do."""
        return self.status == "equal"

    @property
    def is_different(self) -> bool:
        """Whether the constraint has to be made anew."""
        return self.status == "different"

    @property
    def is_skip(self) -> bool:
        """Whether the two could not be compared."""
        return self.status == "skip"

    @classmethod
    def Equal(cls) -> ComparisonResult:
        """Return the result for two that are equal."""
        return cls("equal", "The two constraints are equal")

    @classmethod
    def Different(cls, reason: str | Sequence[str]) -> ComparisonResult:
        """Return the result for two that differ, for one reason or several."""
        return cls("different", _joined(reason))

    @classmethod
    def Skip(cls, reason: str | Sequence[str]) -> ComparisonResult:
        """Return the result for two that cannot be compared."""
        return cls("skip", _joined(reason))


def _joined(reason: str | Sequence[str]) -> str:
    return reason if isinstance(reason, str) else ", ".join(reason)


# By SQLAlchemy's name for the kind of item, which subclasses inherit.
_clsreg: dict[str, type[_constraint_sig[Any]]] = {}
# A check constraint has several such names, by where it is written.
_CHECKS = (
    "check_constraint",
    "table_or_column_check_constraint",
    "column_check_constraint",
)


class _constraint_sig(Generic[_C]):
    """Base of the signatures; equal when name and content are."""

    const: _C
    name: str | None

    _is_index: ClassVar[bool] = False
    _is_fk: ClassVar[bool] = False
    _is_uq: ClassVar[bool] = False
    _is_ck: ClassVar[bool] = False

    def __init_subclass__(cls, kinds: Sequence[str] = (), **kw: Any) -> None:
        super().__init_subclass__(**kw)
        _clsreg.update(dict.fromkeys(kinds, cls))

    def __init__(self, is_metadata: bool, impl: DefaultImpl, const: _C) -> None:
        self._is_metadata = is_metadata
        self.impl = impl
        self.const = const
        self.name = sqla_compat.constraint_name_or_none(const.name)

    @classmethod
    def from_constraint(
        cls, is_metadata: bool, impl: DefaultImpl, constraint: _C
    ) -> _constraint_sig[_C]:
        """Return the signature of an index or a constraint of any kind.

        Raises KeyError for kinds that are not compared.
        """
        return _clsreg[constraint.__visit_name__](is_metadata, impl, constraint)

    def compare_to_reflected(self, other: _constraint_sig[Any]) -> ComparisonResult:
        """Compare this, from the metadata, with the database's of the same kind."""
        assert type(self) is type(other)
        assert self.impl is other.impl
        assert self._is_metadata
        assert not other._is_metadata
        return self._compare_to_reflected(other)

    def _compare_to_reflected(self, other: _constraint_sig[_C]) -> ComparisonResult:
        raise NotImplementedError

    def md_name_to_sql_name(self, context: _HasDialect) -> str | None:
        """Return the name as DDL would have it; None if there is none."""
        return sqla_compat._get_constraint_final_name(self.const, context.dialect)

    @cached_property
    def is_named(self) -> bool:
        """Whether DDL would give a name."""
        return sqla_compat._constraint_is_named(self.const, self.impl.dialect)

    @property
    def unnamed(self) -> tuple[Any, ...]:
        """What identifies it when names are left out."""
        raise NotImplementedError

    @property
    def unnamed_no_options(self) -> tuple[Any, ...]:
        """What identifies it when names and options are left out."""
        raise NotImplementedError

    @cached_property
    def _full_sig(self) -> tuple[Any, ...]:
        return (self.name, *self.unnamed)

    def __eq__(self, other: object) -> bool:
        return bool(self._full_sig == other._full_sig)  # type: ignore[attr-defined]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._full_sig)


class _uq_constraint_sig(
    _constraint_sig[UniqueConstraint], kinds=["unique_constraint"]
):
    _is_uq = True
    is_unique = True

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns, in the order of the constraint."""
        return tuple(_names(self.const.columns))

    @cached_property
    def unnamed(self) -> tuple[str, ...]:
        """The columns in alphabetical order: uniqueness knows no other."""
        return tuple(sorted(_names(self.const.columns)))

    def _compare_to_reflected(
        self, other: _constraint_sig[UniqueConstraint]
    ) -> ComparisonResult:
        return self.impl.compare_unique_constraint(self.const, other.const)


class _ix_constraint_sig(_constraint_sig[Index], kinds=["index"]):
    _is_index = True
    is_named = True

    name: str

    def __init__(self, is_metadata: bool, impl: DefaultImpl, const: Index) -> None:
        super().__init__(is_metadata, impl, const)
        self.is_unique = bool(const.unique)

    @cached_property
    def has_expressions(self) -> bool:
        """Whether an element is more than a column."""
        return sqla_compat.is_expression_index(self.const)

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The columns inside the elements."""
        return tuple(_names(self.const.columns))

    @cached_property
    def column_names_optional(self) -> tuple[str | None, ...]:
        """The name of each element, None for what has none."""
        return tuple(
            getattr(element, "name", None) for element in self.const.expressions
        )

    @cached_property
    def unnamed(self) -> tuple[Any, ...]:
        """Uniqueness and elements."""
        return (self.is_unique, *self.column_names_optional)

    def _compare_to_reflected(self, other: _constraint_sig[Index]) -> ComparisonResult:
        return self.impl.compare_indexes(self.const, other.const)


class _fk_constraint_sig(
    _constraint_sig[ForeignKeyConstraint], kinds=["foreign_key_constraint"]
):
    _is_fk = True

    def __init__(
        self, is_metadata: bool, impl: DefaultImpl, const: ForeignKeyConstraint
    ) -> None:
        super().__init__(is_metadata, impl, const)
        (
            self.source_schema,
            self.source_table,
            self.source_columns,
            self.target_schema,
            self.target_table,
            self.target_columns,
            onupdate,
            ondelete,
            deferrable,
            initially,
        ) = sqla_compat._fk_spec(const)
        self._options = (
            _action(onupdate),
            _action(ondelete),
            _deferrability(deferrable, initially),
        )

    @cached_property
    def unnamed(self) -> tuple[Any, ...]:
        """Both ends, then ON UPDATE, ON DELETE and deferrability."""
        return (*self.unnamed_no_options, *self._options)

    @cached_property
    def unnamed_no_options(self) -> tuple[Any, ...]:
        """Schema, table and columns of both ends."""
        return (
            self.source_schema,
            self.source_table,
            tuple(self.source_columns),
            self.target_schema,
            self.target_table,
            tuple(self.target_columns),
        )


class _ck_constraint_sig(_constraint_sig[CheckConstraint], kinds=_CHECKS):
    _is_ck = True

    @cached_property
    def unnamed(self) -> tuple[str | None]:
        """The name alone: texts of conditions cannot be compared."""
        return (self.name,)

    def _compare_to_reflected(
        self, other: _constraint_sig[CheckConstraint]
    ) -> ComparisonResult:
        return self.impl.compare_check_constraint(self.const, other.const)


def _names(columns: Any) -> list[str]:
    return [column.name for column in columns]


def _action(action: str | None) -> str | None:
    """Return a referential action as it compares: NO ACTION is the default."""
    folded = action.lower() if action else None
    return None if folded == "no action" else folded


def _deferrability(deferrable: bool | None, initially: str | None) -> str:
    if initially and initially.lower() == "deferred":
        return "initially_deferrable"
    return "deferrable" if deferrable else "not deferrable"


def is_index_sig(sig: _constraint_sig[Any]) -> TypeGuard[_ix_constraint_sig]:
    """Return whether this is an index's signature."""
    return sig._is_index


def is_uq_sig(sig: _constraint_sig[Any]) -> TypeGuard[_uq_constraint_sig]:
    """Return whether this is a unique constraint's signature."""
    return sig._is_uq


def is_ck_sig(sig: _constraint_sig[Any]) -> TypeGuard[_ck_constraint_sig]:
    """Return whether this is a check constraint's signature."""
    return sig._is_ck


def is_fk_sig(sig: _constraint_sig[Any]) -> TypeGuard[_fk_constraint_sig]:
    """Return whether this is a foreign key's signature."""
    return sig._is_fk
