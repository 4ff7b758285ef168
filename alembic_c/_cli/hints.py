"""What a user can do about a configuration or about revision files that are broken.

The messages of the commands are upstream's; a hint goes to standard error behind them.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

from ..util.exc import NotUpToDate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator
    from typing import Any

    from ..util._config import Config


def give(problem: Exception, config: Config) -> None:
    """Print a hint on standard error if there is one.

    problem: what the command failed with.
    """
    if config.messaging_opts.get("quiet"):
        return
    hint = (
        _several_heads(problem)
        or _unknown_revision(problem, config)
        or _behind(problem)
        or _unknown_template(problem, config)
        or _unknown_plugin(problem)
        or _unclear_revision(problem)
        or _files_to_mend(problem, config)
    )
    if hint is None and str(problem).startswith("No 'script_location'"):
        hint = _missing_location(config)
    if hint:
        print(f"  hint: {hint}", file=sys.stderr)


@contextmanager
def said_once() -> Iterator[None]:
    """Keep the log of a block off the screen that standard output is on, too.

    Handlers that write elsewhere get the records.
    """
    logging = sys.modules.get("logging")
    muted = []
    if logging is not None and _is_one_screen():
        logger: Any = logging.getLogger("alembic.util.messaging")
        while logger is not None:
            muted += [
                handler
                for handler in logger.handlers
                if getattr(handler, "stream", None) in (sys.stdout, sys.stderr)
            ]
            logger = logger.parent if logger.propagate else None

    def none(record: object) -> bool:
        return False

    for handler in muted:
        handler.addFilter(none)
    try:
        yield
    finally:
        for handler in muted:
            handler.removeFilter(none)


def _is_one_screen() -> bool:
    """Return whether standard output and standard error go to the same place."""
    try:
        return os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False


def about_verb(verb: str, known: Collection[str]) -> None:
    """Print a hint on standard error if a verb is another one, misspelled."""
    if verb not in known and (near := _nearest(verb, known)):
        print(f"  hint: did you mean {near}?", file=sys.stderr)


def _nearest(name: str, known: Collection[str]) -> str:
    """Return the names that are spelled like `name`, "" if none are."""
    from difflib import get_close_matches

    found = get_close_matches(name, known, 3)
    found += [each for each in known if name in each and each not in found]
    return " or ".join(map(repr, found[:3]))


def _several_heads(problem: Exception) -> str | None:
    heads = getattr(problem.__cause__, "heads", None)
    if not heads:
        return None
    return (
        f"the heads are {', '.join(heads)}: 'alembic upgrade heads' applies all of "
        "them, 'alembic merge heads' makes one of them"
    )


def _unknown_revision(problem: Exception, config: Config) -> str | None:
    """Say where an id comes from that no file has."""
    cause = problem.__cause__
    argument = getattr(cause, "argument", None)
    if type(cause).__name__ != "ResolutionError" or not isinstance(argument, str):
        return None
    options: Any = config.cmd_opts
    given = [
        word
        for name in ("revision", "revisions", "rev", "rev_range", "head", "depends_on")
        for value in [getattr(options, name, None)]
        for word in (value if isinstance(value, list) else [value])
        if isinstance(word, str)
    ]
    known = _ids(config)
    if any(argument in word for word in given):
        near = _nearest(argument.partition("@")[0], known)
        return f"did you mean {near}?" if near else None
    return (
        f"{argument} stands in the table alembic_version of the database, and no file "
        "has it: get the file back (is it on another branch?), or record what the "
        "database is instead: alembic stamp --purge REVISION"
    )


def _ids(config: Config) -> list[str]:
    """Return the ids and labels of all revisions."""
    from ..script import ScriptDirectory

    try:
        revisions = ScriptDirectory.from_config(config).revision_map._revision_map
    except Exception:  # noqa: BLE001 - a hint has nothing to add to that
        return []
    return [name for name in revisions if isinstance(name, str)]


def _behind(problem: Exception) -> str | None:
    """Say where a database is that is not up to date."""
    if not isinstance(problem, NotUpToDate):
        return None
    newest = dict.fromkeys(problem.newest)
    target = "head" if len(newest) == 1 else "heads"
    return (
        f"it is at {', '.join(problem.at) or 'no revision'}, and the newest is "
        f"{', '.join(newest)}: 'alembic upgrade {target}' comes first"
    )


def _unknown_template(problem: Exception, config: Config) -> str | None:
    if not str(problem).startswith("No such template"):
        return None
    names = sorted(os.listdir(config.get_template_directory()))
    names = [name for name in names if not name.startswith("_")]
    return f"the templates are {', '.join(names)}"


def _unknown_plugin(problem: Exception) -> str | None:
    if not str(problem).startswith("Did not locate plugins"):
        return None
    from ..runtime.plugins import _all_plugins

    return f"the plugins are {', '.join(sorted(_all_plugins))}"


def _unclear_revision(problem: Exception) -> str | None:
    """Say what the revision map found, where the command's words leave it out."""
    cause = problem.__cause__
    # By its name: the class is of a module that this command may not have needed.
    if type(cause).__name__ != "ResolutionError" or str(cause) in str(problem):
        return None
    return str(cause)


def _files_to_mend(problem: Exception, config: Config) -> str | None:
    """Name the revision files that are broken, where the message has only ids."""
    ids = getattr(problem.__cause__, "broken_ids", ())
    return ", ".join(f"in {path}" for path in _files(config, ids)) if ids else None


def _missing_location(config: Config) -> str | None:
    """Say why there is no `script_location`, None if there is one."""
    if config.get_alembic_option("script_location") is not None:
        return None
    ini, toml = config.config_file_name, config.toml_file_name
    section = config.config_ini_section
    has_table = bool(config.toml_alembic_config)
    if ini and os.path.exists(ini):
        if not config.file_config.has_section(section):
            return f"{ini} has no section [{section}]; '-n NAME' names another"
        return f"add it to section [{section}] of {ini}"
    if has_table:
        return f"add it to [tool.alembic] in {toml}"
    if above := _configuration_above():
        return f"{above} is one: go to its directory, or name it: -c {above}"
    return (
        f"there is no file {ini}, and no [tool.alembic] in {toml}; "
        "'-c FILE' names another file, 'init DIRECTORY' makes a new environment"
    )


def _configuration_above() -> str | None:
    """Return the nearest configuration file in a directory above, None without one."""
    folder = os.path.dirname(os.getcwd())
    while True:
        path = os.path.join(folder, "alembic.ini")
        if os.path.isfile(path):
            return path
        if folder == (folder := os.path.dirname(folder)):
            return None


def broken_graph(problem: Exception, config: Config) -> str | None:
    """Return what is wrong with the revision files, and in which of them.

    None if the exception is about something else.  Upstream ends with a traceback here.
    """
    from ..script.revision import MissingRevisionError, RevisionError

    ids: set[str]
    if isinstance(problem, RevisionError) and problem.broken_ids:
        message, ids = str(problem), set(problem.broken_ids)
    elif isinstance(problem, MissingRevisionError):
        message = (
            f"Revision {problem.missing} referenced from {problem.referenced_from} "
            "is not present"
        )
        ids = {problem.referenced_from.revision}
    else:
        return None
    return "\n".join([message, *(f"  in {path}" for path in _files(config, ids))])


def _files(config: Config, ids: Container[str]) -> Iterator[str]:
    """Yield the revision files that have one of the ids."""
    from .._core import scan_directory
    from ..script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    for scanned in scan_directory(
        script._locations_to_read(),
        recursive=script.recursive_version_locations,
        sourceless=script.sourceless,
    ):
        if scanned.exact and scanned.revision in ids:
            yield str(scanned.path)
