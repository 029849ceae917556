"""Numbers are canonical from every entrance: lines, requests and files of providers."""

import json

import pytest

from broadcasts_app.models import BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account, Scope
from tests.conftest import create_api_client
from tests.ingest.conftest import broadcast, get_counts, get_errors, load_records, message, send
from tests.ingest.providers.conftest import build_csv, load_file
from tests.ingest.providers.rows import twilio_row, vonage_row

# Different people in Norway and in the US.
AMBIGUOUS = "4792345678"


@pytest.fixture(autouse=True)
def accounts(db: None) -> None:
    for name, country in (("acme", ""), ("usa", "US"), ("norway", "NO")):
        Account.objects.create(name=name, default_country=country, currency="USD")


def stored_numbers(account: str = "acme") -> list[tuple[str, str | None]]:
    rows = Message.unscoped.filter(account__name=account).order_by("client_message_id")
    return list(rows.values_list("recipient", "country"))


def test_a_number_written_in_many_ways_is_stored_once() -> None:
    ways = (
        "+4917012345678",
        "004917012345678",
        "4917012345678",
        "+49 (0)170 / 123-456.78",
        "\u202a+٤٩17012345678",
    )
    assert get_counts(load_records(*(message(f"m-{n}", recipient=way) for n, way in enumerate(ways)))) == (5, 0, 0)
    assert set(stored_numbers()) == {("+4917012345678", "DE")}


def test_the_default_country_of_a_lines_account_decides() -> None:
    lines = [message(account=account, recipient=AMBIGUOUS) for account in ("acme", "usa", "norway")]
    lines += [broadcast(account="usa"), send(account="usa", recipient="(415) 555-1234")]
    assert get_counts(load_records(*lines)) == (5, 0, 0)
    assert stored_numbers("acme") == stored_numbers("norway") == [("+4792345678", "NO")]
    assert stored_numbers("usa") == [("+14792345678", "US")]
    assert BroadcastSend.unscoped.get().recipient == "+14155551234"


def test_a_repeated_line_may_write_the_number_in_another_way() -> None:
    assert get_counts(load_records(message(recipient="0041446681800"), message(recipient="+41 44 668 18 00"))) == (
        1,
        1,
        0,
    )


def test_short_codes_and_names_are_kept_without_a_country() -> None:
    texts = ("22122", "Acme", "A\\B", "4155551234")
    load_records(*(message(f"m-{n}", recipient=text) for n, text in enumerate(texts)))
    assert stored_numbers() == [(text, None) for text in texts]


def test_an_account_of_another_type_is_still_named() -> None:
    result = load_records(message(account=["acme"], recipient=AMBIGUOUS), message(account=None, recipient=AMBIGUOUS))
    assert get_errors(result) == [(1, "account: must be text"), (2, "account: is missing")]


@pytest.mark.parametrize("named", [{}, {"account": "usa"}])
def test_a_request_has_the_default_country_of_its_key(named: dict[str, str]) -> None:
    line = {name: value for name, value in message(recipient=AMBIGUOUS).items() if name != "account"} | named
    answer = create_api_client("usa", Scope.WRITE).post(
        "/api/v1/ingest", json.dumps(line).encode(), "application/x-ndjson"
    )
    assert answer.json()["accepted"] == 1
    assert stored_numbers("usa") == [("+14792345678", "US")]


def test_numbers_of_providers_are_international_whatever_the_default_country() -> None:
    account = Account.objects.get(name="usa")
    load_file(
        "twilio", account, build_csv([twilio_row(sid="1", to=AMBIGUOUS), twilio_row(sid="2", to="+1 479 234 5678")])
    )
    load_file("vonage", account, build_csv([vonage_row(message_id="3", to=AMBIGUOUS, country="", currency="USD")]))
    assert stored_numbers("usa") == [("+4792345678", "NO"), ("+14792345678", "US"), ("+4792345678", "NO")]
