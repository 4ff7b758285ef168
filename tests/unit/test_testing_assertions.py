"""`alembic_c.testing.assertions`: what passes, and what is said if it does not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import exc as sa_exc
from sqlalchemy.testing import config as sqla_config

from alembic_c.testing import _sqla, assertions


class Kept(Exception):
    pass


def fail(text: str = "it is broken") -> None:
    raise Kept(text)


def warn_of_a() -> None:
    warnings.warn("a", DeprecationWarning, stacklevel=1)


def fail_while_handling(cause: str) -> None:
    """Raise in a handler: without `from`, `from` the error, or `from None`."""
    try:
        raise KeyError("first")
    except KeyError as first:
        if cause == "none given":
            raise Kept("second")  # noqa: B904 - the subject of the test
        raise Kept("second") from (first if cause == "the first" else None)


def test_the_exception_is_returned() -> None:
    assert str(assertions.assert_raises(Kept, fail)) == "it is broken"
    assert isinstance(assertions.assert_raises_message(Kept, "bro", fail), Kept)
    with assertions.expect_raises(Kept) as raised:
        fail("again")
    assert str(raised.error) == "again"


@pytest.mark.parametrize(
    "check",
    [
        lambda: assertions.assert_raises(Kept, int),
        lambda: assertions.assert_raises(AssertionError, int),
        lambda: assertions.assert_raises_message(Kept, "", int),
    ],
)
def test_no_exception(check: Callable[[], Any]) -> None:
    with pytest.raises(AssertionError, match=r"^Callable did not raise an exception$"):
        check()


def test_another_exception_goes_on() -> None:
    with pytest.raises(Kept, match="it is broken"):
        assertions.assert_raises(KeyError, fail)
    assertions.assert_raises((KeyError, Kept), fail)


@pytest.mark.parametrize(
    ("wanted", "exact", "complaint"),
    [
        ("is bro", False, None),
        (r"^it \w+ broken$", False, None),
        ("it is broken", True, None),
        ("whole", False, "whole !~ it is broken"),
        ("is broken", True, "is broken != it is broken"),
        (".*", True, r"\.\* != it is broken"),
    ],
)
def test_messages(wanted: str, exact: bool, complaint: str | None) -> None:
    def check() -> None:
        with assertions.expect_raises_message(Kept, wanted, text_exact=exact):
            fail()

    if complaint is None:
        check()
    else:
        with pytest.raises(AssertionError, match=complaint):
            check()


@pytest.mark.parametrize("cause", ["the first", "None"])
def test_an_exception_with_a_cause_is_proper(cause: str) -> None:
    assertions.assert_raises(Kept, fail_while_handling, cause)


def test_an_exception_without_a_cause_is_not() -> None:
    cases: list[Callable[..., Any]] = [
        lambda: assertions.assert_raises(Kept, fail_while_handling, "none given"),
        lambda: assertions.assert_raises_message(
            Kept, "second", fail_while_handling, "none given"
        ),
    ]
    for case in cases:
        with pytest.raises(AssertionError, match=r"Kept\('second'\).*KeyError") as info:
            case()
        assert "did not set a cause" in str(info.value)


def test_an_exception_without_a_cause_that_is_allowed() -> None:
    assertions.assert_raises_context_ok(Kept, fail_while_handling, "none given")
    assertions.assert_raises_message_context_ok(
        Kept, "second", fail_while_handling, "none given"
    )
    with pytest.raises(AssertionError):
        assertions.assert_raises_message_context_ok(Kept, "third", fail)


def test_in_a_handler_every_exception_has_a_context() -> None:
    try:
        raise KeyError("around")
    except KeyError:
        assertions.assert_raises(Kept, fail)


def test_as_a_decorator() -> None:
    checked = assertions.expect_raises(Kept)(fail)
    checked()
    with pytest.raises(AssertionError, match="did not raise"):
        assertions.expect_raises(Kept)(int)()


def test_whitespace() -> None:
    assertions.eq_ignore_whitespace(
        "\nCREATE TABLE x (\n      a INTEGER\n  )", " CREATE TABLE x ( a INTEGER )"
    )
    with pytest.raises(AssertionError, match="'a b' != 'a c'"):
        assertions.eq_ignore_whitespace("a  b", "a   c")
    with pytest.raises(AssertionError, match=r"^mine$"):
        assertions.eq_ignore_whitespace("a", "b", "mine")
    with pytest.raises(AssertionError):
        assertions.eq_ignore_whitespace("ab", "a b")


def test_dialects_are_new_and_set_up() -> None:
    assert assertions._get_dialect("default").name == "default"
    assert assertions._get_dialect(None).name == "default"
    assert assertions._get_dialect("mssql").default_schema_name == "dbo"
    postgresql: Any = assertions._get_dialect("postgresql")
    assert (postgresql.name, postgresql.implicit_returning) == ("postgresql", True)
    assert assertions._get_dialect("sqlite") is not assertions._get_dialect("sqlite")


@pytest.mark.parametrize(
    ("expect", "category"),
    [
        (assertions.expect_warnings, UserWarning),
        (assertions.expect_deprecated, DeprecationWarning),
        (assertions.expect_sqlalchemy_deprecated, sa_exc.SADeprecationWarning),
    ],
)
def test_warnings(expect: Callable[..., Any], category: type[Warning]) -> None:
    with expect("an? old"):
        warnings.warn("an old way", category, stacklevel=1)
    with expect():
        warnings.warn("anything", category, stacklevel=1)
    unseen = expect("an old")
    unseen.__enter__()
    with pytest.raises(AssertionError, match="Warnings were not seen: 'an old'"):
        unseen.__exit__(None, None, None)
    with expect("an old", assert_=False):
        pass
    with pytest.warns(category, match="a new way"), expect("an old", assert_=False):
        warnings.warn("a new way", category, stacklevel=1)


def test_warnings_of_other_categories_go_on() -> None:
    with pytest.warns(UserWarning, match="not dep"), assertions.expect_deprecated():
        warnings.warn("not deprecated", UserWarning, stacklevel=1)


def test_a_test_that_may_warn() -> None:
    @assertions.emits_python_deprecation_warning("an old way", "abc")
    def sum_of(one: int, other: int = 2) -> int:
        warnings.warn("an old way", DeprecationWarning, stacklevel=1)
        return one + other

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sum_of(1) == 3
    assert sum_of.__name__ == "sum_of"
    # One letter of a pattern is no pattern.
    other = assertions.emits_python_deprecation_warning("abc")(warn_of_a)
    with pytest.warns(DeprecationWarning, match="a"):
        other()


def test_the_private_names_of_sqlalchemys_testing_package_are_there() -> None:
    dialect = assertions._get_dialect("sqlite")
    assert hasattr(dialect, "_user_defined_max_identifier_length")
    assert callable(_sqla.assertions._expect_warnings)
    assert hasattr(sqla_config, "requirements")
    assert callable(_sqla.drop_all_tables)


def test_the_limit_of_identifiers_is_put_back() -> None:
    dialect: Any = assertions._get_dialect("postgresql")
    names = ("max_identifier_length", "_user_defined_max_identifier_length")
    before = [getattr(dialect, name) for name in names]
    with _sqla.identifier_limit(dialect, 30):
        assert [getattr(dialect, name) for name in names] == [30, 30]
    assert [getattr(dialect, name) for name in names] == before
    with pytest.raises(Kept), _sqla.identifier_limit(dialect, 30):
        fail()
    assert [getattr(dialect, name) for name in names] == before
    with _sqla.identifier_limit(dialect, None):
        assert [getattr(dialect, name) for name in names] == before
