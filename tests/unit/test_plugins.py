"""Plugins: choosing them by name, and setting up those that are installed."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alembic_c.runtime import plugins
from alembic_c.runtime.plugins import Plugin
from alembic_c.util import CommandError, PriorityDispatcher, PriorityDispatchResult


@pytest.fixture(autouse=True)
def no_other_plugins() -> Iterator[None]:
    saved = dict(plugins._all_plugins)
    plugins._all_plugins.clear()
    yield
    plugins._all_plugins.clear()
    plugins._all_plugins.update(saved)


def called(*expressions: str) -> list[str]:
    """Return the names of the plugins that the expressions choose, in order."""
    calls: list[str] = []
    for name, plugin in plugins._all_plugins.items():
        plugin.autogenerate_comparators = PriorityDispatcher()

        def note(name: str = name) -> PriorityDispatchResult:
            calls.append(name)
            return PriorityDispatchResult.CONTINUE

        plugin.add_autogenerate_comparator(note, "target")
    comparators = PriorityDispatcher()
    Plugin.populate_autogenerate_priority_dispatch(comparators, list(expressions))
    comparators.dispatch("target")()
    return calls


@pytest.mark.parametrize(
    ("expressions", "chosen"),
    [
        (["a.one"], ["a.one"]),
        (["a.*"], ["a.one", "a.two.deep"]),
        (["*"], ["b.one", "a.one", "a.two.deep"]),
        (["*.one"], ["b.one", "a.one"]),
        (["a.*", "~a.two.*"], ["a.one"]),
        (["~b.*", "*"], ["a.one", "a.two.deep"]),
        (["a.one", "a.*"], ["a.one", "a.two.deep"]),
        ([], []),
    ],
)
def test_choice_keeps_the_order_of_registration(
    expressions: list[str], chosen: list[str]
) -> None:
    for name in ("b.one", "a.one", "a.two.deep"):
        Plugin(name)
    assert called(*expressions) == chosen


def test_expressions_that_choose_nothing_are_named() -> None:
    Plugin("a.one")
    with pytest.raises(CommandError) as error:
        called("a.*", "b.*", "c", "~d")
    assert str(error.value) == "Did not locate plugins: b.*, c"


def test_expression_whose_plugins_are_all_left_out_chooses_nothing() -> None:
    Plugin("a.one")
    with pytest.raises(CommandError, match=r"Did not locate plugins: a\.one"):
        called("a.one", "~a.*")


@pytest.mark.parametrize("expression", ["", "a..b", "a*", "a.", " a", "~~a", "a\n"])
def test_text_that_is_no_expression(expression: str) -> None:
    with pytest.raises(ValueError, match="Invalid plugin expression"):
        plugins._make_re(expression)


def test_registration_is_logged_under_upstreams_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "alembic.runtime.plugins")
    Plugin("a.one")
    called("a.one")
    assert caplog.record_tuples == [
        ("alembic.runtime.plugins", logging.DEBUG, "setup plugin a.one"),
        (
            "alembic.runtime.plugins",
            logging.DEBUG,
            "setting up autogenerate plugin a.one",
        ),
    ]


def install_plugin(site: Path, module: str, source: str) -> None:
    """Lay a distribution that announces one plugin into a directory."""
    (site / f"{module}.py").write_text(source)
    info = site / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1")
    (info / "entry_points.txt").write_text(
        f"[alembic.plugins]\nthird.party = {module}\n"
    )


def run_python(site: Path, program: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(site)!r})\n{program}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_installed_plugin_comes_after_the_built_in_ones(tmp_path: Path) -> None:
    install_plugin(
        tmp_path, "party", "def setup(plugin):\n    print('set up', plugin.name)\n"
    )
    printed = run_python(
        tmp_path,
        "from alembic_c import _bootstrap\n"
        "from alembic_c.runtime.plugins import _all_plugins\n"
        "_bootstrap.ensure(); _bootstrap.ensure()\n"
        "print(*_all_plugins)",
    )
    first, second = printed.splitlines()
    assert first == "set up third.party"
    assert second.split() == [
        "alembic.autogenerate.schemas",
        "alembic.autogenerate.tables",
        "alembic.autogenerate.types",
        "alembic.autogenerate.constraints",
        "alembic.autogenerate.defaults",
        "alembic.autogenerate.comments",
        "alembic.ext.checkconstraint_byname",
        "alembic_c.enums",
        "third.party",
    ]


def test_failing_plugin_fails_each_time_for_its_own_reason(tmp_path: Path) -> None:
    install_plugin(
        tmp_path, "party", "def setup(plugin):\n    raise KeyError('no licence')\n"
    )
    printed = run_python(
        tmp_path,
        "from alembic_c import _bootstrap\n"
        "for _ in range(2):\n"
        "    try: _bootstrap.ensure()\n"
        "    except KeyError as error: print(error)",
    )
    assert printed == "'no licence'\n'no licence'\n"


def test_setup_may_need_the_registrations_itself(tmp_path: Path) -> None:
    install_plugin(
        tmp_path,
        "party",
        "from alembic_c.migration import MigrationContext\n"
        "def setup(plugin):\n"
        "    context = MigrationContext.configure(dialect_name='sqlite')\n"
        "    print(type(context.impl).__name__)\n",
    )
    assert run_python(
        tmp_path, "from alembic_c import _bootstrap; _bootstrap.ensure()"
    ) == ("SQLiteImpl\n")
