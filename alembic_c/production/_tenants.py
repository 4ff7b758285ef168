"""One tree over many databases or schemas: `upgrade --each`, `upgrade --schemas`.

Each tenant is upgraded by the project's own `env.py`, in a thread of its own: `op` and
`context` belong to the thread that uses them.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from .. import command
from ..runtime._attempts import LISTENING
from ..runtime.environment import EnvironmentContext
from ..script import ScriptDirectory
from ..util import CommandError
from ..util.pyfiles import write_whole

if TYPE_CHECKING:
    from argparse import Namespace

    from ..config import Config
    from ..runtime.migration import MigrationContext

# The version of the JSON report; raised when a field changes its meaning or goes away.
FORMAT = 1

# What `env.py` gets a schema as: `context.get_x_argument(as_dictionary=True)`.
ARGUMENT = "tenant"

DONE = "done"
FAILED = "failed"
SKIPPED = "skipped"


class Tenant(NamedTuple):
    """A database or a schema.

    name: by which it is told, without a password. url: of its database, None for that
    of the configuration. arguments: further ones for `env.py`, as of `-x`.
    """

    name: str
    url: str | None = None
    arguments: tuple[str, ...] = ()


class Result(NamedTuple):
    """What became of a tenant.

    outcome: "done", "failed" or "skipped". revisions: those that were applied.
    """

    tenant: str
    outcome: str
    revisions: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str | None = None


def run(config: Config, options: Namespace) -> int:
    """Upgrade each tenant; the status is 1 if one has failed."""
    if options.sql:
        raise CommandError("--each and --schemas go without --sql")
    command._start_and_target(options.revision)
    tenants = list(_tenants(config, options))
    if getattr(options, "resume", None):
        tenants = _left(tenants, options.resume)
    if not tenants:
        raise CommandError("There is nothing to upgrade by --each or --schemas")
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        config.print_stdout("%s", _line(result))

    started = time.monotonic()
    script = ScriptDirectory.from_config(config)
    LISTENING.begin()
    try:
        upgrade_all(
            tenants,
            lambda tenant: _upgrade(config, script, tenant, options.revision),
            tell,
            jobs=getattr(options, "jobs", 1),
            goes_on=getattr(options, "keep_going", False),
        )
    finally:
        if getattr(options, "report", None):
            _write_report(options.report, results)
    counts = {
        outcome: sum(result.outcome == outcome for result in results)
        for outcome in (DONE, FAILED, SKIPPED)
    }
    config.print_stdout(
        "%d tenants: %s, in %.1f s",
        *(len(results), ", ".join(f"{n} {word}" for word, n in counts.items() if n)),
        time.monotonic() - started,
    )
    return 1 if counts[FAILED] else 0


def upgrade_all(
    tenants: Sequence[Tenant],
    upgrade: Callable[[Tenant], Result],
    tell: Callable[[Result], None],
    *,
    jobs: int,
    goes_on: bool,
) -> None:
    """Upgrade tenants, so many at a time.

    upgrade: never raises; tell: gets each result once it is known, in this thread.
    goes_on: whether a failure leaves the others alone; else those that have not begun
        are skipped.
    """
    with ThreadPoolExecutor(max(1, jobs), "tenant") as pool:
        waiting = {pool.submit(upgrade, tenant): tenant for tenant in tenants}
        try:
            for future in as_completed(waiting):
                if future.cancelled():
                    continue
                result = future.result()
                tell(result)
                if result.outcome == FAILED and not goes_on:
                    for other, tenant in waiting.items():
                        if other.cancel():
                            tell(Result(tenant.name, SKIPPED))
                    goes_on = True
        except BaseException:
            # Somebody stops it: what has begun comes to its end, and no more begins.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _upgrade(
    config: Config, script: ScriptDirectory, tenant: Tenant, revision: str
) -> Result:
    started = time.monotonic()
    applied: tuple[str, ...] = ()
    error = None
    try:
        applied = _run_env(_config_of(config, tenant), script, revision)
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - the tenant's result
        error = f"{type(problem).__name__}: {problem}"
    seconds = round(time.monotonic() - started, 3)
    outcome = DONE if error is None else FAILED
    return Result(tenant.name, outcome, applied, seconds, error)


def _run_env(config: Config, script: ScriptDirectory, target: str) -> tuple[str, ...]:
    """Upgrade the database that `env.py` connects to; return what was applied.

    The script directory serves all threads: a revision file is executed once.
    """
    hooks = command._upgrade_hooks(config)
    applied: list[str] = []

    def plan(heads: Any, context: MigrationContext) -> list[Any]:
        steps: list[Any] = list(script._upgrade_revs(target, heads))
        applied.extend(step.revision.revision for step in steps)
        return steps if hooks is None else hooks.planned(steps, heads, context)

    environment = EnvironmentContext(
        config, script, fn=plan, destination_rev=target, as_sql=False, tag=None
    )
    with environment:
        environment._foreign = []  # steps that nobody commits are a failure
        script.run_env()
    if hooks is not None:
        hooks.ended()
    return tuple(applied)


def _config_of(config: Config, tenant: Tenant) -> Config:
    """Return a configuration of a tenant's own, with its address and arguments."""
    options = copy.copy(config.cmd_opts)
    if options is not None:
        options.x = [*(getattr(options, "x", None) or []), *tenant.arguments]
    mine = type(config)(
        config.config_file_name,
        toml_file=config.toml_file_name,
        ini_section=config.config_ini_section,
        cmd_opts=options,
        stdout=config.stdout,
        attributes={**config.attributes},
    )
    if tenant.url is not None:
        mine.set_main_option("sqlalchemy.url", tenant.url.replace("%", "%%"))
    return mine


# --- which tenants --------------------------------------------------------------------


def _tenants(config: Config, options: Namespace) -> Iterator[Tenant]:
    for source in getattr(options, "each", None) or ():
        for url in _urls(source):
            yield Tenant(_without_password(url), url)
    pattern = getattr(options, "schemas", None)
    if pattern is not None:
        for schema in schemas(config, pattern):
            yield Tenant(schema, arguments=(f"{ARGUMENT}={schema}",))


def _urls(source: str) -> Iterator[str]:
    """Yield URLs: one, or the lines of a file, of standard input for "-"."""
    if "://" in source:
        yield source
        return
    try:
        if source == "-":
            lines = sys.stdin.readlines()
        else:
            with open(source, encoding="utf-8") as stream:
                lines = stream.readlines()
    except OSError as problem:
        raise CommandError(
            f"--each is a URL or a file of URLs: {source}: {problem.strerror}"
        ) from problem
    for number, line in enumerate(lines, 1):
        url = line.strip()
        if url and not url.startswith("#"):
            if "://" not in url:
                raise CommandError(f"{source}, line {number}: {url!r} is no URL")
            yield url


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError as problem:
        raise CommandError("--each has something that is no URL") from problem


def schemas(config: Config, pattern: str) -> list[str]:
    """Return the schemas whose names a pattern ("tenant_*") fits, in their order.

    They are looked up at the `sqlalchemy.url` of the configuration.
    Raises CommandError without one, and for databases without schemas.
    """
    url = config.get_alembic_option("sqlalchemy.url")
    if not url:
        raise CommandError("--schemas needs sqlalchemy.url in the configuration")
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        raise CommandError("--schemas: SQLite has none; --each takes several files")
    if parsed.get_dialect().is_async:
        raise CommandError("--schemas needs a driver that is not asynchronous")
    engine = sa.create_engine(parsed, poolclass=sa.pool.NullPool)
    names = sa.inspect(engine).get_schema_names()
    engine.dispose()
    return sorted(name for name in names if fnmatchcase(name, pattern))


# --- reports --------------------------------------------------------------------------


def _line(result: Result) -> str:
    if result.outcome == DONE:
        what = f"{len(result.revisions)} steps" if result.revisions else "up to date"
        return f"{result.tenant}: {what}, {result.seconds:.2f} s"
    error = (result.error or "").partition("\n")[0]
    return f"{result.tenant}: {result.outcome}" + (f": {error}" if error else "")


def _write_report(path: str, results: Sequence[Result]) -> None:
    document = {"format": FORMAT, "tenants": [each._asdict() for each in results]}
    text = json.dumps(document, indent=2) + "\n"
    try:
        write_whole(path, text.encode())
    except OSError as problem:
        raise CommandError(f"Can't write {path}: {problem.strerror}") from problem


def _left(tenants: Iterable[Tenant], path: str) -> list[Tenant]:
    """Return those that a report does not have as done."""
    try:
        with open(path, encoding="utf-8") as stream:
            document = json.load(stream)
        done = {
            each["tenant"] for each in document["tenants"] if each["outcome"] == DONE
        }
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise CommandError(f"{path} is no report of --report: {problem}") from problem
    return [each for each in tenants if each.name not in done]
