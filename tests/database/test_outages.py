"""Which database errors mean "not now", and which are faults of ours."""

import psycopg
import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DataError, InternalError, NotSupportedError, OperationalError, ProgrammingError

from smsreports.database.outages import is_outage
from smsreports.embedded_postgres.errors import DatabaseUnavailable


def of_state(state: str) -> Exception:
    """Return the error as Django raises it for this SQLSTATE."""
    cause = psycopg.errors.lookup(state)()
    kind = next(
        one
        for one in (InternalError, OperationalError, ProgrammingError, DataError, NotSupportedError)
        if issubclass(type(cause), getattr(psycopg, one.__name__))
    )
    fault = kind()
    fault.__cause__ = cause
    return fault


@pytest.mark.parametrize(
    "state",
    [
        *("08000", "08003", "08006", "08P01"),
        *("25006", "25P03", "40001", "40P01", "53000", "53100", "53200", "53300", "55P03"),
        *("57014", "57P01", "57P02", "57P03", "57P04", "57P05", "58000", "58030"),
    ],
)
def test_a_database_that_cannot_serve_now_is_an_outage(state: str) -> None:
    assert is_outage(of_state(state))


@pytest.mark.parametrize("state", ["22P02", "25P02", "42601", "42703", "42P01", "54001", "0A000", "XX000", "XX001"])
def test_a_fault_of_ours_is_none(state: str) -> None:
    assert not is_outage(of_state(state))


def test_a_lost_connection_has_no_state_and_is_an_outage() -> None:
    for cause in (psycopg.OperationalError("server closed the connection"), psycopg.InterfaceError("closed")):
        fault = OperationalError("lost")
        fault.__cause__ = cause
        assert is_outage(fault)
        assert is_outage(cause)
    assert is_outage(OperationalError("the embedded server did not start"))
    assert is_outage(DatabaseUnavailable("the embedded server did not start"))


def test_what_django_makes_of_an_outage_is_one() -> None:
    """A session that cannot be written is reported as one that somebody deleted."""
    try:
        try:
            try:
                raise of_state("25006")
            except InternalError:
                raise UpdateError  # noqa: B904  as Django does it
        except UpdateError:
            raise SessionInterrupted  # noqa: B904
    except SessionInterrupted as fault:
        assert is_outage(fault)
    assert not is_outage(SessionInterrupted())


def test_an_error_that_says_that_another_has_no_part_in_it_is_none() -> None:
    try:
        try:
            raise of_state("53300")
        except OperationalError:
            raise ValueError("not about that") from None
    except ValueError as fault:
        assert not is_outage(fault)
    assert not is_outage(None)
