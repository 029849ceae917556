"""Database timeouts during a load."""

import pytest
from django.db import OperationalError, connection, transaction

from smsreports.ingest.backpressure import LOAD_SETTINGS, apply_load_settings


def read_settings() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in LOAD_SETTINGS))
        settings: tuple[str, ...] = cursor.fetchone()
    return settings


def test_a_load_overrides_the_sessions_settings_and_resets_them(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    with apply_load_settings():
        assert read_settings() == tuple(LOAD_SETTINGS.values())
    assert read_settings()[:2] == ("0", "0")


def test_a_failed_load_resets_the_settings(db: None) -> None:
    before = read_settings()
    with pytest.raises(OperationalError), apply_load_settings(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10ms'")
        cursor.execute("SELECT pg_sleep(1)")
    assert read_settings() == before
