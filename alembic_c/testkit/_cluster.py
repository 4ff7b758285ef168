"""A throwaway PostgreSQL server, where PostgreSQL's programs are installed.

It lives in a temporary directory, in memory where there is room, listens on a free
loopback port, gives up durability for speed, keeps nothing after `stop()` and is never
the machine's own server. What a killed process leaves, the next server removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from ._tree import TestKitError

# A server whose data may be lost commits without waiting for the disk.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
}

_PREFIX = "alembic_c_pg"
# Locked in a server's directory by each process that uses it.
_IN_USE = "in_use"

# Where files are in memory on Linux, and the bytes that have to be free there.
_MEMORY = "/dev/shm"
_ROOM = 2 << 30


class ServerMissing(TestKitError):
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
    raise ServerMissing(
        "PostgreSQL is missing: install the package 'postgresql', or name a server by "
        "its URL"
    )


def _remove_side_files(data: Path) -> None:
    """Remove the maps of free space and visibility, while no server runs on the files.

    A quarter of the files of an empty database, each of which every copy of it opens,
    reads and writes. The server does without them until VACUUM makes them again:
    https://www.postgresql.org/docs/current/storage-fsm.html
    """
    for kind in ("fsm", "vm"):
        for path in data.glob(f"base/*/*_{kind}"):
            path.unlink()


def free_port() -> int:
    """Return a loopback TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _parent() -> Path:
    """Return the directory for servers' directories: what TMPDIR names, or memory."""
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if not named and os.access(_MEMORY, os.W_OK | os.X_OK):
        status = os.statvfs(_MEMORY)
        if status.f_bavail * status.f_frsize >= _ROOM:
            return Path(_MEMORY)
    return Path(tempfile.gettempdir())


class _Use:
    """The use of a server's directory by this process; it ends with the process.

    Raises FileNotFoundError if the directory is gone.
    """

    def __init__(self, directory: Path, *, new: bool = False) -> None:
        path = directory / _IN_USE
        self._stream = open(path, "w" if new else "r")  # noqa: SIM115 - see end()
        fcntl.flock(self._stream, fcntl.LOCK_SH)
        path.stat()  # it may have been removed meanwhile

    def is_last(self) -> bool:
        """Return whether no other process uses it; from then on none can."""
        return _is_alone(self._stream)

    def end(self) -> None:
        """End the use."""
        self._stream.close()


def _is_alone(stream: TextIO) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_unused(parent: Path) -> None:
    """Remove the directories of servers whose processes were killed.

    A server that still runs ends by itself when it misses its files: it looks for them
    once a minute (AddToDataDirLockFile and RecheckDataDirLockFile in PostgreSQL).
    """
    for path in parent.glob(f"{_PREFIX}*/{_IN_USE}"):
        # Another user's, or removed by another process meanwhile.
        with contextlib.suppress(PermissionError, FileNotFoundError), open(path) as own:
            if _is_ours(path.parent) and _is_alone(own):
                # A server that writes meanwhile leaves something for the next time.
                shutil.rmtree(path.with_name("data"), ignore_errors=True)
                if not path.with_name("data").exists():
                    shutil.rmtree(path.parent)


def _is_ours(directory: Path) -> bool:
    """Return whether a directory is nobody else's; it stands where all may write."""
    status = directory.lstat()
    owners = {os.geteuid()}
    for name in _account().values():
        with contextlib.suppress(KeyError):
            owners.add(pwd.getpwnam(name).pw_uid)
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners


def _account() -> dict[str, Any]:
    # PostgreSQL refuses to run as root; its package creates this account.
    return {"user": "postgres"} if os.geteuid() == 0 else {}


class Cluster:
    """A server of its own, and what is known of it while it runs.

    user, password: of its only account; a random password if it is None.
    settings: of postgresql.conf, beside those that make it fast.
    """

    def __init__(
        self,
        user: str = "test",
        password: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._bin = server_bin()
        self._user = user
        self._password = password or secrets.token_hex(8)
        self._settings = {**_SETTINGS, **(settings or {})}
        parent = _parent()
        _remove_unused(parent)
        made = Path(tempfile.mkdtemp(prefix="alembic_c_", dir=parent))
        self.use = _Use(made, new=True)
        # Now that it is in use, under a name that is looked for.
        self.directory = made.rename(f"{made.with_name(_PREFIX)}_{made.name[10:]}")
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres", driver: str = "postgresql") -> str:
        """Return the SQLAlchemy URL of a database.

        driver: of the URL: "postgresql+asyncpg".
        """
        account = f"{self._user}:{self._password}"
        return f"{driver}://{account}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Cluster:
        """Initialise the server and start it.

        Raises TestKitError with the server's log if it does not start.
        """
        data = self.directory / "data"
        os.chmod(self.directory, 0o755)
        data.mkdir(mode=0o700)
        password_file = self.directory / "password"
        password_file.write_text(self._password)
        if _account():
            shutil.chown(data, "postgres")
            shutil.chown(self.directory, "postgres")
        self.run(
            *("initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--auth=scram-sha-256", f"--username={self._user}"),
            *(f"--pwfile={password_file}", str(data)),
        )
        _remove_side_files(data)
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        with open(self.directory / "server.log", "wb") as log:
            self.server = subprocess.Popen(
                [
                    *(str(self._bin / "postgres"), f"-D{data}", f"-p{self.port}"),
                    *(f"-k{self.directory}", *options),
                ],
                stdout=log,
                stderr=log,
                cwd=self.directory,
                # Not a child of the terminal's group: Ctrl-C is for the tests.
                start_new_session=True,
                **_account(),
            )
        self._await_ready()
        return self

    def stop(self) -> None:
        """Stop the server and remove its directory."""
        if self.server is not None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait(timeout=30)
            self.server = None
        shutil.rmtree(self.directory)
        self.use.end()

    def _await_ready(self, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        ready = [str(self._bin / "pg_isready"), "-q", "-h127.0.0.1", f"-p{self.port}"]
        while time.monotonic() < deadline:
            if self.server is None or self.server.poll() is not None:
                break
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.05)
        log = (self.directory / "server.log").read_text(errors="replace")
        raise TestKitError(f"PostgreSQL did not start:\n{log[-4000:]}")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs.

        Raises TestKitError with what it printed if it fails.
        """
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.directory,
            check=False,
            **_account(),
        )
        if done.returncode:
            raise TestKitError(f"{program} failed:\n{done.stdout.decode()}")


@contextlib.contextmanager
def shared(folder: Path, driver: str) -> Iterator[str]:
    """Yield the URL of a cluster that all processes share which name the same folder.

    The first one starts it; the last one to leave stops it, whoever started it.
    """
    path = folder / "alembic_c_cluster.json"
    with _locked(folder):
        state, use = _joined(path) or _started(path)
    try:
        yield state.url.replace("postgresql", driver, 1)
    finally:
        with _locked(folder):
            if use.is_last():
                state.stop()
                path.unlink()
            use.end()


def _joined(path: Path) -> tuple[_State, _Use] | None:
    """Return the cluster of a file, and the use of it; None if there is no cluster."""
    try:
        state = _State(**json.loads(path.read_text()))
        return state, _Use(Path(state.directory))
    except FileNotFoundError:
        return None


def _started(path: Path) -> tuple[_State, _Use]:
    """Start a cluster that others find by a file."""
    cluster = Cluster().start()
    assert cluster.server is not None
    url = cluster.url(driver="postgresql")
    state = _State(url, cluster.server.pid, str(cluster.directory))
    state.write(path)
    return state, cluster.use


class _State(NamedTuple):
    """What processes tell each other of a shared cluster, in a file.

    server: the id of its process.
    """

    url: str
    server: int
    directory: str

    def write(self, path: Path) -> None:
        """Write the file; only its owner may read the password in it."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w") as stream:
            json.dump(self._asdict(), stream)

    def stop(self) -> None:
        """Stop the server and remove its directory."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.server, signal.SIGINT)
        _await_end(self.server)
        shutil.rmtree(self.directory)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with open(folder / "alembic_c_cluster.lock", "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _await_end(process: int, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while _lives(process) and time.monotonic() < deadline:
        # Ours, if this process has started it: then it has to be waited for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
        time.sleep(0.02)
