"""Callbacks of Jasmin's DLR thrower, by its documentation ("Receiving DLR") and the code of 0.11.1."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.conftest import load_lines, message_line
from tests.ingest.gateways.conftest import Caller, parse_error, stored_message, stored_receipts

ID = "16fd2706-8baf-433b-82eb-8c7fada847da"
# Examples of the documentation. At level 2 it calls the status a command status, but the code sends an SMPP state.
LEVEL_1 = {"id": ID, "level": "1", "message_status": "ESME_ROK", "connector": "smppc-1"}
LEVEL_2 = {
    "id": ID,
    "level": "2",
    "message_status": "DELIVRD",
    "connector": "smppc-1",
    "id_smsc": "2567",
    "sub": "001",
    "dlvrd": "001",
    "subdate": "2602131201",
    "donedate": "2602131202",
    "err": "000",
    "text": "Hello foo bar",
}
DELIVERED_AT = datetime(2026, 2, 13, 12, 2, tzinfo=UTC)


@pytest.fixture
def jasmin(sent: None) -> Caller:
    return Caller("jasmin")


@pytest.fixture(params=["get", "post"])
def call(request: pytest.FixtureRequest, jasmin: Caller) -> Any:
    """Both methods that `dlr-method` can set."""
    return getattr(jasmin, request.param)


def is_acknowledged(answer: Any) -> bool:
    """Check the response like Jasmin: the status and the whole body."""
    return (answer.status_code, answer.content) == (200, b"ACK/Jasmin")


def test_level_1_sets_the_status_sent(call: Any) -> None:
    before = datetime.now(UTC)
    assert is_acknowledged(call(LEVEL_1))
    message_fields = stored_message()
    assert (message_fields["status"], message_fields["status_code"], message_fields["delivered_at"]) == (
        "sent",
        "",
        None,
    )
    assert before <= message_fields["sent_at"] <= datetime.now(UTC)


def test_level_2_sets_the_final_status(call: Any) -> None:
    assert is_acknowledged(call(LEVEL_2))
    assert stored_message() | {"sent_at": None} == {
        "status": "DELIVRD",
        "status_code": "000",
        "sent_at": None,
        "delivered_at": DELIVERED_AT,
    }


@pytest.mark.parametrize("status", ["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"])
def test_all_statuses_of_jasmin_are_known(jasmin: Caller, status: str) -> None:
    assert is_acknowledged(jasmin.post(LEVEL_2 | {"message_status": status}))
    assert stored_message()["status"] == status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ESME_RINVNUMDESTS", "RINVNUMDESTS"),
        ("ESME_RTHROTTLED", "RTHROTTLED"),
        ("ESME_RINVDSTADDRSUBUNIT", "RINVDSTADDRSUBUN"),
    ],
)
def test_an_error_of_the_smsc_is_a_rejection(jasmin: Caller, error: str, code: str) -> None:
    assert is_acknowledged(jasmin.post(LEVEL_1 | {"message_status": error}))
    assert (stored_message()["status"], stored_message()["status_code"]) == ("REJECTD", code)


@pytest.mark.parametrize("order", sorted(set(permutations("1122"))))
def test_levels_in_any_order_and_repeated_are_two_receipts(jasmin: Caller, order: tuple[str, ...]) -> None:
    assert all(is_acknowledged(jasmin.post({"1": LEVEL_1, "2": LEVEL_2}[level])) for level in order)
    assert (stored_message()["status"], stored_message()["delivered_at"]) == ("DELIVRD", DELIVERED_AT)
    assert stored_receipts() == [(ID, "DELIVRD", "000", False), (ID, "sent", "", False)]


def test_a_repeated_receipt_without_a_time_is_stored_once(jasmin: Caller) -> None:
    """Jasmin sends `ND` for fields that the SMSC's receipt lacks."""
    call = LEVEL_2 | {"donedate": "ND", "subdate": "ND", "sub": "ND", "dlvrd": "ND", "err": "ND", "text": ""}
    before = datetime.now(UTC)
    assert is_acknowledged(jasmin.post(call))
    first = stored_message()
    assert before <= first["delivered_at"] <= datetime.now(UTC)
    assert is_acknowledged(jasmin.get(call))
    assert stored_message() == first
    assert stored_receipts() == [(ID, "DELIVRD", "", False)]


def test_the_url_sets_the_time_zone_of_the_smsc(jasmin: Caller) -> None:
    assert is_acknowledged(jasmin.post(LEVEL_2, tz="Asia/Dubai"))
    assert stored_message()["delivered_at"] == DELIVERED_AT - timedelta(hours=4)


def test_the_url_may_name_the_message_by_the_senders_id(jasmin: Caller) -> None:
    assert is_acknowledged(jasmin.post(LEVEL_2 | {"id": "unheard-of"}, client_message_id="m-1"))
    assert stored_message()["status"] == "DELIVRD"


def test_an_early_receipt_is_applied_when_its_message_is_loaded(jasmin: Caller) -> None:
    assert is_acknowledged(jasmin.post(LEVEL_2 | {"id": "later"}))
    load_lines([message_line(client_message_id="m-2", message_id="later")])
    assert stored_receipts() == [("later", "DELIVRD", "000", False)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": ""}, "id: is missing"),
        ({"id": "x" * 129}, "message_id: must not be longer than 128 characters"),
        ({"level": "4"}, "level: must be one of 1, 2, 3"),
        ({"message_status": ""}, "message_status: is missing"),
        ({"message_status": "sent"}, "'sent' is not an SMPP message state"),
        ({"message_status": "ESME_"}, "is not an error code"),
        ({"donedate": "anydate"}, "'anydate' is not a date"),
        ({"donedate": "2602301202"}, "'2602301202' is not a time that exists"),
        ({"err": "x" * 17}, "is not an error code"),
        ({"tz": "Mars"}, "tz: is not a time zone"),
        ({"id": "\0"}, "must be UTF-8 without NUL"),
    ],
)
def test_an_invalid_parameter_is_rejected_with_the_reason(jasmin: Caller, change: dict[str, str], reason: str) -> None:
    status, code, description = parse_error(jasmin.post(LEVEL_2 | change))
    assert (status, code) == (400, "INVALID_PARAMS")
    assert reason in description
    assert stored_message()["status"] == "pending"


def test_a_parameter_in_both_the_url_and_the_form_is_rejected(jasmin: Caller) -> None:
    assert parse_error(jasmin.post(LEVEL_2, id=ID)) == (400, "INVALID_PARAMS", "id: is given more than once")
