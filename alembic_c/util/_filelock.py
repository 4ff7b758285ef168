"""A lock that is a file: one process has it, and it is gone with the process."""

from __future__ import annotations

import fcntl
import os


class FileLock:
    """A lock on a file of its own, which is removed when it is released.

    path: of the file; its directory has to be there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._descriptor: int | None = None

    def try_acquire(self, note: str = "") -> bool:
        """Return whether this process has the lock now.

        note: what others read in the file while it is held.
        Raises OSError if the file cannot be made.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self._is_file_of(descriptor):  # released and removed meanwhile
                raise BlockingIOError
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.write(descriptor, note.encode())
        self._descriptor = descriptor
        return True

    def note(self) -> str:
        """Return what the holder has noted, "" if there is nothing to read."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as stream:
                return stream.read()
        except OSError:
            return ""

    def is_held(self) -> bool:
        """Return whether this process has the lock, and the file is still there."""
        return self._descriptor is not None and self._is_file_of(self._descriptor)

    def release(self) -> None:
        """Give the lock back; releasing twice is no error."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            if self._is_file_of(descriptor):
                os.unlink(self.path)
        finally:
            os.close(descriptor)

    def _is_file_of(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self.path))
        except FileNotFoundError:
            return False
