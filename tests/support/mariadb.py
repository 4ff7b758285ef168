"""A throwaway MariaDB server for the test run.

The data live in a temporary directory, the server listens on a free loopback port and
on a socket beside the data, keeps nothing after `stop()` and is never the machine's
own.  It reads no configuration file.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.postgres import PASSWORD, USER, free_port

if TYPE_CHECKING:
    import sqlalchemy as sa

# Nothing has to survive a crash.
_SETTINGS = {
    "bind-address": "127.0.0.1",
    "character-set-server": "utf8mb4",
    "innodb-buffer-pool-size": "32M",
    "debug-no-sync": "",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-flush-method": "nosync",
    "innodb-log-file-size": "16M",
    "lower-case-table-names": "0",
    "skip-log-bin": "",
    "skip-name-resolve": "",
    "skip-sync-frm": "",
}
# The last two are those that SQLAlchemy's test plugin cleans up.
_DATABASES = ("test", "test_schema", "test_schema_2")


class ServerMissing(RuntimeError):
    """No MariaDB server programs are on this machine."""


def program(*names: str) -> Path:
    """Return the path of the first of some programs that is installed.

    Raises ServerMissing if there is none; the message says what to install.
    """
    for name in names:
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
        if found:
            return Path(found)
    raise ServerMissing("MariaDB is missing: install the package 'mariadb-server'")


def _account() -> str | None:
    """Return the account to run as, None for the present one.

    The server refuses to run as root; the package creates an account.
    """
    return "mysql" if os.geteuid() == 0 else None


class Server:
    """A running server.

    port: TCP port on 127.0.0.1; a free one if it is None.
    """

    def __init__(self, port: int | None = None) -> None:
        self._daemon = program("mariadbd", "mysqld")
        self._installer = program("mariadb-install-db", "mysql_install_db")
        self.directory = Path(tempfile.mkdtemp(prefix="alembic_c_my"))
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def url(
        self, database: str = "test", driver: str = "pymysql", dialect: str = "mysql"
    ) -> str:
        """Return the SQLAlchemy URL of a database."""
        return (
            f"{dialect}+{driver}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"
            "?charset=utf8mb4"
        )

    def start(self) -> Server:
        """Initialise the data, start the server, create the databases `test…`."""
        data = self.directory / "data"
        data.mkdir(mode=0o700)
        account = _account()
        if account:
            shutil.chown(self.directory, account)
            shutil.chown(data, account)
        as_account = [f"--user={account}"] if account else []
        self._run(
            str(self._installer),
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *as_account,
        )
        setup = self.directory / "setup.sql"
        setup.write_text(
            f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
            + "".join(f"CREATE DATABASE {name};\n" for name in _DATABASES)
        )
        setup.chmod(0o644)
        options = [
            f"--{name}={value}" if value else f"--{name}"
            for name, value in _SETTINGS.items()
        ]
        with open(self.directory / "server.log", "wb") as log:
            self._process = subprocess.Popen(
                [
                    str(self._daemon),
                    "--no-defaults",
                    f"--datadir={data}",
                    f"--tmpdir={self.directory}",
                    f"--port={self.port}",
                    f"--socket={self.directory / 'server.sock'}",
                    f"--pid-file={self.directory / 'server.pid'}",
                    f"--init-file={setup}",
                    *options,
                    *as_account,
                ],
                stdout=log,
                stderr=log,
                cwd=self.directory,
            )
        self._await_ready()
        return self

    def stop(self) -> None:
        """Stop the server and remove what `start` made."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def _await_ready(self, seconds: float = 60.0) -> None:
        import sqlalchemy as sa

        engine = sa.create_engine(self.url(_DATABASES[-1]), poolclass=sa.pool.NullPool)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            with contextlib.suppress(sa.exc.OperationalError):
                engine.connect().close()
                return
            time.sleep(0.1)
        log = (self.directory / "server.log").read_text(errors="replace")
        raise RuntimeError(f"MariaDB did not start:\n{log[-4000:]}")

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.directory,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout.decode()}")


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run a throwaway server for the length of a `with` block."""
    running = Server()
    try:
        yield running.start()
    finally:
        running.stop()


def checks_apart(sql: str) -> str:
    """Write upstream's SQL as this server takes it: with the CHECKs of new columns.

    It has none with a name within a column.
    """
    return re.sub(r"(ADD COLUMN [^;]*?) (CONSTRAINT \S+ CHECK \()", r"\1, ADD \2", sql)


def drop_tables(connection: sa.Connection) -> None:
    """Drop all tables of the databases that tests use, and sequences of the first."""
    import sqlalchemy as sa

    connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
    inspector = sa.inspect(connection)
    for schema in (None, "test_schema"):
        for name in inspector.get_table_names(schema=schema):
            table = sa.Table(name, sa.MetaData(), schema=schema)
            connection.execute(sa.schema.DropTable(table))
    if connection.dialect.supports_sequences:
        for name in inspector.get_sequence_names():
            connection.execute(sa.schema.DropSequence(sa.Sequence(name)))
    connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 1")


def emptied(server_url: str, dialect: str) -> str:
    """Drop all tables of a server's test databases; return its URL for a dialect."""
    import sqlalchemy as sa

    url = sa.make_url(server_url).set(drivername=f"{dialect}+pymysql")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        drop_tables(connection)
    return url.render_as_string(hide_password=False)


def main(command: list[str]) -> int:
    """Run `command` with ALEMBIC_C_TEST_MARIADB set to a throwaway server's URL."""
    with server() as running:
        environment = dict(os.environ, ALEMBIC_C_TEST_MARIADB=running.url())
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
