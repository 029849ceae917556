"""Redaction of log messages: ours are logged whole, those of libraries without anything that may be a caller's data."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from traceback import extract_tb

from smsreports.installation import list_packages

# Messages of gunicorn that contain signals, our own addresses and workers. Its other messages may quote requests.
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
# `logging.LogRecord.args`: the values of a message's fields, or a mapping of them.
LogArguments = tuple[object, ...] | Mapping[str, object] | None


def redact_message(name: str, message: object, args: LogArguments) -> str:
    """Return a message of the logger `name` without data of callers.

    Our own loggers log no such data, which is tested. Django puts paths into its messages, psycopg rows, and gunicorn
    the bytes of malformed requests.
    """
    if not isinstance(message, str):
        return f"{REDACTED} {type(message).__name__}"
    if name.startswith(_get_own_prefixes()) or message in SAFE_MESSAGES:
        return message % args if args else message
    if not args and not name.startswith("gunicorn."):
        return REDACTED  # it may have been formatted before
    return _redact_arguments(message, args)


@cache
def _get_own_prefixes() -> tuple[str, ...]:
    return tuple(f"{package}." for package in list_packages())


def _redact_arguments(message: str, args: LogArguments) -> str:
    """Return the constant part of a message, and integers, which are ids of processes.

    Messages of gunicorn without arguments quote requests after a colon.
    """
    if not args:
        return message.partition(":")[0]
    if isinstance(args, tuple) and all(isinstance(arg, int) for arg in args):
        return message % args
    return FIELD.sub(REDACTED, message)


def redact_exception(error: BaseException) -> str:
    """Return the tracebacks and types of an exception and of its causes.

    Their texts may contain rows ("Key (recipient)=(…)"). They are left out unless the class sets `is_log_safe`.
    """
    chain = reversed(list(iterate_causes(error)))
    return "\n".join(line for exception in chain for line in _describe_exception(exception))


def iterate_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and the ones that a traceback would show before it, the outermost first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _describe_exception(error: BaseException) -> Iterator[str]:
    for frame in extract_tb(error.__traceback__):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    kind = type(error).__name__
    yield f"{kind}: {error}" if getattr(error, "is_log_safe", False) else kind
