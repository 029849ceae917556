"""Formatters for all log lines, ours and those of libraries: JSON for machines, plain text for people."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from smsreports.telemetry.redaction import redact_exception, redact_message
from smsreports.telemetry.request_context import get_request_id

# Our lines do not show these. `logging` documents the switches as optimizations.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = logging.logAsyncioTasks = False  # type: ignore[attr-defined]


class RedactingFormatter(logging.Formatter):
    """Base of both formatters. Everything that is logged is redacted here.

    structlog's formatter is not used: it copies each record first, which took longer than the rest of the line.
    """

    def build_event(self, record: logging.LogRecord) -> dict[str, object]:
        """Return the fields of a line, with the current request's id and the `log_fields` of the record."""
        event: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": redact_message(record.name, record.msg, record.args),
        }
        if request_id := get_request_id():
            event["request_id"] = request_id
        event.update(getattr(record, "log_fields", {}))
        if record.exc_info and record.exc_info[1]:
            event["exception"] = redact_exception(record.exc_info[1])
        return event


class JsonFormatter(RedactingFormatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(self.build_event(record), default=str).decode()


class PlainFormatter(RedactingFormatter):
    """Plain text for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        event = self.build_event(record)
        exception = event.pop("exception", None)
        beginning = " ".join(str(event.pop(name)) for name in ("timestamp", "level", "logger", "event"))
        line = " ".join([beginning, *(f"{name}={value}" for name, value in event.items())])
        return f"{line}\n{exception}" if exception else line


def build_logging_config(form: str, level: str) -> dict[str, Any]:
    """Return the value of Django's LOGGING: lines of the form `json` or `line` on standard error, from `level` on."""
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
            # Without Django's own handlers, which do not redact.
            "django": {"handlers": [], "level": "NOTSET"},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
            # A 4xx already has its line with its route. Django's warnings would repeat it.
            "django.request": {"level": "ERROR"},
            # Scanners of the internet would fill the log.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # It warns about the bodies of responses to HEAD requests, which it rightly drops.
            "gunicorn.http.wsgi": {"level": "ERROR"},
        },
    }
