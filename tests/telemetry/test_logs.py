"""Log lines and their redaction."""

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from smsreports.accounts.models import Account
from smsreports.telemetry import request_context
from smsreports.telemetry.logs import JsonFormatter, PlainFormatter, build_logging_config

NUMBER = "491701234567"
FORMS: list[Callable[[], logging.Formatter]] = [JsonFormatter, PlainFormatter]


def make_record(name: str, message: Any, *args: Any, error: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, exc_info)


def format_line(*args: Any, **kwargs: Any) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(JsonFormatter().format(make_record(*args, **kwargs)))
    return fields


@pytest.mark.parametrize(
    ("name", "message", "args", "event"),
    [
        ("smsreports.api.errors", "the database did not answer: %s", ("X",), "the database did not answer: X"),
        ("django.request", "%s: %s", ("Not Found", f"/{NUMBER}"), "…: …"),
        ("django.request", "Forbidden (Permission denied): %s", (NUMBER,), "Forbidden (Permission denied): …"),
        ("django.security.SuspiciousOperation", f"odd {NUMBER}", (), "…"),
        ("gunicorn.error", f"Invalid request from ip=::1: '{NUMBER}'", (), "Invalid request from ip="),
        ("gunicorn.error", "Error handling request %s %s", ("GET", f"/?phone={NUMBER}"), "Error handling request … …"),
        ("gunicorn.error", "Ignored premature client disconnection. %s", (ValueError(NUMBER),),
         "Ignored premature client disconnection. …"),
        ("gunicorn.error", "Worker exiting (pid: %s)", (17,), "Worker exiting (pid: 17)"),
        ("gunicorn.error", "Handling signal: %s", ("term",), "Handling signal: term"),
        ("gunicorn.error", SyntaxError(NUMBER), (), "… SyntaxError"),
        ("psycopg", f"error ignored in {NUMBER}", (), "…"),
        ("a.library", "%(who)s", ({"who": NUMBER},), "…"),
    ],
)  # fmt: skip
def test_messages_of_libraries_are_redacted(name: str, message: Any, args: Any, event: str) -> None:
    fields = format_line(name, message, *args)
    assert (fields["event"], fields["logger"], fields["level"]) == (event, name, "error")
    assert NUMBER not in PlainFormatter().format(make_record(name, message, *args))


@pytest.mark.parametrize("form", FORMS)
def test_an_exception_is_logged_with_its_traceback_but_without_its_text(
    db: None, form: Callable[[], logging.Formatter]
) -> None:
    """PostgreSQL quotes the row, and so does the exception that is raised from its error."""
    Account.objects.create(name=NUMBER)
    try:
        try:
            Account.objects.create(name=NUMBER)
        except IntegrityError as row:
            assert NUMBER in str(row)
            raise ValueError(f"it was {NUMBER}") from row
    except ValueError:
        text = form().format(make_record("django.request", "%s", "x", error=sys.exc_info()[1]))
    assert all(part in text for part in ("UniqueViolation", "IntegrityError", "ValueError", "test_logs.py", "line "))
    assert NUMBER not in text


def test_each_record_is_one_json_object_on_one_line() -> None:
    text = JsonFormatter().format(make_record("smsreports.x", "two\nlines \x00 \u2028 ü", error=ValueError("a")))
    assert "\n" not in text
    assert json.loads(text)["exception"] == "ValueError"


def test_lines_during_a_request_have_its_id() -> None:
    request_context.begin_request("abc-1")
    assert format_line("smsreports.x", "said")["request_id"] == "abc-1"
    request_context.end_request()
    assert "request_id" not in format_line("smsreports.x", "said")


def test_log_fields_outside_of_requests_are_dropped() -> None:
    request_context.end_request()
    request_context.add_log_fields(account=1)
    assert request_context.begin_request("abc-1").log_fields == {}
    request_context.end_request()


@pytest.mark.parametrize("form", ["json", "line"])
def test_all_handlers_redact(form: str) -> None:
    """Django's own handlers print messages and exceptions as they are."""
    config = build_logging_config(form, "INFO")
    assert [handler["formatter"] for handler in config["handlers"].values()] == [form]
    assert config["loggers"]["django"]["handlers"] == []
    assert not logging.getLogger("django").handlers
