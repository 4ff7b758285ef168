"""Migration environments for tests: a directory that is made and thrown away."""

from __future__ import annotations

import logging
import os
import py_compile
import shutil
import textwrap
from collections.abc import Mapping
from importlib.machinery import BYTECODE_SUFFIXES
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Literal

from .. import command, util
from ..config import Config
from ..script import Script, ScriptDirectory
from . import util as testing_util
from ._ini import ini, section
from ._sqla import engines, provision

# How much of an environment is left with compiled files only.
_Sourceless = Literal["simple", "pep3147_envonly", "pep3147_everything"]

# --- the directory -----------------------------------------------------------------


def _get_staging_directory() -> str:
    """Return the directory of this process, relative to the current one."""
    follower = provision.FOLLOWER_IDENT
    return f"scratch_{follower}" if follower else "scratch"


def _join_path(base: str, *more: str) -> str:
    """Join with slashes, which configuration files and URLs take on each system."""
    return Path(base, *more).as_posix()


def _scripts_directory() -> str:
    return _join_path(_get_staging_directory(), "scripts")


def _script_path(name: str) -> Path:
    return Path(_scripts_directory(), name)


def _drop_compiled(source: str | os.PathLike[str]) -> None:
    """Remove what Python compiled a file to, which is as old as the new file may be."""
    compiled = util.pyc_file_from_path(source)
    if compiled is not None:
        compiled.unlink()


def staging_env(
    create: bool = True,
    template: str = "generic",
    sourceless: _Sourceless | Literal[False] = False,
) -> ScriptDirectory:
    """Return the script directory of this process's staging directory.

    create: whether to make it, from `template`; it must not be there then.
    sourceless: whether to leave only the compiled `env.py`, and where: "simple" beside
        the source, the others in `__pycache__`.
    Logging is put aside until `clear_staging_env`, so that what `env.py` configures
    ends with the test.
    """
    _replace_logger()
    config = _testing_config()
    if create:
        scripts = _scripts_directory()
        assert not os.path.exists(scripts), (
            f"staging directory {scripts} already exists; poor cleanup?"
        )
        command.init(config, scripts, template=template)
        if sourceless:
            assert sourceless in _PYC_STYLES, sourceless
            make_sourceless(_script_path("env.py"), _PYC_STYLES[sourceless])
    return ScriptDirectory.from_config(config)


def clear_staging_env() -> None:
    """Close the run's connections, remove the directory and give logging back."""
    engines.testing_reaper.close_all()
    shutil.rmtree(_get_staging_directory(), ignore_errors=True)
    _restore_logger()


# --- logging -----------------------------------------------------------------------

_restore_log: tuple[logging.RootLogger, logging.Manager] | None = None


def _use_loggers(root: logging.RootLogger, manager: logging.Manager) -> None:
    logging.root = root
    logging.Logger.root = root
    logging.Logger.manager = manager


def _replace_logger() -> None:
    """Give the process a new tree of loggers, unless it has one."""
    global _restore_log
    if _restore_log is None:
        _restore_log = (logging.root, logging.Logger.manager)
        root = logging.RootLogger(logging.WARNING)
        _use_loggers(root, logging.Manager(root))


def _restore_logger() -> None:
    """Give the process the loggers back that it had."""
    global _restore_log
    if _restore_log is not None:
        _use_loggers(*_restore_log)
        _restore_log = None


# --- files in it -------------------------------------------------------------------


def script_file_fixture(txt: str) -> None:
    """Write `script.py.mako`."""
    _script_path("script.py.mako").write_text(txt, encoding="utf-8")


def env_file_fixture(txt: str) -> None:
    """Write `env.py`: `txt` after the import of `context`, and `config`."""
    env = _script_path("env.py")
    _drop_compiled(env)
    head = "\nfrom alembic import context\n\nconfig = context.config\n"
    env.write_text(head + txt, encoding="utf-8")


_PYC_STYLES = {
    "simple": "simple",
    "pep3147_envonly": "pep3147",
    "pep3147_everything": "pep3147",
}


def make_sourceless(path: str | os.PathLike[str], style: str) -> None:
    """Leave the compiled form of a Python file only.

    style: "pep3147" for `__pycache__`, "simple" for a file beside the source.
    """
    assert style in ("pep3147", "simple"), style
    source = Path(path)
    _drop_compiled(source)
    beside = str(source.with_suffix(BYTECODE_SUFFIXES[0]))
    target = beside if style == "simple" else cache_from_source(str(source))
    py_compile.compile(str(source), cfile=target, doraise=True)
    source.unlink()


def write_script(
    scriptdir: ScriptDirectory,
    rev_id: str,
    content: str,
    encoding: str = "ascii",
    sourceless: _Sourceless | bool = False,
) -> None:
    """Rewrite the file of a revision, and read it again.

    content: the whole file; indentation that all its lines have is taken off.
    sourceless: whether to leave only the compiled file, as in `staging_env`.
    Raises ValueError if the new file has another down revision.
    """
    old = scriptdir.revision_map.get_revision(rev_id)
    assert isinstance(old, Script), rev_id
    path = Path(old.path)
    path.write_bytes(textwrap.dedent(content).encode(encoding))
    _drop_compiled(path)

    script = Script._from_path(scriptdir, path)
    assert script is not None, f"{path} is no revision file"
    known = scriptdir.revision_map.get_revision(script.revision)
    if known is None or known.down_revision != script.down_revision:
        raise ValueError("Can't change down_revision on a refresh operation.")
    scriptdir.revision_map.add_revision(script, _replace=True)
    if sourceless:
        everything = sourceless == "pep3147_everything"
        make_sourceless(path, "pep3147" if everything else "simple")


# --- revisions ---------------------------------------------------------------------

_REVISION = """\
# coding: utf-8
"{title}"
revision = '{revision}'
down_revision = {down_revision!r}

from alembic import op


def upgrade():
    op.execute("CREATE STEP {step}")


def downgrade():
    op.execute("DROP STEP {step}")
"""


def _add_step(
    scripts: ScriptDirectory,
    parent: str | None,
    message: str,
    step: int,
    title: str,
    splice: bool = False,
) -> str:
    """Add a revision that executes `CREATE STEP n` and, downwards, `DROP STEP n`."""
    revision = util.rev_id()
    scripts.generate_revision(
        revision, message, refresh=True, head=parent or "base", splice=splice
    )
    text = _REVISION.format(
        title=title, revision=revision, down_revision=parent, step=step
    )
    write_script(scripts, revision, text, encoding="utf-8")
    return revision


def three_rev_fixture(cfg: Config) -> tuple[str, str, str]:
    """Write three revisions, each on top of the one before, and return their ids.

    The docstring of the second is not ASCII, and has a percent sign.
    """
    scripts = ScriptDirectory.from_config(cfg)
    a = _add_step(scripts, None, "revision a", 1, "Rev A")
    b = _add_step(scripts, a, "revision b", 2, "Rev B, méil, %3")
    c = _add_step(scripts, b, "revision c", 3, "Rev C")
    return a, b, c


def multi_heads_fixture(cfg: Config, a: str, b: str, c: str) -> tuple[str, str, str]:
    """Give the revisions of `three_rev_fixture` two more heads; return the new ids.

    a: base; b: on `a`; c: a head on `b`.  New are d on b, e on d, and f on b.
    """
    scripts = ScriptDirectory.from_config(cfg)
    d = _add_step(scripts, b, "revision d from b", 4, "Rev D", splice=True)
    e = _add_step(scripts, d, "revision e from d", 5, "Rev E", splice=True)
    f = _add_step(scripts, b, "revision f from b", 6, "Rev F", splice=True)
    return d, e, f


# --- configurations ----------------------------------------------------------------


def _sqlite_url(file: str = "foo.db") -> str:
    return f"sqlite:///{_scripts_directory()}/{file}"


def _sqlite_file_db(
    tempname: str = "foo.db",
    scope: str | None = None,
    **options: Any,
) -> Any:
    """Return an engine for a SQLite file in the scripts' directory.

    scope: until when it lives; see SQLAlchemy's `testing_engine`.
    options: arguments of `create_engine`.
    """
    if scope:
        options["scope"] = scope
    return testing_util.testing_engine(url=_sqlite_url(tempname), options=options)


def _testing_config() -> Config:
    """Return a configuration that is in the staging directory; its files may lack."""
    staging = Path(_get_staging_directory())
    staging.mkdir(exist_ok=True)
    return Config(
        _join_path(str(staging), "test_alembic.ini"),
        _join_path(str(staging), "pyproject.toml"),
    )


def _write_config_file(text: str) -> Config:
    """Write the ini file and return its configuration."""
    config = _testing_config()
    assert config.config_file_name is not None
    Path(config.config_file_name).write_text(text)
    return config


def _write_toml_config(tomltext: str, initext: str) -> Config:
    """Write the TOML file and the ini file and return their configuration."""
    config = _write_config_file(initext)
    assert config.toml_file_name is not None
    Path(config.toml_file_name).write_text(tomltext)
    return config


def _alembic_section(
    url: str | None = None, directives: str = "", **settings: object
) -> str:
    """Return `[alembic]` with the scripts' directory; None leaves a setting out."""
    known = {"script_location": _scripts_directory(), "sqlalchemy.url": url}
    given = {k: v for k, v in {**known, **settings}.items() if v is not None}
    return section("alembic", given, directives)


def _sqlite_testing_config(sourceless: _Sourceless | bool = False) -> Config:
    """Return the configuration for `foo.db`, whose statements are logged.

    sourceless: whether revision files may be compiled ones only.
    """
    text = _alembic_section(_sqlite_url(), sourceless=bool(sourceless))
    return _write_config_file(ini(text, sql_logger=True))


def _multi_dir_testing_config(
    sourceless: _Sourceless | bool = False, extra_version_location: str = ""
) -> Config:
    """Return the configuration for `foo.db` with three version directories.

    sourceless: whether revision files may be compiled ones only.
    extra_version_location: one more, or several with blanks between them.
    """
    locations = [f"%(here)s/model{number}/" for number in (1, 2, 3)]
    text = _alembic_section(
        _sqlite_url(),
        sourceless=bool(sourceless),
        path_separator="space",
        version_locations=" ".join([*locations, extra_version_location]),
    )
    return _write_config_file(ini(text))


def _no_sql_testing_config(dialect: str = "postgresql", directives: str = "") -> Config:
    """Return a configuration whose URL has no host: it cannot connect by accident.

    directives: more lines of `[alembic]`.
    """
    text = _alembic_section(f"{dialect}://", textwrap.dedent(directives))
    return _write_config_file(ini(text))


def _no_sql_pyproject_config(
    dialect: str = "postgresql", directives: str = ""
) -> Config:
    """As `_no_sql_testing_config`, with the scripts' directory in pyproject.toml.

    directives: more lines of `[tool.alembic]`.
    """
    location = {"script_location": f'"{_scripts_directory()}"'}
    return _write_toml_config(
        section("tool.alembic", location, textwrap.dedent(directives)),
        ini(section("alembic", {"sqlalchemy.url": f"{dialect}://"})),
    )


def _multidb_testing_config(engines: Mapping[str, Any]) -> Config:
    """Return a configuration for the template "multidb".

    engines: name of the database -> its engine.
    """
    databases = ", ".join(engines)
    own = [
        section(name, {"sqlalchemy.url": engine.url})
        for name, engine in engines.items()
    ]
    text = _alembic_section(sourceless=False, databases=databases)
    return _write_config_file(ini(text, *own))
