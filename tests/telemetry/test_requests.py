"""Request ids, and one log line per request that contains no data of callers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import ALL_DAYS, CLIENT, ApiClient, load_lines, message_line

LIST = "/api/v1/sms/messages"
# Requests with the status of their responses.
REQUESTS = [
    ("GET", LIST, 200, {}),
    ("GET", "/api/v1/nothing", 404, {}),
    ("POST", LIST, 405, {}),
    ("GET", "/healthz", 200, {}),
    ("GET", "/", 200, {}),
    ("GET", "/static/smsreports/pages.css", 200, {}),
    ("GET", "/nowhere/491701234567", 404, {}),
    ("GET", "/", 400, {"Host": "evil.example"}),
    ("GET", f"{LIST}/unified/export", 200, {}),
]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level("DEBUG", "smsreports.telemetry")
    return lambda: [record.__dict__["log_fields"] for record in caplog.records if record.getMessage() == "request"]


@pytest.mark.parametrize(("method", "path", "status", "headers"), REQUESTS)
def test_every_response_has_an_id_and_every_request_has_one_line(
    owner: ApiClient, lines: Lines, method: str, path: str, status: int, headers: dict[str, str]
) -> None:
    answer = owner.request(method, path, b"", **headers)
    answer.close()
    assert answer.status_code == status
    assert len(answer["X-Request-ID"]) == 16
    (line,) = lines()
    assert (line["method"], line["status"]) == (method, status)
    assert "491701234567" not in str(line)


def test_successful_probes_are_not_logged(db: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "smsreports.telemetry")
    CLIENT.get("/healthz")
    assert caplog.records == []
    CLIENT.post("/healthz")
    assert [record.__dict__["log_fields"]["status"] for record in caplog.records] == [405]


def test_a_crash_has_a_request_id(owner: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: Any) -> Any:
        raise ValueError("a secret")

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", crash)
    answer = owner.get(LIST, X_Request_ID="abc-1")
    assert (answer.status_code, answer["X-Request-ID"]) == (500, "abc-1")


@pytest.mark.parametrize("request_id", ["a", "7f3c.B_9-x", "d" * 64, "4f9a2e"])
def test_a_well_formed_request_id_is_kept(db: None, request_id: str) -> None:
    assert CLIENT.get("/healthz", headers={"X-Request-ID": request_id})["X-Request-ID"] == request_id


@pytest.mark.parametrize("request_id", ["", "a b", "a\n", "d" * 65, "ü", '"', "491701234567", "+49-170", "{}"])
def test_a_malformed_request_id_is_replaced(db: None, request_id: str) -> None:
    assert CLIENT.get("/healthz", headers={"X-Request-ID": request_id})["X-Request-ID"] != request_id


def test_requests_have_different_ids(db: None) -> None:
    assert len({CLIENT.get("/healthz")["X-Request-ID"] for _ in range(10)}) == 10


def test_a_line_has_the_key_and_the_route_but_no_data(owner: ApiClient, lines: Lines) -> None:
    load_lines([message_line(client_message_id="m-491701234567")])
    owner.get(f"/api/v1/sms/status/m-491701234567?phone={'9' * 8}")
    (line,) = lines()
    assert line["route"] == "api/v1/sms/status/<str:client_message_id>"
    assert (line["dialect"], line["status"]) == ("telecom23", 200)
    assert owner.key.startswith(line["key"])
    assert owner.key not in str(line)
    assert isinstance(line["account"], int)
    assert line["bytes"] > 0
    assert "1701234567" not in str(line)
    assert "9" * 8 not in str(line)


def test_an_unauthenticated_request_is_logged_without_an_account(db: None, lines: Lines) -> None:
    ApiClient("nobody", "sk_prod_wrong").get(LIST)
    (line,) = lines()
    assert (line["status"], line["dialect"]) == (401, "telecom23")
    assert {"account", "key"} & set(line) == set()


def test_an_export_is_logged_as_whole_at_its_end(owner: ApiClient, lines: Lines) -> None:
    answer = owner.get(f"{LIST}/unified/export", ALL_DAYS)
    (line,) = lines()
    assert (line["ended"], line["bytes"]) == ("whole", len(answer.body))


def test_an_export_that_is_not_read_to_its_end_is_logged_as_broken(owner: ApiClient, lines: Lines) -> None:
    answer: Any = Client().get(f"{LIST}/unified/export", ALL_DAYS, headers={"X-API-Key": owner.key})
    next(answer.streaming_content)
    assert lines() == []
    answer.close()  # the test client's wrapper closes it a second time
    assert {(line["ended"], line["status"]) for line in lines()} == {("broken", 200)}
