"""Log lines, ours and the libraries' alike: JSON for machines, plain for people."""

from collections.abc import MutableMapping
from typing import Any

import orjson
from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter, add_log_level

from smsreports.telemetry.underway import current_id
from smsreports.telemetry.withholding import fault, said


def about_request(logger: Any, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the id of the request under way, and the facts that a record brings as `facts`."""
    if found := current_id():
        event["request_id"] = found
    event.update(getattr(event["_record"], "facts", {}))
    return event


class Lines(ProcessorFormatter):
    """The one gate through which everything that is logged goes out."""

    def __init__(self, renderer: Any) -> None:
        before = [TimeStamper(fmt="iso", utc=True), add_log_level, said, about_request, fault]
        last = [ProcessorFormatter.remove_processors_meta, renderer]
        super().__init__(
            processors=last,
            foreign_pre_chain=before,  # type: ignore[arg-type]  # its aliases know no `_record`
            use_get_message=False,
            pass_foreign_args=True,
        )


class JsonLines(Lines):
    """One JSON object a line."""

    def __init__(self) -> None:
        super().__init__(JSONRenderer(serializer=_dump))


class PlainLines(Lines):
    """For a terminal."""

    def __init__(self) -> None:
        super().__init__(ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False))


def _dump(event: Any, default: Any) -> str:
    return orjson.dumps(event, default=default).decode()


def config(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: lines of the form `json` or `line` on standard error, from `level` on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "smsreports.telemetry.logs.JsonLines"},
            "line": {"()": "smsreports.telemetry.logs.PlainLines"},
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
