"""Checks of a port before a server listens on it.

Only the standard library is used, because `make` runs this before setup.
"""

import errno
import fcntl
import os
import pwd
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
MAX_PORT = 65535
# Lowest suggested port. Every user may listen on it and on those above.
FIRST_SUGGESTED = 8000
# Folder in the data folder for the lock files of running servers.
FOLDER = "serving"
# Descriptors of lock files, which stay open and thereby locked until this process ends.
_locked_descriptors: list[int] = []


class PortUnavailable(Exception):
    """The port cannot be used. The text is one line with the reason and a port that is free."""


def parse_port(text: str) -> int:
    """Parse the number of a port. Raises PortUnavailable."""
    if not (text.isascii() and text.isdigit()):
        raise PortUnavailable(f"The port {text!r} is not a number from 1 to {MAX_PORT}. {suggest_port(LOOPBACK)}")
    if not 1 <= int(text) <= MAX_PORT:
        raise PortUnavailable(f"The port {text} is out of range, 1 to {MAX_PORT}. {suggest_port(LOOPBACK)}")
    return int(text)


def check_port(host: str, port: int, data: Path | None = None) -> None:
    """Raise PortUnavailable if this process could not listen on `port`.

    `data` is the data folder. Its lock files show whether a server of this folder uses the port, or another program.
    """
    try:
        _try_to_listen(host, port)
    except OSError as error:
        raise PortUnavailable(f"{_describe_failure(error, host, port, data)}. {suggest_port(host, port)}") from None


def suggest_port(host: str, unavailable: int = 0) -> str:
    """Return a sentence that names a free port, as an argument of `make` if that runs us, else as an option."""
    candidates = range(max(FIRST_SUGGESTED, unavailable + 1 if unavailable < MAX_PORT else 0), MAX_PORT + 1)
    free = next((port for port in candidates if _is_free(host, port)), FIRST_SUGGESTED)
    return f"Take another: make run PORT={free}" if "MAKELEVEL" in os.environ else f"Take another: --port {free}"


def mark_port(data: Path, port: int) -> None:
    """Lock a file that shows other processes that `port` is served from `data`.

    The lock lasts until this process and its children have ended.
    """
    if not data.is_dir():
        return
    (data / FOLDER).mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(_lock_path(data, port), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _locked_descriptors.append(descriptor)


def _is_ours(data: Path, port: int) -> bool:
    """Return True if a running server of the same data folder has marked `port`."""
    try:
        descriptor = os.open(_lock_path(data, port), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock_path(data: Path, port: int) -> Path:
    return data / FOLDER / f"{port}.lock"


def _try_to_listen(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Like the server: connections that have just ended do not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)


def _is_free(host: str, port: int) -> bool:
    try:
        _try_to_listen(host, port)
    except OSError:
        return False
    return True


def _describe_failure(error: OSError, host: str, port: int, data: Path | None) -> str:
    if error.errno == errno.EADDRINUSE:
        if data is not None and _is_ours(data, port):
            return f"Port {port} is in use by a server of this folder, which is at http://{LOOPBACK}:{port}/"
        return f"Port {port} is in use by another program"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{_describe_user()} is not allowed to listen on port {port}"
    return f"The server cannot listen on {host}, port {port} ({error.strerror or error})"


def _describe_user() -> str:
    try:
        return f"The user {pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:
        return f"User {os.geteuid()}"
