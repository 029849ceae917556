"""The service with both toys is sound: checks, migrations, triggers and counters."""

import io

import pytest
from django.core.management import call_command

from smsreports.counters.verify import find_differences, find_trigger_differences
from smsreports.sources import get_counter_specs, get_sources
from tests.conftest import load_lines
from tests.toy_source.models import WhatsAppMessage
from tests.toys.traffic import whatsapp_line

pytestmark = pytest.mark.django_db


def test_the_source_is_registered_beside_the_others() -> None:
    assert [source.slug for source in get_sources()] == ["api", "broadcasts", "whatsapp"]


def test_the_system_checks_find_nothing() -> None:
    call_command("check", fail_level="WARNING")


def test_the_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_frozen_triggers_are_those_of_the_specs() -> None:
    assert find_trigger_differences(get_counter_specs()) == []


@pytest.mark.usefixtures("account")
def test_the_counters_follow_every_change_of_the_rows() -> None:
    load_lines(whatsapp_line(client_message_id=f"w-{number}") for number in range(3))
    WhatsAppMessage.unscoped.filter(client_message_id="w-1").update(status="DELIVRD")
    WhatsAppMessage.unscoped.filter(client_message_id="w-2").delete()
    assert list(find_differences(get_counter_specs())) == []
    output = io.StringIO()
    call_command("verify_counters", stdout=output)
    assert output.getvalue()
