"""The commands as functions: what upstream's own tests do not look at."""

from __future__ import annotations

import io
import os
from pathlib import Path
from unittest import mock

import pytest

from alembic_c import command
from alembic_c.config import Config
from alembic_c.util import CommandError, compat


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def made() -> list[str]:
    return sorted(str(p) for p in Path().rglob("*") if p.is_file())


class TestInit:
    def test_an_environment_that_works_at_once(self) -> None:
        config = Config("alembic.ini")
        command.init(config, "migrations")
        assert made() == [
            "alembic.ini",
            "migrations/README",
            "migrations/env.py",
            "migrations/script.py.mako",
        ]
        assert os.path.isdir("migrations/versions")
        out = io.StringIO()
        command.history(Config("alembic.ini", stdout=out))
        assert out.getvalue() == ""

    def test_the_options_are_where_the_template_says(self) -> None:
        config = Config("conf.ini", toml_file="pyproject.toml")
        command.init(config, "migrations", template="pyproject_async")
        table = compat.tomllib.loads(Path("pyproject.toml").read_text())
        assert table["tool"]["alembic"]["script_location"] == "%(here)s/migrations"
        assert config.get_alembic_option("script_location") == (
            f"{Path.cwd().as_posix()}/migrations"
        )

    def test_an_empty_directory_is_taken(self) -> None:
        os.mkdir("migrations")
        command.init(Config("alembic.ini"), "migrations")
        assert "migrations/env.py" in made()

    @pytest.mark.parametrize("link", [False, True])
    def test_files_of_the_user_are_left_alone(self, link: bool) -> None:
        Path("alembic.ini").write_text("[alembic]\nmine = yes\n")
        if link:
            os.rename("alembic.ini", "real.ini")
            os.symlink("real.ini", "alembic.ini")
        Path("pyproject.toml").write_text("[project]\nname = 'x'")
        config = Config("alembic.ini", toml_file="pyproject.toml")
        command.init(config, "migrations", template="pyproject")
        assert Path("alembic.ini").read_text() == "[alembic]\nmine = yes\n"
        toml = Path("pyproject.toml").read_text()
        assert toml.startswith("[project]\nname = 'x'\n\n[tool.alembic]\n")
        command.init(config, "again", template="pyproject")
        assert Path("pyproject.toml").read_text() == toml

    @pytest.mark.parametrize(
        ("directory", "template", "config", "message"),
        [
            ("taken", "generic", Config("a.ini"), "taken already exists and is not"),
            ("file", "generic", Config("a.ini"), "file is not a directory"),
            ("new", "nope", Config("a.ini"), "No such template .*nope"),
            ("new", "", Config("a.ini"), "No such template "),
            ("new", "pyproject", Config("a.ini", toml_file="file"), "file: Exp"),
            ("new", "generic", Config("no/a.ini"), "Can't write no/a.ini"),
            ("new", "generic", Config(), "needs the path of a file for its alembic"),
            ("new", "pyproject", Config("a.ini"), "for its pyproject.toml"),
        ],
    )
    def test_what_cannot_work_writes_nothing(
        self, directory: str, template: str, config: Config, message: str
    ) -> None:
        os.mkdir("taken")
        Path("taken/x").touch()
        Path("file").write_text("[tool")
        with pytest.raises(CommandError, match=message):
            command.init(config, directory, template=template)
        assert made() == ["file", "taken/x"]
        assert not os.path.exists("new")

    def test_a_config_file_below_the_new_directory(self) -> None:
        command.init(Config("new/a.ini"), "new")
        assert "new/a.ini" in made()


def test_templates_of_a_subclass() -> None:
    os.makedirs("t/with")
    os.makedirs("t/without")
    Path("t/with/README").write_text("First line.\nSecond line.\n")

    class Own(Config):
        def get_template_directory(self) -> str:
            return "t"

    out = io.StringIO()
    command.list_templates(Own(stdout=out))
    assert out.getvalue().splitlines()[2:3] == ["with - First line."]
    assert "without" not in out.getvalue()


@pytest.fixture
def config() -> Config:
    """Return the configuration of an environment without revisions."""
    made = Config("alembic.ini", stdout=io.StringIO())
    command.init(made, "migrations")
    return made


class TestRanges:
    @pytest.mark.parametrize("rev_range", ["head", "", "a-b"])
    def test_history_needs_a_colon(self, config: Config, rev_range: str) -> None:
        with pytest.raises(CommandError, match=r"History range requires \[start\]"):
            command.history(config, rev_range)

    def test_only_offline(self, config: Config) -> None:
        for move in (command.upgrade, command.downgrade):
            with pytest.raises(CommandError, match="Range revision not allowed"):
                move(config, "a:b")
        message = "downgrade with --sql requires <fromrev>:<torev>"
        with pytest.raises(CommandError, match=message):
            command.downgrade(config, "a", sql=True)

    def test_what_env_py_gets(self, config: Config) -> None:
        with (
            mock.patch("alembic_c.command.EnvironmentContext") as context,
            mock.patch("alembic_c.script.ScriptDirectory.run_env"),
        ):
            command.upgrade(config, "a:b", sql=True, tag="t")
            command.stamp(config, ["a:b", "a:c", "d"], sql=True, purge=True)
            command.stamp(config, "a:b")
        sent = [{**call.kwargs} for call in context.call_args_list]
        for arguments in sent:
            arguments.pop("fn")
        assert sent == [
            {"as_sql": True, "starting_rev": "a", "destination_rev": "b", "tag": "t"},
            {
                "as_sql": True,
                "starting_rev": "a",
                "destination_rev": ("b", "c", "d"),
                "tag": None,
                "purge": True,
            },
            {
                "as_sql": False,
                "starting_rev": None,
                "destination_rev": ("a:b",),
                "tag": None,
                "purge": False,
            },
        ]

    def test_stamping_from_two_starts(self, config: Config) -> None:
        with pytest.raises(CommandError, match="a single starting revision at a time"):
            command.stamp(config, ["a:b", "c:d"], sql=True)


def test_names_that_other_packages_replace(config: Config) -> None:
    from alembic_c import autogenerate
    from alembic_c.runtime.environment import EnvironmentContext

    assert command.EnvironmentContext is EnvironmentContext
    assert command.autogen is autogenerate
    with mock.patch("alembic_c.command.ScriptDirectory") as script:
        script.from_config.return_value.get_heads.return_value = []
        script.from_config.return_value.get_revisions.return_value = ()
        command.heads(config)
        assert script.from_config.call_args == mock.call(config)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        command.nothing  # noqa: B018


def test_branches_come_in_the_order_of_files() -> None:
    config = Config("alembic.ini", stdout=io.StringIO())
    command.init(config, "migrations")
    for number, letter in enumerate("gcaefbd"):
        down = "None" if letter == "g" else "'g'"
        Path(f"migrations/versions/{number}.py").write_text(
            f"revision = {letter!r}\ndown_revision = {down}\n"
        )
    out = io.StringIO()
    command.branches(Config("alembic.ini", stdout=out))
    children = [line.split()[1] for line in out.getvalue().splitlines() if "->" in line]
    assert children == list("caefbd")
