"""Ingest by the generic loader alone: records by HTTP and by command, receipts, expiry and the status by id."""

from typing import Any

import pytest

from smsreports.accounts.models import Account
from smsreports.ingest.models import Event
from smsreports.sms.statuses import UNREPORTED
from tests.conftest import ApiClient, load_lines, message_line, receipt_line
from tests.ingest.conftest import LATER, NOON, get_counts, get_errors, load_records, receipt, run_command
from tests.toy_source.models import WhatsAppMessage
from tests.toys.conftest import ACME
from tests.toys.traffic import whatsapp_line, whatsapp_record

pytestmark = pytest.mark.usefixtures("account")
REFERENCES = ({"client_message_id": "w-1"}, {"message_id": "c-1"})


def post_lines(writer: ApiClient, *lines: str) -> Any:
    answer = writer.post("/api/v1/ingest", "\n".join(lines).encode())
    assert answer.status_code == 200, answer.body
    return answer.json()


def read_rows(*names: str) -> list[tuple[object, ...]]:
    return list(WhatsAppMessage.unscoped.order_by("id").values_list(*names))


def test_records_load_by_http(writer: ApiClient) -> None:
    body = post_lines(writer, whatsapp_line(template="hello"), whatsapp_line(template="hello"), message_line())
    assert (body["accepted"], body["duplicates"], body["rejected"]) == (2, 1, [])
    assert read_rows("account__name", "client_message_id", "template", "country", "segments", "status") == [
        ("acme", "w-1", "hello", "US", 1, "pending")
    ]


def test_records_load_by_command() -> None:
    lines = [whatsapp_line(client_message_id=f"w-{number}") for number in range(3)]
    run_command("import_traffic", "-", stdin="\n".join(lines).encode())
    assert read_rows("client_message_id") == [("w-0",), ("w-1",), ("w-2",)]


def test_a_contradiction_and_an_unknown_key_are_named(writer: ApiClient) -> None:
    body = post_lines(
        writer,
        whatsapp_line(template="hello"),
        whatsapp_line(template="bye", message="Bye"),
        whatsapp_line(broadcast="promo"),
        message_line(template="hello"),
        whatsapp_line(recipient=None),
    )
    assert [
        (rejected["line"], rejected["error"]) for rejected in sorted(body["rejected"], key=lambda r: r["line"])
    ] == [
        (2, "conflicts with what is known: message, template"),
        (3, "broadcast: unknown in a record of type whatsapp"),
        (4, "template: unknown in a record of type message"),
        (5, "recipient: is missing"),
    ]


def test_an_unknown_type_is_answered_with_every_type_of_record() -> None:
    [(line, error)] = get_errors(load_records({"type": "fax", "account": "acme"}))
    assert (line, error.split(", ")) == (
        1,
        ["type: must be one of message", "broadcast", "send", "whatsapp", "receipt", "click", "action"],
    )


def test_a_repeated_record_reports_its_status() -> None:
    load_records(whatsapp_record())
    assert get_counts(load_records(whatsapp_record(status="DELIVRD", delivered_at=LATER))) == (0, 1, 0)
    assert read_rows("status") == [("DELIVRD",)]


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: next(iter(reference)))
@pytest.mark.parametrize("is_early", [False, True], ids=["after", "before"])
def test_a_receipt_applies_before_and_after_the_record(reference: dict[str, str], is_early: bool) -> None:
    records = [whatsapp_record(message_id="c-1"), receipt(at=LATER, **reference)]
    for record in reversed(records) if is_early else records:
        load_records(record)
    assert read_rows("status", "delivered_at__second") == [("DELIVRD", 5)]
    assert not Event.unscoped.get().waits


def test_pending_messages_expire() -> None:
    load_lines([whatsapp_line(), whatsapp_line(client_message_id="w-2", status="DELIVRD")])
    run_command("expire_pending", "--older-than", "1h")
    assert read_rows("client_message_id", "status") == [("w-1", UNREPORTED), ("w-2", "DELIVRD")]


def test_its_status_is_found_by_the_clients_id_with_a_timeline(owner: ApiClient, stranger: ApiClient) -> None:
    load_lines([whatsapp_line(message_id="c-1"), receipt_line(message_id="c-1", status="DELIVRD", at=LATER)])
    message = owner.get("/api/v1/sms/status/w-1").json()["message"]
    assert (message["telecom_message_id"], message["status"], message["created_at"]) == ("c-1", "DELIVRD", NOON)
    assert [(entry["status"], entry["verdict"]) for entry in message["timeline"]] == [("DELIVRD", "applied")]
    state = owner.get(f"{ACME}/messages/w-1/state").json()
    assert (state["state"], state["receipts"]) == ("DELIVRD", [{"state": "DELIVRD", "time": LATER}])
    assert stranger.get(f"{ACME}/messages/w-1/state").status_code == 404


def test_two_accounts_may_have_the_same_id(stranger: ApiClient) -> None:
    load_lines([whatsapp_line(), whatsapp_line(account="globex", message="Other")])
    load_records(receipt(account="globex", client_message_id="w-1"))
    assert read_rows("account__name", "status") == [("acme", "pending"), ("globex", "DELIVRD")]
    assert Account.objects.count() == 2
