"""What a user can do about a configuration or about revision files that are broken.

The messages of the commands are upstream's; a hint goes to standard error behind them.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from ..util._config import Config


def give(problem: Exception, config: Config) -> None:
    """Print a hint on standard error if there is one.

    problem: what the command failed with.
    """
    if config.messaging_opts.get("quiet"):
        return
    hint = _unclear_revision(problem) or _files_to_mend(problem, config)
    if hint is None and "script_location" in str(problem):
        hint = _missing_location(config)
    if hint:
        print(f"  hint: {hint}", file=sys.stderr)


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
    return (
        f"there is no file {ini}, and no [tool.alembic] in {toml}; "
        "'-c FILE' names another file, 'init DIRECTORY' makes a new environment"
    )


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
