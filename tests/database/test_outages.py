"""Database errors that count as an outage, and errors that do not."""

import psycopg
import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DataError, InternalError, NotSupportedError, OperationalError, ProgrammingError

from smsreports.database.outages import is_outage
from smsreports.embedded_postgres.errors import DatabaseUnavailable


def build_error(state: str) -> Exception:
    """Return the error as Django raises it for this SQLSTATE."""
    cause = psycopg.errors.lookup(state)()
    django_class = next(
        error_class
        for error_class in (InternalError, OperationalError, ProgrammingError, DataError, NotSupportedError)
        if issubclass(type(cause), getattr(psycopg, error_class.__name__))
    )
    error = django_class()
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "state",
    [
        *("08000", "08003", "08006", "08P01"),
        *("25006", "25P03", "40001", "40P01", "53000", "53100", "53200", "53300", "55P03"),
        *("57014", "57P01", "57P02", "57P03", "57P04", "57P05", "58000", "58030"),
    ],
)
def test_an_unavailable_database_is_an_outage(state: str) -> None:
    assert is_outage(build_error(state))


@pytest.mark.parametrize("state", ["22P02", "25P02", "42601", "42703", "42P01", "54001", "0A000", "XX000", "XX001"])
def test_an_error_of_a_statement_is_no_outage(state: str) -> None:
    assert not is_outage(build_error(state))


def test_a_lost_connection_is_an_outage() -> None:
    for cause in (psycopg.OperationalError("server closed the connection"), psycopg.InterfaceError("closed")):
        error = OperationalError("lost")
        error.__cause__ = cause
        assert is_outage(error)
        assert is_outage(cause)
    assert is_outage(OperationalError("the embedded server did not start"))
    assert is_outage(DatabaseUnavailable("the embedded server did not start"))


def test_an_error_caused_by_an_outage_is_an_outage() -> None:
    """Django reports a session that cannot be written as a deleted one."""
    try:
        try:
            try:
                raise build_error("25006")
            except InternalError:
                raise UpdateError  # noqa: B904  as Django does it
        except UpdateError:
            raise SessionInterrupted  # noqa: B904
    except SessionInterrupted as error:
        assert is_outage(error)
    assert not is_outage(SessionInterrupted())


def test_a_suppressed_cause_is_no_outage() -> None:
    try:
        try:
            raise build_error("53300")
        except OperationalError:
            raise ValueError("not about that") from None
    except ValueError as error:
        assert not is_outage(error)
    assert not is_outage(None)
