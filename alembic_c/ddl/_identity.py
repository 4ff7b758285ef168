"""Comparison of identity columns."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Identity

from ..util import sqla_compat


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
