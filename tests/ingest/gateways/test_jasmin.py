"""What Jasmin's thrower sends, by its documentation ("Receiving DLR") and the code of 0.11.1, at the real address."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.conftest import load, message
from tests.ingest.gateways.conftest import Caller, kept, refused, stored

ID = "16fd2706-8baf-433b-82eb-8c7fada847da"
# The documentation's own examples. What it calls a command's status at level 2 is, by its code, a state of SMPP.
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
    """By either of Jasmin's methods, as `dlr-method` says."""
    return getattr(jasmin, request.param)


def acknowledged(answer: Any) -> bool:
    """What Jasmin looks at: the status, and all of the body."""
    return (answer.status_code, answer.content) == (200, b"ACK/Jasmin")


def test_the_smscs_answer_is_that_it_was_sent(call: Any) -> None:
    before = datetime.now(UTC)
    assert acknowledged(call(LEVEL_1))
    now = stored()
    assert (now["status"], now["status_code"], now["delivered_at"]) == ("sent", "", None)
    assert before <= now["sent_at"] <= datetime.now(UTC)


def test_what_became_of_it_is_its_status(call: Any) -> None:
    assert acknowledged(call(LEVEL_2))
    assert stored() | {"sent_at": None} == {
        "status": "DELIVRD",
        "status_code": "000",
        "sent_at": None,
        "delivered_at": DELIVERED_AT,
    }


@pytest.mark.parametrize("status", ["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"])
def test_every_status_that_jasmin_can_throw_is_known(jasmin: Caller, status: str) -> None:
    assert acknowledged(jasmin.post(LEVEL_2 | {"message_status": status}))
    assert stored()["status"] == status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ESME_RINVNUMDESTS", "RINVNUMDESTS"),
        ("ESME_RTHROTTLED", "RTHROTTLED"),
        ("ESME_RINVDSTADDRSUBUNIT", "RINVDSTADDRSUBUN"),
    ],
)
def test_an_error_of_the_smsc_is_a_rejection(jasmin: Caller, error: str, code: str) -> None:
    assert acknowledged(jasmin.post(LEVEL_1 | {"message_status": error}))
    assert (stored()["status"], stored()["status_code"]) == ("REJECTD", code)


@pytest.mark.parametrize("order", sorted(set(permutations("1122"))))
def test_both_in_any_order_and_twice_are_two_receipts(jasmin: Caller, order: tuple[str, ...]) -> None:
    assert all(acknowledged(jasmin.post({"1": LEVEL_1, "2": LEVEL_2}[level])) for level in order)
    assert (stored()["status"], stored()["delivered_at"]) == ("DELIVRD", DELIVERED_AT)
    assert kept() == [(ID, "DELIVRD", "000", False), (ID, "sent", "", False)]


def test_a_receipt_that_names_no_time_is_the_same_when_it_comes_again(jasmin: Caller) -> None:
    """`ND` is what Jasmin says where the SMSC said nothing."""
    nothing = LEVEL_2 | {"donedate": "ND", "subdate": "ND", "sub": "ND", "dlvrd": "ND", "err": "ND", "text": ""}
    before = datetime.now(UTC)
    assert acknowledged(jasmin.post(nothing))
    first = stored()
    assert before <= first["delivered_at"] <= datetime.now(UTC)
    assert acknowledged(jasmin.get(nothing))
    assert stored() == first
    assert kept() == [(ID, "DELIVRD", "", False)]


def test_the_address_names_the_zone_of_the_smscs_clock(jasmin: Caller) -> None:
    assert acknowledged(jasmin.post(LEVEL_2, tz="Asia/Dubai"))
    assert stored()["delivered_at"] == DELIVERED_AT - timedelta(hours=4)


def test_the_address_names_the_message_by_the_senders_own_id(jasmin: Caller) -> None:
    assert acknowledged(jasmin.post(LEVEL_2 | {"id": "unheard-of"}, client_message_id="m-1"))
    assert stored()["status"] == "DELIVRD"


def test_a_receipt_waits_for_its_message(jasmin: Caller) -> None:
    assert acknowledged(jasmin.post(LEVEL_2 | {"id": "later"}))
    load([message(client_message_id="m-2", message_id="later")])
    assert kept() == [("later", "DELIVRD", "000", False)]


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
def test_what_is_not_understood_is_refused_with_the_reason(jasmin: Caller, change: dict[str, str], reason: str) -> None:
    status, code, description = refused(jasmin.post(LEVEL_2 | change))
    assert (status, code) == (400, "INVALID_PARAMS")
    assert reason in description
    assert stored()["status"] == "pending"


def test_a_parameter_in_the_address_and_in_the_form_is_refused(jasmin: Caller) -> None:
    assert refused(jasmin.post(LEVEL_2, id=ID)) == (400, "INVALID_PARAMS", "id: is given more than once")
