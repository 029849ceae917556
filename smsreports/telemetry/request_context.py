"""The request under way in this thread: its id, and what became known of it for its line in the log."""

import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex
from time import perf_counter
from typing import Any

# As proxies and clients make them. Without a letter it could be a telephone number, and would be in every line.
WELL_FORMED = re.compile(r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9._-]{1,64}")
ID_BYTES = 8


@dataclass(slots=True)
class RequestContext:
    """`facts` are what its line says besides: never a number, a text, a path or a key."""

    id: str
    log_fields: dict[str, Any] = field(default_factory=dict)
    _started: float = field(default_factory=perf_counter)

    @property
    def seconds(self) -> float:
        return perf_counter() - self._started


# One value for each thread. A response is streamed by the thread that made it, so it lasts until the end.
_current: ContextVar[RequestContext | None] = ContextVar("underway", default=None)


def begin_request(requested_id: str) -> RequestContext:
    """The request that now begins, under the id that the caller `asked` for, if that is one."""
    found = RequestContext(requested_id if WELL_FORMED.fullmatch(requested_id) else token_hex(ID_BYTES))
    _current.set(found)
    return found


def end_request() -> None:
    """What this thread says from here on is about no request."""
    _current.set(None)


def current_id() -> str | None:
    found = _current.get()
    return found.id if found else None


def add_log_fields(**fields: Any) -> None:
    """Puts facts into the line of the request under way; outside of requests nothing."""
    if found := _current.get():
        found.log_fields.update(fields)
