"""The configuration of a migration environment.

Every layer is handed one, so it stands below them all; programs import it from
`alembic_c.config`.  `Config` joins up to two files, an ini file and the table
`[tool.alembic]` of a `pyproject.toml`.  An option is looked up in the ini file first.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
from collections.abc import Mapping
from configparser import ConfigParser
from contextlib import contextmanager

from . import compat
from ._logging import DeferredLogger
from .exc import BrokenFileError, CommandError
from .langhelpers import EMPTY_DICT, immutabledict, memoized_property
from .messaging import warn_deprecated, write_outstream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any, TextIO, overload

    from ._config_types import MessagingOptions

log = DeferredLogger("alembic.config")

PostWriteHookConfig = Mapping[str, str]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_HOOKS = "post_write_hooks"
_BYTE_ORDER_MARK = "\ufeff"
_HAS_MARK = "starts with a byte order mark; save it as UTF-8 without one"
_PATH_SEPARATORS = {"space": " ", "newline": "\n", "os": None, ":": ":", ";": ";"}

# How lists were written before there was `path_separator`.
_LEGACY_LIST = r", *| +"
_LEGACY_OPTION = "version_path_separator"
_LEGACY_PATHS = r", *| +|:"


class ConfigFileError(BrokenFileError, configparser.Error, ValueError):
    """A configuration file does not have the form that it should have.

    The message names the file, and the line where there is one; if it is about an
    option, `place` names both.
    """

    def __init__(self, message: str, place: str | None = None) -> None:
        Exception.__init__(self, message)
        self.message = message
        self.place = place


class Config:
    """What the commands and the environment know about a project.

    file_: path of the ini file, which need not exist.
    toml_file: path of the `pyproject.toml`, which need not exist.
    ini_section: the section of the ini file that holds the main options.
    output_buffer: where offline mode (`--sql`) writes, instead of standard output.
    stdout: where commands print.
    cmd_opts: the parsed command line, if there was one.
    config_args: values for `%(name)s` in both files.
    attributes: anything that the caller hands to `env.py`; copied.
    """

    config_file_name: str | None = None
    """Path of the ini file as given."""

    toml_file_name: str | None = None
    """Path of the `pyproject.toml` as given."""

    config_ini_section: str = None  # type: ignore[assignment]
    """Section of the ini file that holds the main options."""

    cmd_opts: Namespace | None = None
    """The parsed command line; None when the program called the command itself."""

    # Whether a command of the command line is run, not a function by a program.
    _is_command_line = False

    def __init__(
        self,
        file_: str | os.PathLike[str] | None = None,
        toml_file: str | os.PathLike[str] | None = None,
        ini_section: str = "alembic",
        output_buffer: TextIO | None = None,
        stdout: TextIO = sys.stdout,
        cmd_opts: Namespace | None = None,
        config_args: Mapping[str, Any] = EMPTY_DICT,
        attributes: dict[str, Any] | None = None,
    ) -> None:
        self.config_file_name = None if file_ is None else os.fspath(file_)
        self.toml_file_name = None if toml_file is None else os.fspath(toml_file)
        self.config_ini_section = ini_section
        self.output_buffer = output_buffer
        self.stdout = stdout
        self.cmd_opts = cmd_opts
        self.config_args = dict(config_args)
        self.toml_args = dict(config_args)
        if attributes:
            self.attributes.update(attributes)

    @property
    def _config_file_path(self) -> Path | None:
        return _as_path(self.config_file_name)

    @property
    def _toml_file_path(self) -> Path | None:
        return _as_path(self.toml_file_name)

    @memoized_property
    def attributes(self) -> dict[str, Any]:
        """A dictionary for whatever the caller shares with `env.py`."""
        return {}

    def print_stdout(self, text: str, *arg: Any) -> None:
        """Print a line on `self.stdout`.

        text: the line; a `%` format if there are arguments.
        """
        line = str(text) % arg if arg else str(text)
        write_outstream(self.stdout, line, "\n", **self.messaging_opts)

    @memoized_property
    def file_config(self) -> ConfigParser:
        """The ini file, read on first use.

        A file that does not exist is an empty one; without a file name there is an
        empty main section.
        Raises ConfigFileError if the file cannot be understood, CommandError if it
        cannot be read.
        """
        name = self.config_file_name
        self._announce(name)
        self.config_args["here"] = _folder(name) if name else "."
        parser = ConfigParser(self.config_args)
        if not name:
            parser.add_section(self.config_ini_section)
        else:
            # Opened whether it is there or not: tests of others replace `open`.
            with _ini_errors(name):
                was_read = compat.read_config_parser(parser, [name])
            if not was_read and os.path.exists(name):
                raise CommandError(f"Can't read the config file '{name}'")
        return parser

    def _announce(self, name: str | None) -> None:
        if not getattr(self.cmd_opts, "verbose", False):
            return
        if name:
            log.info("Loading config from file: %s", name)
        else:
            log.info("No config file provided; using in-memory default config")

    @memoized_property
    def toml_alembic_config(self) -> Mapping[str, Any]:
        """The table `[tool.alembic]` of the `pyproject.toml`, {} if there is none.

        Raises CommandError if it is no table, ConfigFileError if the file is no TOML.
        """
        name = self.toml_file_name
        if not name or not os.path.exists(name):
            return {}
        self.toml_args["here"] = _folder(name)
        found: Any = _load_toml(name)
        for key in ("tool", "alembic"):
            found = found.get(key, {})
            if not isinstance(found, dict):
                kind = CommandError if key == "alembic" else ConfigFileError
                raise kind("Incorrect TOML format")
        table: Mapping[str, Any] = found
        return table

    def get_template_directory(self) -> str:
        """Return the directory whose subdirectories are the templates for `init`."""
        return os.path.join(_PACKAGE, "templates")

    if TYPE_CHECKING:

        @overload
        def get_section(
            self, name: str, default: None = ...
        ) -> dict[str, str] | None: ...

        @overload
        def get_section(self, name: str, default: dict[str, str]) -> dict[str, str]: ...

        @overload
        def get_section(
            self, name: str, default: Mapping[str, str]
        ) -> dict[str, str] | Mapping[str, str]: ...

    def get_section(
        self, name: str, default: Mapping[str, str] | None = None
    ) -> Mapping[str, str] | None:
        """Return the options of a section of the ini file, those inherited included.

        default: what a section that is not there gives.
        """
        if not self.file_config.has_section(name):
            return default
        with _ini_errors(self.config_file_name):
            return dict(self.file_config.items(name))

    def set_main_option(self, name: str, value: str) -> None:
        """Set an option of the main section, in memory only.

        value: a plain `%` is written `%%`, as in the file.
        """
        self.set_section_option(self.config_ini_section, name, value)

    def remove_main_option(self, name: str) -> None:
        """Forget an option of the main section, in memory only."""
        self.file_config.remove_option(self.config_ini_section, name)

    def set_section_option(self, section: str, name: str, value: str) -> None:
        """Set an option of a section, which is made if need be, in memory only.

        value: a plain `%` is written `%%`, as in the file.
        Raises ValueError if `value` has a plain `%`.
        """
        if not self.file_config.has_section(section):
            self.file_config.add_section(section)
        self.file_config.set(section, name, value)

    def get_section_option(
        self, section: str, name: str, default: str | None = None
    ) -> str | None:
        """Return an option of a section of the ini file.

        default: what an option that is not there gives.
        Raises CommandError if the section is not there.
        """
        if not self.file_config.has_section(section):
            raise CommandError(
                f"No config file {self.config_file_name!r} found, "
                f"or file has no '[{section}]' section"
            )
        if not self.file_config.has_option(section, name):
            return default
        with _ini_errors(self.config_file_name):
            return self.file_config.get(section, name)

    if TYPE_CHECKING:

        @overload
        def get_main_option(self, name: str, default: str) -> str: ...

        @overload
        def get_main_option(
            self, name: str, default: str | None = None
        ) -> str | None: ...

    def get_main_option(self, name: str, default: str | None = None) -> str | None:
        """Return an option of the main section of the ini file.

        default: what an option that is not there gives.
        Raises CommandError if the section is not there.
        """
        return self.get_section_option(self.config_ini_section, name, default)

    if TYPE_CHECKING:

        @overload
        def get_alembic_option(self, name: str, default: str) -> str: ...

        @overload
        def get_alembic_option(
            self, name: str, default: str | None = None
        ) -> str | None: ...

    def get_alembic_option(self, name: str, default: str | None = None) -> Any:
        """Return an option from the ini file's main section or from `[tool.alembic]`.

        default: what an option that is in neither gives.
        Returns a str, or from TOML also a bool, an int, a list or a dict; `%(here)s`
        is replaced in texts, and in the texts of lists and dicts.
        Raises CommandError if the TOML value has another type.
        """
        if self.file_config.has_option(self.config_ini_section, name):
            return self.get_main_option(name)
        return self._toml_option(name, default)

    def _toml_option(self, name: str, default: Any = None) -> Any:
        """Return an option of `[tool.alembic]`, with `%(name)s` replaced."""
        value = self.toml_alembic_config.get(name)
        if value is None:
            return default
        if isinstance(value, int):
            return value
        if isinstance(value, (str, list, dict)):
            return self._interpolated(name, value)
        raise CommandError(f"unsupported TOML value type for key: {name!r}")

    def _interpolated(self, name: str, value: Any) -> Any:
        """Return a TOML text, or a list or table of texts, interpolated.

        Raises ConfigFileError if something in it is no text, or cannot be.
        """
        if isinstance(value, dict):
            return {k: self._interpolated(name, v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._interpolated(name, each) for each in value]
        if not isinstance(value, str):
            raise ConfigFileError(
                f"unsupported TOML value type for key: {name!r}: "
                f"{value!r} should be a string"
            )
        try:
            return value % self.toml_args
        except (KeyError, ValueError, TypeError) as problem:
            raise ConfigFileError(
                f"{self.toml_file_name}: can't interpolate {value!r}, the value of "
                f"{name!r} in [tool.alembic]: {problem}; write % as %%"
            ) from problem

    def _place(self, name: str) -> str:
        """Return an option with the file that it stands in, for messages."""
        if self.file_config.has_option(self.config_ini_section, name):
            file, table = self.config_file_name, self.config_ini_section
        elif name in self.toml_alembic_config:
            file, table = self.toml_file_name, "tool.alembic"
        elif self.file_config.has_section(name):
            return f"{self.config_file_name or 'the configuration'}: [{name}]"
        else:
            return name
        return f"{file or 'the configuration'}: {name!r} in [{table}]"

    def get_alembic_boolean_option(self, name: str) -> bool:
        """Return whether an option is "true" in the ini file, or true in the TOML.

        Raises CommandError if the TOML value is not a boolean.
        """
        if self.file_config.has_option(self.config_ini_section, name):
            return self.get_main_option(name) == "true"
        value = self.toml_alembic_config.get(name, False)
        if not isinstance(value, bool):
            raise CommandError(f"boolean value expected for TOML parameter {name!r}")
        return value

    @memoized_property
    def messaging_opts(self) -> MessagingOptions:
        """Keyword arguments for `util.msg`, `util.status` and their kin."""
        quiet = getattr(self.cmd_opts, "quiet", False)
        return immutabledict({"quiet": quiet})  # type: ignore[return-value]

    def get_version_locations_list(self) -> list[str] | None:
        """Return the option `version_locations` as a list, None if there is none.

        Raises ConfigFileError if it is no list of paths, or the separator is unknown.
        """
        text = self._ini_text("version_locations")
        if not text:
            return self._toml_paths("version_locations")
        separator = self._get_file_separator_char("path_separator", _LEGACY_OPTION)
        if separator is not None:
            return _split(text, separator)
        warn_deprecated(
            "No path_separator found in configuration; falling back to legacy "
            "splitting on spaces/commas for version_locations.  Consider adding "
            "path_separator=os to Alembic config."
        )
        return re.split(_LEGACY_LIST, text)

    def get_prepend_sys_paths_list(self) -> list[str] | None:
        """Return the option `prepend_sys_path` as a list, None if there is none.

        Raises ConfigFileError if it is no list of paths, or the separator is unknown.
        """
        text = self._ini_text("prepend_sys_path")
        if not text:
            return self._toml_paths("prepend_sys_path")
        separator = self._get_file_separator_char("path_separator")
        if separator is not None:
            return _split(text, separator)
        warn_deprecated(
            "No path_separator found in configuration; falling back to legacy "
            "splitting on spaces, commas, and colons for prepend_sys_path.  Consider "
            "adding path_separator=os to Alembic config."
        )
        return re.split(_LEGACY_PATHS, text)

    def _toml_paths(self, name: str) -> list[str] | None:
        """Return a TOML list of paths; a text is a list of one.

        Raises ConfigFileError if it is neither.
        """
        value = self._toml_option(name)
        if isinstance(value, str):
            return [value] if value else []
        is_list = isinstance(value, list) and all(isinstance(v, str) for v in value)
        if value is not None and not is_list:
            raise ConfigFileError(
                f"{self.toml_file_name}: {name!r} in [tool.alembic] should be a list "
                f"of strings, not {value!r}"
            )
        paths: list[str] | None = value
        return paths

    def _ini_text(self, name: str) -> str | None:
        """Return a main option of the ini file; None too if there is no section."""
        if not self.file_config.has_option(self.config_ini_section, name):
            return None
        return self.get_main_option(name)

    # The name is upstream's: Flask-Alembic calls it.
    def _get_file_separator_char(self, *names: str) -> str | None:
        """Return what separates paths in the ini file, None if it does not say so.

        names: of the options to ask, the first one that is there counts.
        Raises ConfigFileError, a ValueError, if it has an unknown value.
        """
        for name in names:
            word = self._ini_text(name)
            if word is None:
                continue
            if name == _LEGACY_OPTION:
                warn_deprecated(
                    "The version_path_separator configuration parameter is "
                    "deprecated; please use path_separator"
                )
            if word not in _PATH_SEPARATORS:
                known = ", ".join(map(repr, _PATH_SEPARATORS))
                raise ConfigFileError(
                    f"'{word}' is not a valid value for {name}; expected {known}",
                    self._place(name),
                )
            return _PATH_SEPARATORS[word] or os.pathsep
        return None

    def get_hooks_list(self) -> list[PostWriteHookConfig]:
        """Return the options of the post-write hooks, in the order to run them.

        The name of each is its value for "_hook_name".
        Raises ConfigFileError if a TOML hook is no table with a name.
        """
        return self.get_hooks_of(_HOOKS)

    def get_hooks_of(self, name: str) -> list[PostWriteHookConfig]:
        """Return the options of the hooks in a section, in the order to run them.

        name: of the section, in TOML of the array of tables.
        Raises ConfigFileError if a TOML hook is no table with a name.
        """
        section = self.get_section(name)
        if section is None:
            return self._toml_hooks(name)
        names = filter(None, re.split(_LEGACY_LIST, section.get("hooks", "")))
        return [
            {**_options_below(f"{hook}.", section), "_hook_name": hook}
            for hook in names
        ]

    def _toml_hooks(self, section: str) -> list[PostWriteHookConfig]:
        tables = self._toml_option(section, [])
        if not isinstance(tables, list):
            tables = [tables]
        hooks: list[PostWriteHookConfig] = []
        for table in tables:
            if not isinstance(table, dict) or "name" not in table:
                raise ConfigFileError(
                    f"{self.toml_file_name}: each [[tool.alembic.{section}]] has to be "
                    "a table with a 'name'"
                )
            options = dict(table)
            name = options.pop("name")
            hooks.append({**options, "_hook_name": name})
        return hooks


def _as_path(name: str | None) -> Path | None:
    if name is None:
        return None
    from pathlib import Path

    return Path(name)


def _folder(name: str) -> str:
    """Return the value of `%(here)s`: a file's absolute directory, with slashes."""
    folder = os.path.join(os.getcwd(), os.path.dirname(name)).replace(os.sep, "/")
    return folder.rstrip("/") or "/"


def _split(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _options_below(prefix: str, section: Mapping[str, str]) -> dict[str, str]:
    """Return the options whose names start with `prefix`, without it."""
    return {
        name.removeprefix(prefix): value
        for name, value in section.items()
        if name.startswith(prefix)
    }


def _load_toml(name: str) -> dict[str, Any]:
    """Parse a TOML file; errors name it."""
    try:
        with open(name, "rb") as stream:
            content: dict[str, Any] = compat.tomllib.load(stream)
            return content
    except OSError as problem:
        raise CommandError(
            f"Can't read the config file '{name}': {problem.strerror}"
        ) from problem
    except UnicodeDecodeError as problem:
        raise ConfigFileError(_describe_encoding(name, problem)) from problem
    except compat.tomllib.TOMLDecodeError as problem:
        with open(name, encoding="utf-8") as text:
            marked = text.read(1) == _BYTE_ORDER_MARK
        complaint = _HAS_MARK if marked else problem
        raise ConfigFileError(f"{name}: {complaint}") from problem


@contextmanager
def _ini_errors(name: str | None) -> Iterator[None]:
    """Turn errors of `configparser` into one that says where to look."""
    try:
        yield
    except UnicodeDecodeError as problem:
        raise ConfigFileError(_describe_encoding(str(name), problem)) from problem
    except configparser.Error as problem:
        raise ConfigFileError(_describe_ini(name, problem)) from problem


def _describe_encoding(name: str, problem: UnicodeDecodeError) -> str:
    with open(name, "rb") as stream:
        content = stream.read()
    line = content.count(b"\n", 0, _position(content, problem)) + 1
    return f"{name}, line {line}: not {problem.encoding} text ({problem.reason})"


def _position(content: bytes, problem: UnicodeDecodeError) -> int:
    """Return where in the whole file the undecodable byte is."""
    # The decoder saw a chunk of the file, so that its own offset may be relative.
    try:
        content.decode(problem.encoding)
    except UnicodeDecodeError as again:
        return again.start
    return problem.start


def _describe_ini(name: str | None, problem: configparser.Error) -> str:
    """Return "file, line n: what is wrong" for an error of `configparser`."""
    file = name or "the configuration"
    if isinstance(problem, configparser.MissingSectionHeaderError):
        if problem.line.startswith(_BYTE_ORDER_MARK):
            return f"{file}: {_HAS_MARK}"
        return f"{file}, line {problem.lineno}: no section header above this line"
    if isinstance(problem, configparser.ParsingError):
        (line, text), *_ = problem.errors
        return f"{file}, line {line}: neither an option nor a header: {text}"
    if isinstance(problem, configparser.DuplicateOptionError):
        return (
            f"{file}, line {problem.lineno}: option '{problem.option}' in section "
            f"'{problem.section}' already exists"
        )
    if isinstance(problem, configparser.DuplicateSectionError):
        return (
            f"{file}, line {problem.lineno}: section '{problem.section}' already exists"
        )
    if isinstance(problem, configparser.InterpolationSyntaxError):
        where = f"option '{problem.option}' in section '{problem.section}': "
        return f"{file}: {where}{problem}; a percent sign is written %%"
    return f"{file}: {problem}; a percent sign is written %%"
