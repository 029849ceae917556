"""How long the database may take for a load."""

import pytest
from django.db import OperationalError, connection, transaction

from smsreports.ingest.backpressure import LOAD_SETTINGS, apply_load_settings


def settings_now() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in LOAD_SETTINGS))
        found: tuple[str, ...] = cursor.fetchone()
    return found


def test_a_load_has_its_bounds_and_is_on_disk_whatever_the_session_had(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    with apply_load_settings():
        assert settings_now() == tuple(LOAD_SETTINGS.values())
    assert settings_now()[:2] == ("0", "0")


def test_a_load_that_fails_leaves_no_bounds_behind(db: None) -> None:
    before = settings_now()
    with pytest.raises(OperationalError), apply_load_settings(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10ms'")
        cursor.execute("SELECT pg_sleep(1)")
    assert settings_now() == before
