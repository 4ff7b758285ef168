"""The reference has everything that the code has, and nothing else."""

from __future__ import annotations

import pytest

from alembic_c import command
from alembic_c._cli import added
from alembic_c._cli import options as vocabulary
from alembic_c._cli.command_line import CommandLine
from tools.site import reference


def test_every_verb_and_every_option_is_there() -> None:
    page = reference.verbs()
    for name, _, parser in reference.parsers():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert section, name
        for action in parser._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or f"`{option}`" in section
    assert {name for name, _, _ in reference.parsers()} == {
        *command.VERBS,
        *added.VERBS,
    }


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
