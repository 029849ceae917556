"""Whether this process has been told to stop; /readyz asks."""

from threading import Event

_told = Event()


def begin() -> None:
    _told.set()


def begun() -> bool:
    return _told.is_set()
