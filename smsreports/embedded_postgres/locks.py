"""Who uses a server: kernel locks, so that a process that was killed leaves nothing behind."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# One thread at a time, and no fork meanwhile: a child would inherit the lock on starting and keep it.
_mutex = threading.RLock()
# The descriptors of this process's shared locks.
_shared: dict[Path, int] = {}


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Alone among all processes and threads; waits for its turn."""
    with _mutex, _opened(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def share(path: Path) -> bool:
    """Hold the lock until `unshare` or the end of the process; false if this process had it already."""
    with _mutex:
        if path in _shared:
            return False
        descriptor = _open(path)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _shared[path] = descriptor
        return True


def shared(path: Path) -> bool:
    return path in _shared


def unshare(path: Path) -> None:
    with _mutex:
        os.close(_shared.pop(path))


def unused(path: Path) -> bool:
    """Whether no process holds the lock."""
    with _opened(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def holders(path: Path) -> list[int]:
    """Return the ids of the processes that hold the lock, as far as the system tells: Linux does."""
    table, inode = Path("/proc/locks"), f":{path.stat().st_ino}"
    rows = [line.split() for line in table.read_text().splitlines()] if table.exists() else []
    # number, FLOCK, ADVISORY, READ or WRITE, process, device:inode, first and last byte; one who waits has `->` before.
    found = {int(row[4]) for row in rows if row[1] == "FLOCK" and row[5].endswith(inode)}
    return sorted(process for process in found if process > 0)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = _open(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """Python closes it in programs that are executed, so the server itself never holds a lock."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _forget() -> None:
    """In a forked child: what is held is the parent's. A child that uses the server takes its own."""
    while _shared:
        os.close(_shared.popitem()[1])
    _mutex.release()


os.register_at_fork(before=_mutex.acquire, after_in_parent=_mutex.release, after_in_child=_forget)
