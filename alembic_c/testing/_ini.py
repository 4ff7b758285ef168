"""The text of configuration files for tests."""

from __future__ import annotations

from collections.abc import Mapping

# What `logging.config.fileConfig` needs at least.
_LOGGING = """\
[loggers]
keys = {loggers}

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
"""

_SQL_LOGGER = """\

[logger_sqlalchemy]
level = DEBUG
handlers =
qualname = sqlalchemy.engine
"""


def section(name: str, settings: Mapping[str, object], directives: str = "") -> str:
    """Return a section; booleans become true and false.

    directives: text that stands at its end as it is.
    """
    lines = [f"[{name}]"]
    for key, value in settings.items():
        shown = str(value).lower() if isinstance(value, bool) else value
        lines.append(f"{key} = {shown}")
    return "\n".join([*lines, directives, ""])


def ini(*sections: str, sql_logger: bool = False) -> str:
    """Return a file of these sections and those for logging.

    sql_logger: whether SQLAlchemy's statements are logged too.
    """
    logging = _LOGGING.format(loggers="root,sqlalchemy" if sql_logger else "root")
    return "\n".join([*sections, logging + (_SQL_LOGGER if sql_logger else "")])
