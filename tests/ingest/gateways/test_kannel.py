"""Kannel's callbacks by the `dlr-url` of docs/operators/gateways/kannel.md, with escape codes as in `urltrans.c`."""

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

import pytest
from django.conf import settings

from smsreports.accounts.models import Scope
from tests.conftest import CLIENT, create_api_client
from tests.ingest.gateways.conftest import parse_error, stored_message, stored_receipts

PAGE = (Path(settings.BASE_DIR) / "docs" / "operators" / "gateways" / "kannel.md").read_text()
BY_OWN_ID, BY_SMSC_ID = re.findall(r"https://kannel:sk_prod_…@[^\s\"]+", PAGE)
TIME = "1770984120"
AT = datetime(2026, 2, 13, 12, 2, tzinfo=UTC)
# Receipts of appendix B of SMPP 3.4, and texts that Kannel writes without a receipt (`bb_smscconn.c`).
DELIVERED = "id:2567 sub:001 dlvrd:001 submit date:2602131201 done date:2602131202 stat:DELIVRD err:000 text:Hello foo"
EXPIRED = DELIVERED.replace("DELIVRD", "EXPIRED").replace("err:000", "err:027")
ACCEPTED, REJECTED = "ACK/", "NACK/11/Invalid Destination Address"


class Kannel:
    """Kannel: fills the pattern of a `dlr-url` and fetches it, with Basic credentials from the URL."""

    def __init__(self) -> None:
        self.key = create_api_client("acme", Scope.WRITE).key

    def fetch(self, pattern: str, codes: Mapping[str, str]) -> Any:
        filled = re.sub("%(.)", lambda code: quote_plus(codes.get(code[1], "")) if code[1] != "%" else "%", pattern)
        address = urlsplit(filled.replace("sk_prod_…", self.key).replace("YOUR-ID", "m-1"))
        credentials = b64encode(f"{address.username}:{address.password}".encode()).decode()
        return CLIENT.get(f"{address.path}?{address.query}", headers={"Authorization": f"Basic {credentials}"})


@pytest.fixture
def kannel(sent: None) -> Kannel:
    return Kannel()


def fill_codes(kind: int, text: str, **codes: str) -> dict[str, str]:
    return {"d": str(kind), "T": TIME, "A": text} | codes


@pytest.mark.parametrize(
    ("kind", "text", "status", "code"),
    [
        (1, DELIVERED, "DELIVRD", "000"),
        (2, EXPIRED, "EXPIRED", "027"),
        (2, EXPIRED.replace("EXPIRED", "undeliverable"), "UNDELIV", "027"),
        (2, EXPIRED.replace("EXPIRED", "REJECTD"), "REJECTD", "027"),
        (4, DELIVERED.replace("DELIVRD", "ACCEPTD"), "ACCEPTD", "000"),
        (4, DELIVERED.replace("DELIVRD", "BUFFRED"), "ENROUTE", "000"),
        (8, ACCEPTED, "sent", ""),
        (16, REJECTED, "REJECTD", "11"),
        (16, "NACK/0x0000000b", "REJECTD", "0x0000000b"),
        (16, "NACK/", "REJECTD", ""),
        (34, EXPIRED, "EXPIRED", "027"),
        (66, "", "UNKNOWN", ""),
        # The kind overrides a contradicting text, because Kannel has read the whole receipt.
        (1, EXPIRED, "DELIVRD", "027"),
        (2, DELIVERED, "UNDELIV", "000"),
        (1, "", "DELIVRD", ""),
        (1, "geliefert 12:30", "DELIVRD", ""),
    ],
)
def test_the_status_follows_from_the_kind_and_the_text(
    kannel: Kannel, kind: int, text: str, status: str, code: str
) -> None:
    answer = kannel.fetch(BY_OWN_ID, fill_codes(kind, text))
    assert (answer.status_code, answer.content) == (200, b"OK")
    assert (stored_message()["status"], stored_message()["status_code"]) == (status, code)
    assert stored_message()["delivered_at"] in (AT, None)


def test_the_time_of_a_report_is_kannels_own(kannel: Kannel) -> None:
    kannel.fetch(BY_OWN_ID, fill_codes(8, ACCEPTED))
    assert stored_message()["sent_at"] == AT
    kannel.fetch(BY_OWN_ID, fill_codes(1, DELIVERED))
    assert stored_message()["delivered_at"] == AT


def test_a_message_is_found_by_the_id_of_the_smsc(kannel: Kannel) -> None:
    kannel.fetch(BY_SMSC_ID, fill_codes(1, DELIVERED, F="16fd2706-8baf-433b-82eb-8c7fada847da"))
    assert stored_message()["status"] == "DELIVRD"


@pytest.mark.parametrize("order", sorted(set(permutations([(8, ACCEPTED), (4, ""), (1, DELIVERED), (1, DELIVERED)]))))
def test_reports_in_any_order_and_repeated_give_the_same_row(
    kannel: Kannel, order: tuple[tuple[int, str], ...]
) -> None:
    assert {kannel.fetch(BY_OWN_ID, fill_codes(*report)).status_code for report in order} == {200}
    assert stored_message() == {"status": "DELIVRD", "status_code": "000", "sent_at": AT, "delivered_at": AT}
    assert stored_receipts() == [
        ("m-1", "DELIVRD", "000", False),
        ("m-1", "ENROUTE", "", False),
        ("m-1", "sent", "", False),
    ]


def test_the_text_may_have_any_encoding(kannel: Kannel) -> None:
    pattern = BY_OWN_ID.replace("%A", "id:1+stat:EXPIRED+err:027+text:Gr%%FC%%DFe%%00")
    assert kannel.fetch(pattern, fill_codes(2, "")).status_code == 200
    assert (stored_message()["status"], stored_message()["status_code"]) == ("EXPIRED", "027")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"d": ""}, "type: must be one of 1, 2, 4, 8, 16, 34, 66"),
        ({"d": "3"}, "type: must be one of"),
        ({"d": "31"}, "type: must be one of"),
        ({"T": ""}, "at: is missing"),
        ({"T": "2026-02-13 12:02:00"}, "at: '2026-02-13 12:02:00' is not a number of seconds"),
        ({"T": "999999999999"}, "at: '999999999999' is not a number of seconds"),
        ({"A": "id:1 stat:DELIVRD stat:UNDELIV err:000"}, "stat: is given more than once"),
        ({"A": "id:1 stat:DELIVRD err:a b"}, "is not an error code"),
    ],
)
def test_an_invalid_parameter_is_rejected_with_the_reason(kannel: Kannel, change: dict[str, str], reason: str) -> None:
    status, code, description = parse_error(kannel.fetch(BY_OWN_ID, fill_codes(1, DELIVERED) | change))
    assert (status, code) == (400, "INVALID_PARAMS")
    assert reason in description
    assert stored_message()["status"] == "pending"


def test_a_report_without_an_id_is_rejected(kannel: Kannel) -> None:
    """The SMSC assigns no id to a message that it rejects."""
    assert parse_error(kannel.fetch(BY_SMSC_ID, fill_codes(16, REJECTED)))[2] == "message_id: is missing"
