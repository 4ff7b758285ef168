"""A throwaway PgBouncer in transaction mode, before a PostgreSQL server."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from tests.support.postgres import free_port

_SETTINGS = """
[databases]
* = host={url.host} port={url.port} user={url.username} password={url.password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
"""


def _program() -> str:
    """Return the path of the program.

    Raises FileNotFoundError if there is none; the message says what to install.
    """
    name = "pgbouncer"
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        raise FileNotFoundError(f"PgBouncer is missing: install the package {name!r}")
    return found


@contextlib.contextmanager
def pooled(url: str) -> Iterator[str]:
    """Yield the URL by which a pooler gives the database of another one."""
    direct = sa.make_url(url)
    port = free_port()
    # It refuses to run as root; PostgreSQL's package makes this account.
    account = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="alembic_c_pooler") as directory:
        settings = Path(directory, "pgbouncer.ini")
        settings.write_text(_SETTINGS.format(url=direct, port=port))
        if account:
            for path in (directory, settings):
                shutil.chown(path, account)
        process = subprocess.Popen(
            [_program(), "--quiet", str(settings)],
            user=account,
            stderr=subprocess.PIPE,
            text=True,
        )
        pooler = direct.set(host="127.0.0.1", port=port)
        try:
            _await(pooler, process)
            yield pooler.render_as_string(hide_password=False)
        finally:
            process.kill()
            process.communicate()


def _await(url: sa.URL, process: subprocess.Popen[str]) -> None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    for _ in range(200):
        try:
            engine.connect().close()
            return
        except sa.exc.OperationalError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"PgBouncer did not start: {process.communicate()[1]}")
