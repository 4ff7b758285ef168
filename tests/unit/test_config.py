"""Configuration from ini and TOML files."""

from __future__ import annotations

import configparser
import io
import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alembic_c.config import Config, ConfigFileError
from alembic_c.util import CommandError


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def ini(text: str, name: str = "a.ini", **kw: object) -> Config:
    Path(name).write_text(text)
    return Config(name, **kw)  # type: ignore[arg-type]


def toml(text: str, **kw: object) -> Config:
    Path("pyproject.toml").write_text(text)
    return Config(toml_file="pyproject.toml", **kw)  # type: ignore[arg-type]


class TestLookup:
    def test_the_ini_file_is_asked_first(self) -> None:
        Path("pyproject.toml").write_text('[tool.alembic]\na = "toml"\nb = "toml"\n')
        Path("a.ini").write_text("[alembic]\na = ini\n")
        config = Config("a.ini", toml_file="pyproject.toml")
        assert config.get_alembic_option("a") == "ini"
        assert config.get_alembic_option("b") == "toml"
        assert config.get_alembic_option("c") is None
        assert config.get_alembic_option("c", "d") == "d"
        config.set_main_option("b", "set")
        assert config.get_alembic_option("b") == "set"
        config.remove_main_option("b")
        assert config.get_alembic_option("b") == "toml"

    def test_here_is_the_directory_of_each_file(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        Path("sub/pyproject.toml").write_text('[tool.alembic]\nt = "%(here)s/x"\n')
        config = ini("[alembic]\ni = %(here)s/y\n", toml_file="sub/pyproject.toml")
        assert config.get_alembic_option("i") == f"{tmp_path.as_posix()}/y"
        assert config.get_alembic_option("t") == f"{tmp_path.as_posix()}/sub/x"

    def test_toml_types(self) -> None:
        config = toml(
            "[tool.alembic]\nyes = true\nn = 3\nlist = ['%(here)s', 'b%%']\n"
            "table = {a = 'x'}\nempty = []\nfloat = 1.5\nmixed = ['a', 1]\n"
            "bad = '%(nope)s'\n"
        )
        get: Callable[[str], Any] = config.get_alembic_option
        assert get("yes") is True
        assert get("n") == 3
        assert get("list") == [Path.cwd().as_posix(), "b%"]
        assert get("table") == {"a": "x"}
        assert get("empty") == []
        for name in ("float", "mixed"):
            with pytest.raises(CommandError, match=f"unsupported.*key: '{name}'"):
                get(name)
        with pytest.raises(CommandError, match=r"pyproject.toml.*'bad'.*nope"):
            get("bad")

    def test_booleans(self) -> None:
        config = ini("[alembic]\na = true\nb = TRUE\nc = yes\n")
        answers = [config.get_alembic_boolean_option(name) for name in "abcd"]
        assert answers == [True, False, False, False]
        config = toml("[tool.alembic]\na = true\nb = false\nc = 'true'\n")
        assert config.get_alembic_boolean_option("a") is True
        assert config.get_alembic_boolean_option("b") is False
        with pytest.raises(CommandError, match="boolean value expected for TOML"):
            config.get_alembic_boolean_option("c")

    def test_sections(self) -> None:
        config = ini("[alembic]\n[other]\nk = v\n")
        assert config.get_section("other") == {"here": Path.cwd().as_posix(), "k": "v"}
        assert config.get_section("none") is None
        assert config.get_section("none", {"d": "e"}) == {"d": "e"}
        assert config.get_section_option("other", "x", "y") == "y"
        message = r"No config file 'a.ini' found, or file has no '\[none\]' section"
        with pytest.raises(CommandError, match=message):
            config.get_section_option("none", "x")

    def test_without_a_file_there_is_an_empty_main_section(self) -> None:
        config = Config()
        assert config.get_main_option("x") is None
        assert config.get_section("alembic") == {"here": "."}
        assert config._config_file_path is None
        assert config._toml_file_path is None

    def test_arguments_are_copied(self) -> None:
        arguments, attributes = {"x": "1"}, {"a": 1}
        config = ini(
            "[alembic]\nk = %(x)s\n", config_args=arguments, attributes=attributes
        )
        assert config.get_main_option("k") == "1"
        config.attributes["b"] = 2
        assert arguments == {"x": "1"}
        assert attributes == {"a": 1}


class TestHooks:
    def test_from_the_ini_file(self) -> None:
        config = ini(
            "[alembic]\n[post_write_hooks]\nhooks = black, ruff\n"
            "black.type = console_scripts\nruff.type = exec\nruffian.type = no\n"
        )
        assert config.get_hooks_list() == [
            {"type": "console_scripts", "_hook_name": "black"},
            {"type": "exec", "_hook_name": "ruff"},
        ]

    def test_from_toml_if_the_ini_file_has_no_section_for_them(self) -> None:
        text = "[[tool.alembic.post_write_hooks]]\nname = 'h'\ntype = '%(here)s'\n"
        expected = [{"type": Path.cwd().as_posix(), "_hook_name": "h"}]
        assert toml(text).get_hooks_list() == expected
        Path("a.ini").write_text("[alembic]\n[post_write_hooks]\n")
        config = Config("a.ini", toml_file="pyproject.toml")
        assert config.get_hooks_list() == []

    def test_a_hook_without_a_name(self) -> None:
        config = toml("[[tool.alembic.post_write_hooks]]\ntype = 'exec'\n")
        with pytest.raises(CommandError, match="a table with a 'name'"):
            config.get_hooks_list()


class TestBrokenFiles:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("x = 1\n", "a.ini, line 1: no section header"),
            ("[alembic]\n\nwhat is this\n", "a.ini, line 3: neither an option"),
            ("[alembic]\na = 1\na = 2\n", "a.ini, line 3: option 'a'"),
            ("[alembic]\n[alembic]\n", "a.ini, line 2: section 'alembic'"),
            ("[alembic]\nx = %(y)s\n", "a.ini: .*'x' in section 'alembic'"),
            ("[alembic]\nx = 50%\n", "a.ini: .*a percent sign is written %%"),
        ],
    )
    def test_ini(self, text: str, expected: str) -> None:
        with pytest.raises(ConfigFileError, match=expected) as caught:
            ini(text).get_main_option("x")
        assert isinstance(caught.value, configparser.Error)

    def test_ini_in_another_encoding(self) -> None:
        Path("a.ini").write_bytes(b"[alembic]\n" + b"# x\n" * 9000 + b"x = \xff\n")
        with pytest.raises(ConfigFileError, match=r"a\.ini, line 9002: not utf-8 text"):
            Config("a.ini").get_main_option("x")

    def test_toml(self) -> None:
        message = r"pyproject.toml: .*line 2, column \d"
        with pytest.raises(ConfigFileError, match=message):
            toml("[tool.alembic]\nx = = 1\n").get_alembic_option("x")

    @pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nalembic = 'x'\n"])
    def test_toml_of_another_shape(self, text: str) -> None:
        with pytest.raises(CommandError, match="Incorrect TOML format"):
            toml(text).get_alembic_option("x")

    def test_a_directory_is_no_file(self) -> None:
        Path("d").mkdir()
        with pytest.raises(CommandError, match="Can't read the config file 'd'"):
            Config("d").get_main_option("x")
        with pytest.raises(CommandError, match="Can't read the config file 'd'"):
            Config(toml_file="d").get_alembic_option("x")


def test_stdout_takes_formats_only_with_arguments() -> None:
    out = io.StringIO()
    config = Config(stdout=out)
    config.print_stdout("100%")
    config.print_stdout("%s and %s", "a", "b")
    assert out.getvalue() == "100%\na and b\n"
    Config(stdout=out, cmd_opts=Namespace(quiet=True)).print_stdout("no")
    assert out.getvalue() == "100%\na and b\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("path_separator = ;", ";"), ("path_separator = os", os.pathsep), ("x = y", None)],
)
def test_separator_as_flask_alembic_asks_for_it(
    tmp_path: Path, text: str, expected: str | None
) -> None:
    (tmp_path / "alembic.ini").write_text(f"[alembic]\n{text}\n")
    config = Config(tmp_path / "alembic.ini")
    assert config._get_file_separator_char("path_separator") == expected


def test_an_unknown_separator() -> None:
    message = "^'x' is not a valid value for path_separator; expected 'space'"
    config = ini("[alembic]\npath_separator = x\nversion_locations = a b\n")
    with pytest.raises(ConfigFileError, match=message) as caught:
        config.get_version_locations_list()
    # What upstream raises.
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", ["version_locations", "prepend_sys_path"])
def test_paths_in_toml(name: str) -> None:
    def paths(value: str) -> list[str] | None:
        config = toml(f"[tool.alembic]\n{name} = {value}\n")
        read = {
            "version_locations": config.get_version_locations_list,
            "prepend_sys_path": config.get_prepend_sys_paths_list,
        }
        return read[name]()

    here = Path.cwd().as_posix()
    assert paths("['a', '%(here)s/b']") == ["a", f"{here}/b"]
    assert paths("'%(here)s/src'") == [f"{here}/src"]
    assert paths("[]") == paths("''") == []
    for wrong in ("5", "true", "{a = 'b'}", "[['a']]", "[{a = 'b'}]"):
        with pytest.raises(ConfigFileError, match=rf"pyproject\.toml: '{name}' in"):
            paths(wrong)


def test_a_file_is_opened_even_if_it_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Programs whose tests replace `open` rely on it."""
    monkeypatch.setattr(
        "builtins.open", lambda *_, **__: io.StringIO("[alembic]\na = b\n")
    )
    assert Config("nowhere.ini").get_main_option("a") == "b"


def test_a_mark_of_utf_8_is_no_part_of_the_file(tmp_path: Path) -> None:
    """Upstream ends with MissingSectionHeaderError."""
    path = tmp_path / "alembic.ini"
    path.write_bytes(b"\xef\xbb\xbf[alembic]\nscript_location = caf\xc3\xa9\n")
    assert Config(str(path)).get_main_option("script_location") == "caf\xe9"
