"""Checks of a port before anybody listens on it. Only the standard library is used: `make` runs this before setup."""

import errno
import fcntl
import os
import pwd
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
MAX_PORT = 65535
# Suggested ports begin here: an ordinary user may listen on every one of them.
FIRST_SUGGESTED = 8000
# The lock files of running servers, in the data folder.
FOLDER = "serving"
# Kept open, and thereby locked, until this process ends.
_held: list[int] = []


class PortUnavailable(Exception):
    """Nobody can listen on the port; the text is one line that says why, and how to name another."""


def parse_port(text: str) -> int:
    """Return the port that `text` names. Raises PortUnavailable."""
    if not (text.isascii() and text.isdigit()):
        raise PortUnavailable(f"The port {text!r} is not a number from 1 to {MAX_PORT}. {suggest_port(LOOPBACK)}")
    if not 1 <= int(text) <= MAX_PORT:
        raise PortUnavailable(f"The port {text} is out of range, 1 to {MAX_PORT}. {suggest_port(LOOPBACK)}")
    return int(text)


def check_port(host: str, port: int, data: Path | None = None) -> None:
    """Raise PortUnavailable if this process could not listen on `port`.

    `data` is the data folder, which tells a server of our own from another program.
    """
    try:
        _try_to_listen(host, port)
    except OSError as fault:
        raise PortUnavailable(f"{_describe_failure(fault, host, port, data)}. {suggest_port(host, port)}") from None


def suggest_port(host: str, taken: int = 0) -> str:
    """Return how to name another port, one that is free: for `make`, or for a command of its own."""
    candidates = range(max(FIRST_SUGGESTED, taken + 1 if taken < MAX_PORT else 0), MAX_PORT + 1)
    free = next((port for port in candidates if _is_free(host, port)), FIRST_SUGGESTED)
    return f"Take another: make run PORT={free}" if "MAKELEVEL" in os.environ else f"Take another: --port {free}"


def mark_port(data: Path, port: int) -> None:
    """Let other processes know, for as long as this one and its children live, that `port` is served from `data`."""
    if not data.is_dir():
        return
    (data / FOLDER).mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(_lock_path(data, port), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _held.append(descriptor)


def _is_ours(data: Path, port: int) -> bool:
    """Return whether a server of the same data folder has marked `port`."""
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
        # As the server does it: connections that have just ended are in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)


def _is_free(host: str, port: int) -> bool:
    try:
        _try_to_listen(host, port)
    except OSError:
        return False
    return True


def _describe_failure(fault: OSError, host: str, port: int, data: Path | None) -> str:
    if fault.errno == errno.EADDRINUSE:
        if data is not None and _is_ours(data, port):
            return f"Port {port} is in use by a server of this folder, which is at http://{LOOPBACK}:{port}/"
        return f"Port {port} is in use by another program"
    if fault.errno in (errno.EACCES, errno.EPERM):
        return f"{_describe_user()} is not allowed to listen on port {port}"
    return f"Nobody can listen on {host}, port {port} ({fault.strerror or fault})"


def _describe_user() -> str:
    try:
        return f"The user {pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:
        return f"User {os.geteuid()}"
