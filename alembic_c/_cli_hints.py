"""What a user can do about a configuration in which something is missing.

The messages of the commands are upstream's; a hint goes to standard error behind them.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .util._config import Config


def give(message: str, config: Config) -> None:
    """Print a hint on standard error if there is one.

    message: what the command failed with.
    """
    if "script_location" not in message or config.messaging_opts.get("quiet"):
        return
    hint = _missing_location(config)
    if hint:
        print(f"  hint: {hint}", file=sys.stderr)


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
