"""What autogenerate compares: constraints, indexes, types, identities, defaults.

A signature wraps one constraint or index, from the metadata or from the database, and
says what identifies it.  Signatures of two sides are matched by name or by content,
then compared by the dialect's implementation.

A type is compared by the text that DDL has for it, which is taken apart into words and
arguments: `VARCHAR(50) COLLATE x` is the type `varchar`, the words `collate x` and the
argument `50`.  The parts are compared leniently, because databases report types in more
words or fewer than DDL needs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
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

from sqlalchemy import (
    CheckConstraint,
    DefaultClause,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
)
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
        """Schema, table and columns of both ends; the default schema is None."""
        default = self.impl.dialect.default_schema_name
        return (
            None if self.source_schema == default else self.source_schema,
            self.source_table,
            tuple(self.source_columns),
            None if self.target_schema == default else self.target_schema,
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


# --- types ---------------------------------------------------------------------------

# A parenthesised argument list, or a word; quotes and dots only separate.
_PIECES = re.compile(r"\((?P<arguments>.+?)\)|(?P<word>[\w-]+)")


class Params(NamedTuple):
    """The parts of a type's text.

    token0: the first word; tokens: the other words; args: the positional arguments of
    the last parenthesis; kwargs: its arguments of the form name=value.
    """

    token0: str
    tokens: list[str]
    args: list[str]
    kwargs: dict[str, str]


def tokenize(definition: str) -> Params:
    """Take a type's text apart, in lower case.

    A name without any letter, which only a type of the user's has, is one word.
    Raises ValueError for an argument with two "=".
    """
    words: list[str] = []
    arguments: list[str] = []
    for piece in _PIECES.finditer(definition.lower()):
        if piece["word"]:
            words.append(piece["word"])
        else:
            inside = piece["arguments"].strip("()")
            arguments = [part.strip() for part in inside.split(",")]
    named = [part.split("=") for part in arguments if "=" in part]
    positional = [part for part in arguments if "=" not in part]
    if not words:
        words.append(definition.lower())
    return Params(words[0], words[1:], positional, dict(named))


def names_match(
    inspected: Params, declared: Params, synonyms: Iterable[set[str]]
) -> bool:
    """Return whether both have the same name, or names that mean the same."""
    if inspected.token0 == declared.token0:
        return True
    folded = [{name.lower() for name in group} for group in synonyms]
    short = {inspected.token0, declared.token0}
    long = {" ".join((one.token0, *one.tokens)) for one in (inspected, declared)}
    return any(names <= group for group in folded for names in (long, short))


def arguments_match(
    inspected: Params, declared: Params, extract: Sequence[str]
) -> bool:
    """Return whether no argument that both have says that the types differ.

    extract: regular expressions with one group, searched in the words; where both
        sides have a match, the groups have to be equal.
    """
    for ours, theirs in (
        (inspected.tokens, declared.tokens),
        (inspected.args, declared.args),
    ):
        if len(ours) == len(theirs) and ours != theirs:
            return False
    here, there = " ".join(inspected.tokens), " ".join(declared.tokens)
    for pattern in extract:
        found = re.search(pattern, here), re.search(pattern, there)
        if found[0] and found[1] and found[0][1] != found[1][1]:
            return False
    return True


# --- identities ----------------------------------------------------------------------


class IdentityDifference(NamedTuple):
    """How the identity of a column in the metadata differs from the database's.

    changed: the options that the metadata asks for otherwise; ignored: those that only
    the database has, which no migration changes; altered: whether to do anything.
    """

    changed: set[str]
    ignored: set[str]
    altered: bool


def compare_identities(
    declared: Identity | None, existing: Identity | None, skip: Collection[str]
) -> IdentityDifference:
    """Compare the options of two identities, None for a column without one.

    skip: the options that do not matter.
    """
    for identity in (declared, existing):
        assert identity is None or isinstance(identity, Identity), (
            f"{identity!r} is no identity: drop the default or the identity first"
        )
    wanted, found = (
        sqla_compat._get_identity_options_dict(identity, dialect_kwargs=True)
        for identity in (declared, existing)
    )
    # ALWAYS is off unless it is asked for, whether by False or by None.
    always = bool(wanted.pop("always", False)), bool(found.pop("always", False))
    differing = {
        option
        for option in {*wanted, *found}
        if wanted.get(option) != found.get(option)
    }
    ignored = {option for option in differing if wanted.get(option) is None}
    changed = {each for each in differing - ignored if not _is_skipped(each, skip)}
    if always[0] != always[1]:
        changed.add("always")
    one_sided = (declared is None) != (existing is None)
    return IdentityDifference(changed, ignored, bool(changed) or one_sided)


def _is_skipped(option: str, skip: Collection[str]) -> bool:
    """Return whether an option does not matter, alone or as a dialect's argument."""
    return option in skip or option.partition("_")[2] in skip


# --- defaults -----------------------------------------------------------------------


def is_plain_string(server_default: Any) -> TypeGuard[DefaultClause]:
    """Return whether a model's default is a string, which is a value and not SQL."""
    return isinstance(server_default, DefaultClause) and isinstance(
        server_default.arg, str
    )
