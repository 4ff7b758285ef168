"""`alembic-c activate | deactivate | which`: whose the name `alembic` is.

An environment has the name in three places: the script `alembic`, the import, and the
metadata of a distribution.  This project's distribution `alembic` makes all three ours.
For environments that keep another one, `activate` writes one file into site-packages,
with one line that calls `alembic_c.install()` whenever Python starts there.  Nothing
else ever writes it, and `deactivate` removes it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial

from ._alias import ALIAS, PACKAGE, other_package
from .util import CommandError, err, msg
from .util.pyfiles import write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import Distribution

# The name sorts behind others, which may be what makes the package importable.
PTH_NAME = "zzz-alembic-c.pth"

# `site` executes lines that begin with "import".  A package that was uninstalled while
# active must not print a traceback at each start, hence the look before the call.
PTH_LINE = (
    "import importlib.util; "
    f"importlib.util.find_spec({PACKAGE!r}) is not None "
    f"and __import__({PACKAGE!r}).install()\n"
)

CORE = "alembic-c"

# What the scripts that installers write have in common.
OUR_IMPORT, OUR_CALL = r"(?m)^from alembic_c\._cli import run$", r"\brun\(\)"

# Run by a new Python.  The directory it is run in is no part of the environment.
PROBE = f"""
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
try:
    import {ALIAS} as found
except ImportError as problem:
    print(f"none\\t{{problem}}")
else:
    where = getattr(found, "__file__", None)
    print(f"{{found.__name__}}\\t{{where}}" if where else "none\\t")
"""


# --- what there is --------------------------------------------------------------------


def site_directory() -> str:
    """Return the site-packages directory of the running environment.

    Raises CommandError if there is none.
    """
    import sysconfig

    directory = sysconfig.get_path("purelib")
    if not directory or not os.path.isdir(directory):
        raise CommandError("This Python has no site-packages directory")
    return directory


def pth_path() -> str:
    """Return the path of the file that activates the alias."""
    return os.path.join(site_directory(), PTH_NAME)


def is_active() -> bool:
    """Return whether the file that activates the alias is there."""
    return os.path.exists(pth_path())


def imported() -> tuple[str | None, str]:
    """Return what `import alembic` gives in a new process of this environment.

    Returns the module's own name and its directory; None and the error, if any, where
    there is nothing to import.
    """
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=False
    )
    name, tab, where = done.stdout.rstrip("\n").rpartition("\n")[2].partition("\t")
    if not tab:
        return None, done.stderr.strip().rpartition("\n")[2]
    if name == "none":
        return None, where
    return name, os.path.dirname(where)


def distribution() -> Distribution | None:
    """Return the installed distribution of the name, None without one."""
    from importlib import metadata

    try:
        return metadata.distribution(ALIAS)
    except metadata.PackageNotFoundError:
        return None


def is_ours(found: Distribution) -> bool:
    """Return whether a distribution `alembic` is this project's."""
    import re

    needed = (re.match(r"[\w.-]*", each) for each in found.requires or ())
    return CORE in [match.group().lower() for match in needed if match]


def script_path() -> str | None:
    """Return the script `alembic` of this environment, None without one."""
    import sysconfig

    directories = [sysconfig.get_path("scripts")]
    if os.path.basename(sys.argv[0]) in (ALIAS, CORE):
        directories.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))
    paths = (os.path.join(directory, ALIAS) for directory in directories if directory)
    return next((path for path in paths if os.path.isfile(path)), None)


def script_package(path: str) -> str | None:
    """Return the package that a script imports its program from, None if unclear."""
    import re

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return None
    packages = re.findall(r"(?m)^\s*from\s+(alembic(?:_c)?)[\w.]*\s+import\s", text)
    return packages[0] if packages else None


# --- activate and deactivate ----------------------------------------------------------


def activate() -> int:
    """Make `import alembic` give this package in the whole environment.

    Activating twice is no error.
    Raises CommandError if the environment cannot be written to.
    """
    path = pth_path()
    found = distribution()
    if is_active():
        msg(f"Already active: {path}")
        return 0
    if found is not None and is_ours(found):
        msg(f"Not needed: the package {ALIAS} {found.version} gives {PACKAGE} the name")
        return 0
    if sys.prefix == sys.base_prefix:
        msg("Note: this is not a virtual environment; all users of it are affected.")
    try:
        write_whole(path, PTH_LINE.encode())
    except OSError as problem:
        raise CommandError(f"Can't write {path}: {problem.strerror}") from problem
    msg(f"Active: 'import {ALIAS}' gives {PACKAGE} from now on ({path})")
    if other_package():
        msg(
            f"The package '{ALIAS}' is installed too; it is hidden, not changed, until "
            f"'{CORE} deactivate'."
        )
    return 0


def deactivate() -> int:
    """Undo `activate`, and give another package `alembic` its script back.

    Deactivating twice is no error.
    Raises CommandError if the environment cannot be written to.
    """
    path = pth_path()
    try:
        os.unlink(path)
    except FileNotFoundError:
        done = False
    except OSError as problem:
        raise CommandError(f"Can't remove {path}: {problem.strerror}") from problem
    else:
        done = True
        msg(f"Deactivated: removed {path}")
    found, script = distribution(), script_path()
    if found is not None and is_ours(found):
        msg(
            f"The package {ALIAS} {found.version} gives {PACKAGE} the name; "
            f"uninstalling '{ALIAS}' takes it back"
        )
    elif found and script and script_package(script) == PACKAGE and other_package():
        _give_back(script, found)
    elif not done:
        msg("Not active; nothing to do")
    return 0


def _give_back(script: str, other: Distribution) -> None:
    """Make a script that runs this package run another distribution's program.

    The script stays in the list of files of both distributions, so that uninstalling
    either removes it; that cannot be changed from here, and is said.
    """
    import re

    (program,) = other.entry_points.select(group="console_scripts", name=ALIAS)
    again = f"pip install --force-reinstall --no-deps {ALIAS}=={other.version}"
    with open(script, encoding="utf-8") as file:
        text = file.read()
    text, imports = re.subn(
        OUR_IMPORT, f"from {program.module} import {program.attr}", text
    )
    text, calls = re.subn(OUR_CALL, f"{program.attr}()", text)
    if (imports, calls) != (1, 1):
        msg(f"The script {script} still runs {PACKAGE}; '{again}' gives it back")
        return
    try:
        write_whole(script, text.encode())
    except OSError as problem:
        raise CommandError(
            f"Can't write {script}: {problem.strerror}; "
            f"it still runs {PACKAGE}, and '{again}' gives it back"
        ) from problem
    msg(f"Gave back: {script} runs {ALIAS} {other.version}")
    msg(f"Uninstalling {CORE} removes that file; then run '{again}'")


# --- which ----------------------------------------------------------------------------


def which() -> int:
    """Say whose the script, the import and the distribution `alembic` are.

    Returns 1 if they disagree, else 0.
    """
    from . import __version__

    module, where = imported()
    script, found = script_path(), distribution()
    runs = script_package(script) if script else None
    if runs == ALIAS:
        # Upstream's script runs what the import gives.
        runs = module or ALIAS
    _report_script(script, runs)
    if module == PACKAGE:
        msg(f"import: 'import {ALIAS}' gives {PACKAGE}: {where}")
        if is_active():
            msg(f"  because of {pth_path()}")
        if hidden := other_package():
            msg(f"  it hides {hidden}")
    elif module:
        msg(f"import: 'import {ALIAS}' gives the package of that name: {where}")
    else:
        reason = f" ({where})" if where and found else ""
        msg(
            f"import: 'import {ALIAS}' gives nothing{reason}; "
            f"'{CORE} activate' changes that"
        )
    ours = found is not None and is_ours(found)
    if found is None:
        msg(f"distribution: none of the name {ALIAS}; {CORE} {__version__}")
    else:
        whose = f"this project's, of {CORE} {__version__}" if ours else "another's"
        msg(f"distribution: {ALIAS} {found.version}, {whose}")
    advice = _disagreement(runs, module, found is not None, ours)
    if advice:
        msg(f"These disagree: {advice}")
    return 1 if advice else 0


def _report_script(script: str | None, runs: str | None) -> None:
    from shutil import which as on_path

    if script is None:
        msg(f"script: no '{ALIAS}' in this environment; '{CORE}' is the same program")
        return
    msg(f"script: {script} runs {runs or 'a program of others'}")
    first = on_path(ALIAS)
    if first and not os.path.samefile(first, script):
        msg(f"  the shell finds another one first: {first}")


def _disagreement(
    runs: str | None, module: str | None, has_distribution: bool, ours: bool
) -> str | None:
    """Return what to do about a script, an import and a distribution that differ.

    runs, module: the packages that the script runs and the import gives, if any.
    has_distribution, ours: whether there is a distribution, and whether it is ours.
    Returns None if there is nothing to do.
    """
    if PACKAGE in (runs, module) and runs and module and runs != module:
        return (
            f"the script runs {runs}, and the import gives {module}; '{CORE} activate' "
            f"gives {PACKAGE} both, '{CORE} deactivate' gives both back"
        )
    if has_distribution and module is None:
        return f"the package {ALIAS} is installed, and cannot be imported"
    if ours and module != PACKAGE:
        return "something on the path comes before the package that is installed"
    if has_distribution and not ours and module == PACKAGE and not is_active():
        return f"the import gives {PACKAGE} though it was not activated"
    return None


def warn_of_other(directory: str) -> None:
    """Say on standard error that this script is ours and the import is another's."""
    print(
        f"  note: this script runs {PACKAGE}, and 'import {ALIAS}' in other programs "
        f"gives {directory}; '{CORE} activate' gives {PACKAGE} both, "
        f"'{CORE} deactivate' gives both back",
        file=sys.stderr,
    )


VERBS = {"activate": activate, "deactivate": deactivate, "which": which}


def main(arguments: Sequence[str], prog: str | None = None) -> int:
    """Run one of the verbs.

    arguments: the verb, and nothing else but "-h".
    Returns the exit status.
    """
    from ._cli import examples
    from ._cli.parser import Parser

    parser = Parser(prog=prog, description=__doc__, add_help=True)
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=Parser)
    for name, function in VERBS.items():
        summary = (function.__doc__ or "").partition("\n")[0]
        verb = verbs.add_parser(name, help=summary, description=summary)
        verb.more_help = partial(examples.of_command, parser.prog, name)
    options = parser.parse_args(arguments)
    try:
        return VERBS[options.verb]()
    except CommandError as problem:
        err(str(problem))
        raise
