"""What the programs beside this file share; each runs with upstream and with ours."""

import io
import logging
import re

from alembic.config import Config
from alembic.script import ScriptDirectory


def plain(value):
    """Return a text that does not depend on addresses and sets."""
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(plain, value))) + "}"
    if isinstance(value, (list, tuple)):
        return type(value).__name__ + "[" + ", ".join(map(plain, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {plain(v)}" for k, v in value.items()) + "}"
    return re.sub(r"%\([0-9]+ ", "%(0 ", repr(value))


# Subclasses that upstream does not have, and a warning: docs/compatibility.md.
OURS = ("ConfigFileError", "NotUpToDate")
WARNING = "target_metadata has no tables"


def show(label, function, *args, **kw):
    try:
        print(plain(label), "->", plain(function(*args, **kw)))
    except BaseException as problem:  # noqa: BLE001 - anything is shown
        kinds = [c.__name__ for c in type(problem).__mro__[:-3]]
        kinds = [name for name in kinds if name not in OURS]
        # Our assertions say what is wrong.
        said = "" if isinstance(problem, AssertionError) else problem
        print(plain(label), "!!", kinds, said)


class Records(logging.Handler):
    def emit(self, record):
        if not record.getMessage().startswith(WARNING):
            print(record.levelname, record.name, record.getMessage())


def log():
    logging.getLogger("alembic").addHandler(Records())
    logging.getLogger("alembic").setLevel(logging.INFO)


def config(**kw):
    out = io.StringIO()
    cfg = Config("alembic.ini", stdout=out, **kw)
    cfg.out = out
    return cfg


def script():
    return ScriptDirectory.from_config(config())
