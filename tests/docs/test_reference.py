"""The reference has everything that the code has, and nothing else."""

from __future__ import annotations

import re

import pytest

from alembic_c import command
from alembic_c._cli import added, examples
from alembic_c._cli import options as vocabulary
from alembic_c._cli.command_line import CommandLine
from alembic_c.runtime._timeouts import Limits
from tools.site import reference


def test_every_verb_and_every_option_is_there() -> None:
    page = reference.verbs()
    for name, _, parser in reference.parsers():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert section, name
        for action in parser._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or f"`{option}`" in section
        for arguments, _ in examples.COMMANDS[name]:
            assert f"`alembic {arguments}`" in section
    assert {name for name, _, _ in reference.parsers()} == {
        *command.VERBS,
        *added.VERBS,
    }


def test_an_argument_has_words_and_its_default_is_as_it_is_typed() -> None:
    page = reference.verbs()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for row in rows:
        assert not row.endswith("|  |"), row
        assert not any("\\" in code for code in row.split("`")[1::2]), row
    upgrade = page.partition("\n## upgrade\n")[2].partition("\n## ")[0]
    own = upgrade.partition("| not in Alembic |")
    assert "`--sql`" in own[0]
    assert "`--plan`" in own[2]
    assert "[--plan]" in own[0]


@pytest.mark.parametrize("option", vocabulary.PROGRAM_OPTIONS, ids=str)
def test_the_options_of_the_program_are_there(option: tuple[object, ...]) -> None:
    for flag in option[:-1]:
        assert f"`{flag}`" in reference.verbs()


def test_reading_the_parser_changes_nothing_for_the_next_one() -> None:
    before = CommandLine("alembic").parser.format_help()
    reference.verbs()
    assert CommandLine("alembic").parser.format_help() == before


def test_every_setting_of_the_code_is_told_of_and_no_other() -> None:
    assert set(reference.SETTINGS) == reference.settings_of_the_code()


def test_every_variable_of_the_code_is_told_of_and_no_other() -> None:
    others = {"EDITOR", "VISUAL"}
    assert set(reference.VARIABLES) - others == reference.variables_of_the_code()


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("script/write_hooks.py", reference.HOOKS),
        ("script/upgrade_hooks.py", reference.UPGRADE_HOOKS),
    ],
)
def test_every_option_of_a_hook_is_told_of_and_no_other(
    module: str, told: dict[str, str]
) -> None:
    # The commands take the type of a write hook.
    found = reference.hook_options_of_the_code(module) | {"type"}
    assert found == set(told)


def test_what_a_revision_and_pytest_may_set_is_told_of() -> None:
    assert set(reference.OF_REVISIONS) == set(Limits._fields)
    plugin = (reference.PACKAGE / "pytest.py").read_text("utf-8")
    assert set(reference.OF_PYTEST) == set(re.findall(r'addini\(\s*"(\w+)"', plugin))
    for name in (*reference.OF_REVISIONS, *reference.OF_PYTEST):
        assert f"`{name}`" in reference.settings()


def test_the_api_tells_of_no_members_of_exceptions() -> None:
    page = reference.api()
    inherited = [line for line in page.splitlines() if ":inherited-members:" in line]
    assert inherited
    assert all("BaseException" in line for line in inherited)
