"""File locks of the processes that use a server. The kernel releases those of a killed process."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Serializes threads and prevents forks meanwhile: a child would inherit the start lock and keep it.
_mutex = threading.RLock()
# Descriptors of the shared locks of this process.
_shared: dict[Path, int] = {}


@contextmanager
def hold_exclusive(path: Path) -> Iterator[None]:
    """Hold the lock alone among all processes and threads; wait until it is free."""
    with _mutex, _opened_file(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def acquire_shared(path: Path) -> bool:
    """Hold the lock until `release_shared` or the end of the process; return False if this process had it already."""
    with _mutex:
        if path in _shared:
            return False
        descriptor = _open_file(path)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _shared[path] = descriptor
        return True


def holds_shared(path: Path) -> bool:
    return path in _shared


def release_shared(path: Path) -> None:
    with _mutex:
        os.close(_shared.pop(path))


def is_unused(path: Path) -> bool:
    """Return True if no process holds the lock."""
    with _opened_file(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def list_holders(path: Path) -> list[int]:
    """Return the ids of the processes that hold the lock; empty on systems other than Linux."""
    table, inode = Path("/proc/locks"), f":{path.stat().st_ino}"
    rows = [line.split() for line in table.read_text().splitlines()] if table.exists() else []
    # number, FLOCK, ADVISORY, READ or WRITE, pid, device:inode, first and last byte; a waiting process has a `->` first
    pids = {int(row[4]) for row in rows if row[1] == "FLOCK" and row[5].endswith(inode)}
    return sorted(pid for pid in pids if pid > 0)


@contextmanager
def _opened_file(path: Path) -> Iterator[int]:
    descriptor = _open_file(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_file(path: Path) -> int:
    """Open the lock file. Python closes it in executed programs, so the server itself never holds a lock."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _close_inherited() -> None:
    """Close the inherited locks in a forked child. They belong to the parent; a child acquires its own."""
    while _shared:
        os.close(_shared.popitem()[1])
    _mutex.release()


os.register_at_fork(before=_mutex.acquire, after_in_parent=_mutex.release, after_in_child=_close_inherited)
