"""Context of the current request in this thread: its id, and fields for its log line."""

import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex
from time import perf_counter

# Ids that callers may choose. An id without a letter could be a telephone number, which must not be logged.
WELL_FORMED = re.compile(r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9._-]{1,64}")
ID_BYTES = 8


@dataclass(slots=True)
class RequestContext:
    """Id, log fields and start time of a request.

    `log_fields` never contain a telephone number, a text, a path or a key.
    """

    id: str
    log_fields: dict[str, object] = field(default_factory=dict)
    _started: float = field(default_factory=perf_counter)

    @property
    def seconds(self) -> float:
        return perf_counter() - self._started


# One value per thread. The thread that makes a response also streams it, so the value lasts until the end.
_current: ContextVar[RequestContext | None] = ContextVar("underway", default=None)


def begin_request(requested_id: str) -> RequestContext:
    """Set the context of a new request in this thread. A `requested_id` that is not well-formed is replaced."""
    context = RequestContext(requested_id if WELL_FORMED.fullmatch(requested_id) else token_hex(ID_BYTES))
    _current.set(context)
    return context


def end_request() -> None:
    """Clear the context of this thread."""
    _current.set(None)


def get_request_id() -> str | None:
    context = _current.get()
    return context.id if context else None


def add_log_fields(**fields: object) -> None:
    """Add fields to the log line of the current request. Outside of requests this does nothing."""
    if context := _current.get():
        context.log_fields.update(fields)
