"""What a log line may repeat: our own words, and of others' only what cannot hold a caller's data."""

import re
from collections.abc import Iterator
from traceback import extract_tb
from typing import Any

# These promise, and are tested, to put no data into what they say.
OWN_LOGGERS = ("smsreports.", "messages_app.", "broadcasts_app.")
# Of gunicorn's messages these name signals, addresses of our own and workers: whole. It has others that quote requests.
SAFE_MESSAGES = (
    "Starting gunicorn %s",
    "Listening at: %s (%s)",
    "Using worker: %s",
    "Handling signal: %s",
    "Shutting down: %s",
    "Reason: %s",
)
FIELD = re.compile(r"%(?:\([^)]*\))?[^a-zA-Z%]*[a-zA-Z]")
REDACTED = "…"


def redact_message(name: str, message: Any, args: Any) -> str:
    """What the logger `name` said, in words that may be kept. Django puts paths into its messages, psycopg rows, and
    gunicorn the bytes of a request that it does not understand."""
    if not isinstance(message, str):
        return f"{REDACTED} {type(message).__name__}"
    if name.startswith(OWN_LOGGERS) or message in SAFE_MESSAGES:
        return message % args if args else message
    if not args and not name.startswith("gunicorn."):
        return REDACTED  # it may have been put together beforehand
    return _redact_arguments(message, args)


def _redact_arguments(message: str, args: Any) -> str:
    """Its constant part, and numbers of processes; what gunicorn quotes ready-made comes after a colon."""
    if not args:
        return message.partition(":")[0]
    if isinstance(args, tuple) and all(isinstance(arg, int) for arg in args):
        return message % args
    return FIELD.sub(REDACTED, message)


def redact_exception(found: BaseException) -> str:
    """An exception and those behind it, by their kinds and places in the code. Their texts may hold rows ("Key
    (recipient)=(…)"), but for those whose class says `is_log_safe`."""
    return "\n".join(line for one in reversed(list(_exception_chain(found))) for line in _describe_exception(one))


def _exception_chain(found: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _describe_exception(found: BaseException) -> Iterator[str]:
    for frame in extract_tb(found.__traceback__):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    kind = type(found).__name__
    yield f"{kind}: {found}" if getattr(found, "is_log_safe", False) else kind
