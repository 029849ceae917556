"""Registration of the reader of timelines."""

import pytest
from django.apps import apps

from messages_app.models import Message
from smsreports.staff import timeline
from tests.conftest import load_lines, message_line, receipt_line


@pytest.mark.django_db
def test_the_application_registers_the_reader_without_its_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "_readers", [])
    apps.get_app_config("ingest").ready()
    load_lines([message_line(), receipt_line(client_message_id="m-1", status="sent")])
    row = Message.unscoped.get()
    sms = {name: getattr(row, name) for name in timeline.SMS_FIELDS}
    entries, total = timeline.get_timeline(row.account, sms)
    assert total == 1
    assert [(entry.kind, entry.report) for entry in entries] == [("receipt", "sent")]
