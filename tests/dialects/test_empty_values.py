"""Empty parameters: an error in one dialect, absent in the other, like Laravel's ConvertEmptyStringsToNull."""

import pytest

from tests.conftest import ApiClient, load_lines, message_line

TELECOM23, ERSAAL = "/api/v1/sms/messages", "/api/sms/messages"


@pytest.mark.parametrize("name", ["page", "limit", "cursor", "from", "to", "period", "status", "phone", "sender"])
def test_telecom23_refuses_an_empty_value_with_its_parameter(owner: ApiClient, name: str) -> None:
    response = owner.request("GET", f"{TELECOM23}?{name}=")
    assert (response.status_code, response.json()["error_code"]) == (400, "INVALID_PARAMS")
    assert name in response.json()["description"]


def test_ersaal_treats_empty_parameters_as_absent(owner: ApiClient) -> None:
    load_lines([message_line(), message_line(client_message_id="m-2", created_at="2026-02-14T12:00:00Z")])
    response = owner.request("GET", f"{ERSAAL}?from=&to=2026-02-13&page=&per_page=&source=&cursor=")
    assert (response.status_code, response.json()["data"]["total"]) == (200, 1)


def test_ersaal_accepts_an_empty_page_with_a_cursor(owner: ApiClient) -> None:
    load_lines(message_line(client_message_id=f"m-{number}") for number in range(2))
    header = owner.get(ERSAAL, {"per_page": "1"})["Link"]
    cursor = next(part for part in header.split(", ") if "next" in part).split("cursor=")[1].split(">")[0]
    assert owner.request("GET", f"{ERSAAL}?page=&cursor={cursor}").status_code == 200


@pytest.mark.parametrize("query", ["from=&from=2026-02-13", "from=&from="])
def test_ersaal_refuses_a_repeated_empty_parameter(owner: ApiClient, query: str) -> None:
    response = owner.request("GET", f"{ERSAAL}?{query}")
    assert (response.status_code, response.json()["details"]) == (400, {"from": ["is given more than once"]})
