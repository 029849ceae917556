"""Log lines, ours and the libraries' alike: JSON for machines, plain for people."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from smsreports.telemetry.redaction import redact_exception, redact_message
from smsreports.telemetry.request_context import current_id

# What no line of ours shows is not found out for each, as the documentation of `logging` advises.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = logging.logAsyncioTasks = False  # type: ignore[attr-defined]


class RedactingFormatter(logging.Formatter):
    """The one gate through which everything that is logged goes out.

    Written by hand: structlog's formatter copies each record first, which took longer than all the rest of the line.
    """

    def build_event(self, record: logging.LogRecord) -> dict[str, Any]:
        """What a line says: with the id of the request under way, and the `facts` that the record brings."""
        found = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": redact_message(record.name, record.msg, record.args),
        }
        if underway := current_id():
            found["request_id"] = underway
        found.update(getattr(record, "log_fields", {}))
        if record.exc_info and record.exc_info[1]:
            found["exception"] = redact_exception(record.exc_info[1])
        return found


class JsonFormatter(RedactingFormatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(self.build_event(record), default=str).decode()


class PlainFormatter(RedactingFormatter):
    """For a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        event = self.build_event(record)
        exception = event.pop("exception", None)
        first = " ".join(str(event.pop(name)) for name in ("timestamp", "level", "logger", "event"))
        line = " ".join([first, *(f"{name}={value}" for name, value in event.items())])
        return f"{line}\n{exception}" if exception else line


def build_logging_config(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: lines of the form `json` or `line` on standard error, from `level` on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "smsreports.telemetry.logs.JsonFormatter"},
            "line": {"()": "smsreports.telemetry.logs.PlainFormatter"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers, which know no gate, go.
            "django": {"handlers": [], "level": "NOTSET"},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
            # A 4xx has its line, with its route; these would repeat it without.
            "django.request": {"level": "ERROR"},
            # Whoever scans the internet for hosts would write here.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Its warnings are of HEAD requests, whose bodies it drops as it should.
            "gunicorn.http.wsgi": {"level": "ERROR"},
        },
    }
