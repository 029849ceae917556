"""Empty parameters: a fault in one dialect, absent in the other, as Laravel's ConvertEmptyStringsToNull has it."""

import pytest

from tests.conftest import Person, load, message

TELECOM23, ERSAAL = "/api/v1/sms/messages", "/api/sms/messages"


@pytest.mark.parametrize("name", ["page", "limit", "cursor", "from", "to", "period", "status", "phone", "sender"])
def test_telecom23_refuses_an_empty_value_by_name(owner: Person, name: str) -> None:
    answer = owner.ask("GET", f"{TELECOM23}?{name}=")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMS")
    assert name in answer.json()["description"]


def test_ersaal_reads_an_empty_end_of_the_window_as_none(owner: Person) -> None:
    load([message(), message(client_message_id="m-2", created_at="2026-02-14T12:00:00Z")])
    answer = owner.ask("GET", f"{ERSAAL}?from=&to=2026-02-13&page=&per_page=&source=&cursor=")
    assert (answer.status_code, answer.json()["data"]["total"]) == (200, 1)


def test_ersaal_reads_an_empty_page_beside_a_cursor_as_none(owner: Person) -> None:
    load(message(client_message_id=f"m-{number}") for number in range(2))
    header = owner.get(ERSAAL, {"per_page": "1"})["Link"]
    cursor = next(part for part in header.split(", ") if "next" in part).split("cursor=")[1].split(">")[0]
    assert owner.ask("GET", f"{ERSAAL}?page=&cursor={cursor}").status_code == 200


@pytest.mark.parametrize("query", ["from=&from=2026-02-13", "from=&from="])
def test_ersaal_refuses_an_empty_parameter_given_twice(owner: Person, query: str) -> None:
    answer = owner.ask("GET", f"{ERSAAL}?{query}")
    assert (answer.status_code, answer.json()["details"]) == (400, {"from": ["is given more than once"]})
