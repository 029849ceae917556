"""What a log line repeats and what it withholds, whoever says it."""

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


def record(name: str, message: Any, *args: Any, fault: BaseException | None = None) -> logging.LogRecord:
    about = (type(fault), fault, fault.__traceback__) if fault else None
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, about)


def line(*said: Any, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(JsonFormatter().format(record(*said, **more)))
    return found


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
def test_only_our_own_words_are_repeated_whole(name: str, message: Any, args: Any, event: str) -> None:
    said = line(name, message, *args)
    assert (said["event"], said["logger"], said["level"]) == (event, name, "error")
    assert NUMBER not in PlainFormatter().format(record(name, message, *args))


@pytest.mark.parametrize("form", FORMS)
def test_a_fault_has_its_place_but_not_its_text(db: None, form: Callable[[], logging.Formatter]) -> None:
    """As PostgreSQL tells of a row, and as we are told of that."""
    Account.objects.create(name=NUMBER)
    try:
        try:
            Account.objects.create(name=NUMBER)
        except IntegrityError as row:
            assert NUMBER in str(row)
            raise ValueError(f"it was {NUMBER}") from row
    except ValueError:
        text = form().format(record("django.request", "%s", "x", fault=sys.exc_info()[1]))
    assert all(found in text for found in ("UniqueViolation", "IntegrityError", "ValueError", "test_logs.py", "line "))
    assert NUMBER not in text


def test_one_line_is_one_object_whatever_is_said() -> None:
    text = JsonFormatter().format(record("smsreports.x", "two\nlines \x00 \u2028 ü", fault=ValueError("a")))
    assert "\n" not in text
    assert json.loads(text)["exception"] == "ValueError"


def test_what_is_said_during_a_request_carries_its_id() -> None:
    request_context.begin_request("abc-1")
    assert line("smsreports.x", "said")["request_id"] == "abc-1"
    request_context.end_request()
    assert "request_id" not in line("smsreports.x", "said")


def test_notes_outside_of_requests_are_nobodys() -> None:
    request_context.end_request()
    request_context.add_log_fields(account=1)
    assert request_context.begin_request("abc-1").log_fields == {}
    request_context.end_request()


@pytest.mark.parametrize("form", ["json", "line"])
def test_nothing_is_logged_past_the_gate(form: str) -> None:
    """Django's own handlers print messages and exceptions as they are."""
    found = build_logging_config(form, "INFO")
    assert [handler["formatter"] for handler in found["handlers"].values()] == [form]
    assert found["loggers"]["django"]["handlers"] == []
    assert not logging.getLogger("django").handlers
