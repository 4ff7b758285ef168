"""What ended a command, in a few lines: what is wrong, where, and what to do.

For exceptions that no command expects: those of a database, of `env.py`, of a revision
file.  Upstream ends with a traceback, which `--raiseerr` gives.  Here its last line
comes first, the words to search for; then the place, the statement, what was rolled
back, and a hint.  Where the user's own code is wrong, the last of its frames stay.

All of it goes to standard error, without passwords.  Imported where a command fails.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from ..util._config import Config

_WIDTH = 200
# What is shown of the statements that stay.
_SHOWN = 3
# Drivers that SQLAlchemy imports by these names -> what to install.
_PACKAGES = {
    "psycopg2": "psycopg2-binary",
    "psycopg": "'psycopg[binary]'",
    "asyncpg": "asyncpg",
    "pg8000": "pg8000",
    "MySQLdb": "mysqlclient",
    "pymysql": "PyMySQL",
    "mysql": "mysql-connector-python",
    "mariadb": "mariadb",
    "asyncmy": "asyncmy",
    "aiomysql": "aiomysql",
    "aiosqlite": "aiosqlite",
    "pyodbc": "pyodbc",
    "aioodbc": "aioodbc",
    "pymssql": "pymssql",
    "oracledb": "oracledb",
    "cx_Oracle": "cx_Oracle",
    "greenlet": "greenlet",
}
_TEMPLATE_URL = "driver://user:pass@localhost/dbname"

# Words of databases and drivers -> what to do; the first that is found counts.
_HINTS: tuple[tuple[str, str], ...] = (
    (
        r"password authentication failed|Access denied for user .*using password"
        r"|InvalidPassword|no password supplied|fe_sendauth|role .* does not exist",
        "user or password is wrong; they come from {url_place}",
    ),
    (
        r"Unknown database|database \".*\" does not exist|InvalidCatalogName",
        "create the database first, or correct its name in {url_place}",
    ),
    (
        r"Connection refused|could not connect|Can't connect|ConnectionRefused"
        r"|Connect call failed|timed? ?out expired|Connection timed out",
        "no server answers at {address}: is it running, and are host and port right in "
        "{url_place}?",
    ),
    (
        r"could not translate host name|Name or service not known|nodename nor servname"
        r"|Temporary failure in name resolution|getaddrinfo",
        "there is no host of that name; it comes from {url_place}",
    ),
    (
        r"unable to open database file",
        "the directory of the file has to be there and writable; the path comes from "
        "{url_place}, relative to {cwd}",
    ),
    (r"readonly database|file is not a database", "look at the file of {url}"),
    (
        r"permission denied|must be owner|command denied|InsufficientPrivilege"
        r"|Access denied for user",
        "the database user may not do this: grant it, or connect as another one "
        "({url_place})",
    ),
    (r"database is locked", "{lockers}"),
    (
        r"lock timeout|Lock wait timeout|could not obtain lock|deadlock detected",
        "other sessions hold locks on what it changes: try again when they are done",
    ),
    (
        r"already exists|[Dd]uplicate column|Duplicate key name|DuplicateTable",
        "it is there already: a run that was interrupted may have made it; do what is "
        "missing of the revision by hand, and record it: {record}",
    ),
)


def tell(problem: BaseException, config: Config | None) -> None:
    """Print on standard error what ended a command.

    config: of the command, if it came so far.
    """
    hide = _without_passwords(config)
    try:
        lines = list(_told(problem, _Scene(problem, config)))
    except Exception as trouble:  # noqa: BLE001 - the problem itself has to be told
        lines = [
            *_user_traceback(problem),
            f"  (it could not be explained: {trouble!r})",
        ]
    for line in lines:
        print(hide(line), file=sys.stderr)


def _told(problem: BaseException, scene: _Scene) -> Iterator[str]:
    syntax = _syntax_error(problem)
    if syntax is not None:
        yield from _about_syntax(syntax)
        return
    driver = _missing_driver(problem)
    explained = driver or _is_of_a_database(problem) or _about_url(problem, scene)
    if explained:
        yield _last_line(problem)
        if scene.place and not scene.step:
            yield f"  in {scene.place}"
    else:
        yield from _user_traceback(problem, 1 if scene.step else 2)
    yield from _about_missing_function(problem)
    yield from _about_step(problem, scene)
    hint = (
        (f"pip install {driver}" if driver else None)
        or _about_url(problem, scene)
        or _about_import(problem, scene)
        or _about_database(problem, scene)
    )
    if hint:
        yield f"  hint: {hint}"


class _Scene:
    """Where a problem came up: what hints are filled with."""

    def __init__(self, problem: BaseException, config: Config | None) -> None:
        self.config = config
        # What `runtime._failures` notes on the exception of a step.
        self.step: Any = getattr(problem, "_alembic_step", None)
        frames = _user_frames(problem)
        self.place = (
            f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
        )
        self.cwd = os.getcwd()

    @property
    def url(self) -> str:
        option = self.config and self.config.get_alembic_option("sqlalchemy.url")
        return str(option or "")

    @property
    def url_place(self) -> str:
        if self.config is not None and self.url:
            return self.config._place("sqlalchemy.url")
        return "env.py, or where that takes it from"

    @property
    def address(self) -> str:
        from sqlalchemy.engine import make_url

        try:
            url = make_url(self.url)
        except Exception:  # noqa: BLE001 - env.py has one of its own
            return "that address"
        return f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}"

    @property
    def record(self) -> str:
        targets = " ".join(getattr(self.step, "targets", ())) or "REVISION"
        return f"alembic stamp {targets}"

    @property
    def lockers(self) -> str:
        return _holders(self.url)

    def fill(self, hint: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: getattr(self, found[1]), hint)


# --- what it is about ---------------------------------------------------------------


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or problem.__context__


def _syntax_error(problem: BaseException) -> SyntaxError | None:
    return problem if isinstance(problem, SyntaxError) and problem.filename else None


def _about_syntax(problem: SyntaxError) -> Iterator[str]:
    mark = _conflict_mark(problem)
    where = f"{problem.filename}, line {mark or problem.lineno}"
    if mark:
        yield f"{type(problem).__name__}: {where}: the mark of a merge with conflicts"
        yield "  hint: choose between the two sides, and remove the marks of both"
        return
    yield f"{type(problem).__name__}: {problem.msg}"
    yield f"  in {where}: {(problem.text or '').strip()}".rstrip(": ")


def _conflict_mark(problem: SyntaxError) -> int | None:
    """Return the line of the first mark of a merge in the file, None without one."""
    try:
        with open(str(problem.filename), encoding="utf-8", errors="replace") as stream:
            for number, line in enumerate(stream, 1):
                if re.match(r"(<{7}|={7}|>{7}|\|{7})(\s|$)", line):
                    return number
    except OSError:
        return None
    return None


def _missing_driver(problem: BaseException) -> str | None:
    """Return what to install if SQLAlchemy has missed a driver."""
    if not isinstance(problem, ModuleNotFoundError):
        return None
    frames = list(traceback.walk_tb(problem.__traceback__))
    by = str(frames[-1][0].f_globals.get("__name__", "")) if frames else ""
    name = (problem.name or "").partition(".")[0]
    return _PACKAGES.get(name, name) if by.startswith("sqlalchemy.") else None


def _is_of_a_database(problem: BaseException) -> bool:
    """Return whether a database or its driver said it, or the system for them."""
    from sqlalchemy.exc import StatementError

    # Of a database; or of SQLAlchemy, about the values of a statement.
    if isinstance(problem, StatementError):
        return True
    frames = list(traceback.walk_tb(problem.__traceback__))
    names = [str(frame.f_globals.get("__name__", "")) for frame, _ in frames]
    drivers = tuple(f"{name}." for name in _PACKAGES)
    return any(f"{name}.".startswith(drivers) for name in names)


def _about_url(problem: BaseException, scene: _Scene) -> str | None:
    from sqlalchemy.exc import NoSuchModuleError

    is_example = scene.url == _TEMPLATE_URL
    if isinstance(problem, NoSuchModuleError):
        if is_example:
            return f"{scene.url_place} is still the example: write your database's URL"
        return (
            "no dialect or driver has that name: is it misspelled, or not installed? "
            f"It stands in {scene.url_place}"
        )
    if _is_about_url(problem):
        return (
            "it has the form dialect+driver://host/database; it stands in "
            f"{scene.url_place}, and special characters of a password are written %XX"
        )
    if scene.config and isinstance(problem, KeyError) and problem.args == ("url",):
        config = scene.config
        place = f"[{config.config_ini_section}] in {config.config_file_name}"
        return f"there is no sqlalchemy.url; add it to {place}"
    return None


def _is_about_url(problem: BaseException) -> bool:
    from sqlalchemy.exc import ArgumentError

    if isinstance(problem, ArgumentError):
        return "URL" in str(problem)
    if not isinstance(problem, ValueError):
        return False
    # Such as of a port that is no number.
    *_, (frame, _) = traceback.walk_tb(problem.__traceback__)
    return frame.f_globals.get("__name__") == "sqlalchemy.engine.url"


def _about_import(problem: BaseException, scene: _Scene) -> str | None:
    if not isinstance(problem, ModuleNotFoundError) or scene.config is None:
        return None
    paths = scene.config.get_prepend_sys_paths_list()
    return (
        f"{problem.name} is looked for in sys.path, which begins with "
        f"{', '.join(map(repr, sys.path[: max(1, len(paths or ()))]))}; "
        f"{scene.config._place('prepend_sys_path')} says what to add"
    )


def _about_database(problem: BaseException, scene: _Scene) -> str | None:
    if not _is_of_a_database(problem):
        return None
    if scene.step is not None and scene.step.was_logged:
        return None  # the log has the advice already
    text = "\n".join(f"{type(each).__name__}: {each}" for each in _chain(problem))
    for pattern, hint in _HINTS:
        if re.search(pattern, text, re.DOTALL):
            return scene.fill(hint)
    return str(scene.step.advice) if scene.step else None


def _about_missing_function(problem: BaseException) -> Iterator[str]:
    """Name the file of a module that lacks something: `upgrade()` of a revision."""
    module = problem.obj if isinstance(problem, AttributeError) else None
    path = getattr(module, "__file__", None)
    if isinstance(module, ModuleType) and path and _is_users(path):
        yield f"  in {path}"


def _about_step(problem: BaseException, scene: _Scene) -> Iterator[str]:
    step = scene.step
    if step is None:
        return
    if not step.was_logged:
        yield f"  in {step.title}"
    statement = getattr(problem, "statement", None)
    if statement:
        yield f"  statement: {_in_one_line(statement)}"
    if step.still_at is not None:
        yield f"  rolled back: the database is still at {step.still_at}"
    elif not step.was_logged:
        kept = [_in_one_line(each) for each in step.kept]
        more = f"; and {len(kept) - _SHOWN} more" if len(kept) > _SHOWN else ""
        shown = _in_one_line("; ".join(kept[:_SHOWN])) + more
        yield f"  in effect, of this run: {shown or 'nothing'}"
        yield f"  {step.recorded}" if step.recorded else "  the database is not known"


# --- texts --------------------------------------------------------------------------


def _in_one_line(text: str) -> str:
    line = " ".join(text.split())
    return f"{line[:_WIDTH]}…" if len(line) > _WIDTH else line


def _last_line(problem: BaseException) -> str:
    """Return what upstream's traceback ends with, its first line if it has several."""
    text = "".join(traceback.format_exception_only(type(problem), problem))
    return text.partition("\n")[0]


def _is_users(filename: str) -> bool:
    """Return whether a file is the user's: not Python's, not a package's, not ours."""
    if filename.startswith("<"):
        return False
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    path = os.path.abspath(filename)
    stdlib = os.path.dirname(os.__file__)
    foreign = (here, stdlib, *(p for p in sys.path if p.endswith("site-packages")))
    return not any(path.startswith(folder + os.sep) for folder in foreign)


def _user_frames(problem: BaseException) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(problem.__traceback__)
    return [
        frame
        for frame in frames
        if _is_users(frame.filename) and frame.filename != sys.argv[0]
    ]


def _user_traceback(problem: BaseException, n_frames: int = 2) -> Iterable[str]:
    """Return the last frames of the traceback that are the user's."""
    frames = _user_frames(problem)
    if frames:
        yield "Traceback (most recent call last):"
        for frame in frames[-n_frames:]:
            yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
            if frame.line:
                yield f"    {frame.line}"
    yield _last_line(problem)


def _without_passwords(config: Config | None) -> Callable[[str], str]:
    """Return a function that hides passwords in a line."""
    secrets: set[str] = set()
    try:
        url = str((config and config.get_alembic_option("sqlalchemy.url")) or "")
        found = re.search(r"://[^/:@]*:(.*)@", url)
        secrets = {found[1]} if found else set()
    except Exception:  # noqa: BLE001 - the option itself may be what is wrong
        url = ""
    from urllib.parse import unquote

    secrets |= {unquote(secret) for secret in secrets}

    def hide(line: str) -> str:
        for secret in secrets:
            if len(secret) > 2 and secret != "pass":
                line = line.replace(secret, "***")
        line = re.sub(r"(://[^/:@\s]*:)[^@\s]+@", r"\1***@", line)
        return re.sub(r"(?i)(\bpassword\s*=\s*)('[^']*'|\S+)", r"\1***", line)

    return hide


# --- who holds a file of SQLite -----------------------------------------------------


def _holders(url: str) -> str:
    """Return who has a database's file open, where the system can tell (Linux)."""
    from sqlalchemy.engine import make_url

    try:
        path = os.path.realpath(make_url(url).database or "")
    except Exception:  # noqa: BLE001 - env.py has a URL of its own
        path = ""
    held = [
        f"{pid} ({name})" for pid, name in _processes_with(path) if pid != os.getpid()
    ]
    if held:
        return f"{path} is in use by process {', '.join(held[:3])}: end what it does"
    return f"another process writes to {path or 'the file'}: wait for it, or end it"


def _processes_with(path: str) -> Iterator[tuple[int, str]]:
    if not os.path.isdir("/proc/self/fd"):
        return
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            folder = f"/proc/{entry}/fd"
            opened = {os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)}
            if path in opened:
                with open(f"/proc/{entry}/comm", encoding="utf-8") as stream:
                    yield int(entry), stream.read().strip()
        except OSError:
            continue  # it has ended, or is another user's
