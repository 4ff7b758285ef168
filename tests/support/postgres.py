"""A throwaway PostgreSQL cluster for the test run.

The cluster lives in a temporary directory, listens on a free loopback port, keeps
nothing after `stop()` and is never the machine's own server.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

USER = "scott"
PASSWORD = "tiger"

_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "max_locks_per_transaction": "2048",
    "listen_addresses": "127.0.0.1",
    "max_prepared_transactions": "10",
}


class ServerMissing(RuntimeError):
    """No PostgreSQL server programs are on this machine."""


def server_bin() -> Path:
    """Return the directory of the newest installed server's programs.

    Raises ServerMissing if there is none; the message says what to install.
    """

    def version(directory: str) -> tuple[int, ...]:
        name = Path(directory).parent.name
        return tuple(int(part) for part in name.split(".") if part.isdigit())

    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=version, reverse=True)
    initdb = shutil.which("initdb")
    if initdb:
        found.append(str(Path(initdb).resolve().parent))
    for directory in found:
        if os.access(os.path.join(directory, "initdb"), os.X_OK):
            return Path(directory)
    raise ServerMissing("PostgreSQL is missing: install the package 'postgresql'")


def free_port() -> int:
    """Return a loopback TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _demoted() -> dict[str, str]:
    # PostgreSQL refuses to run as root; the package creates this account.
    return {"user": "postgres"} if os.geteuid() == 0 else {}


class Cluster:
    """A running server.

    directory: where the data and the server's log are; made if it is None.
    port: TCP port on 127.0.0.1; a free one if it is None.
    """

    def __init__(self, directory: Path | None = None, port: int | None = None) -> None:
        self._bin = server_bin()
        self._owns_directory = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="alembic_c_pg"))
        self.port = port or free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "test", driver: str = "psycopg2") -> str:
        """Return the SQLAlchemy URL of a database."""
        return (
            f"postgresql+{driver}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"
        )

    def start(self) -> Cluster:
        """Initialise the cluster, start it and create the database `test`."""
        data_dir = self.directory / "data"
        self.directory.mkdir(parents=True, exist_ok=True)
        os.chmod(self.directory, 0o755)
        data_dir.mkdir(mode=0o700)
        password_file = self.directory / "password"
        password_file.write_text(PASSWORD)
        if _demoted():
            shutil.chown(data_dir, "postgres")
            shutil.chown(self.directory, "postgres")
        self._run(
            "initdb",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth=scram-sha-256",
            f"--username={USER}",
            f"--pwfile={password_file}",
            str(data_dir),
        )
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        with open(self.directory / "server.log", "wb") as log:
            self._server = subprocess.Popen(
                [
                    str(self._bin / "postgres"),
                    f"-D{data_dir}",
                    f"-p{self.port}",
                    f"-k{self.directory}",
                    *options,
                ],
                stdout=log,
                stderr=log,
                cwd=self.directory,
                **_demoted(),  # type: ignore[call-overload]
            )
        self._await_ready()
        self.sql("postgres", "CREATE DATABASE test")
        self.sql("test", "CREATE SCHEMA test_schema")
        self.sql("test", "CREATE EXTENSION hstore", "CREATE EXTENSION citext")
        # Upstream's tests want a collation of this name, whatever its order.
        self.sql("test", 'CREATE COLLATION "en_US" FROM "C"')
        return self

    def stop(self) -> None:
        """Stop the server and remove what `start` made."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(timeout=30)
            self._server = None
        if self._owns_directory:
            shutil.rmtree(self.directory)

    def sql(self, database: str, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        for statement in statements:
            self._run(
                "psql",
                "-qX",
                "-vON_ERROR_STOP=1",
                f"-dpostgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}",
                f"-c{statement}",
            )

    def _await_ready(self, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._server is None or self._server.poll() is not None:
                break
            ready = subprocess.run(
                [str(self._bin / "pg_isready"), "-q", "-h127.0.0.1", f"-p{self.port}"],
                check=False,
            )
            if ready.returncode == 0:
                return
            time.sleep(0.05)
        log = (self.directory / "server.log").read_text(errors="replace")
        raise RuntimeError(f"PostgreSQL did not start:\n{log[-4000:]}")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.directory,
            check=False,
            **_demoted(),  # type: ignore[call-overload]
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout.decode()}")


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a throwaway cluster for the length of a `with` block."""
    server = Cluster()
    try:
        yield server.start()
    finally:
        server.stop()


def main(command: list[str]) -> int:
    """Run `command` with ALEMBIC_C_TEST_PG set to a throwaway cluster's URL."""
    with cluster() as server:
        environment = dict(os.environ, ALEMBIC_C_TEST_PG=server.url())
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
