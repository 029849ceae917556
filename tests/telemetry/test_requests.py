"""Every answer has its request's id, and every request one line, which says what it was without repeating it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import CLIENT, EVER, Person, load, message

LIST = "/api/v1/sms/messages"
# By the status of the answer: a list, nothing of a dialect's, no method, no key, a page, a file, no page, another host.
ASKED = [
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


@pytest.mark.parametrize(("method", "path", "status", "headers"), ASKED)
def test_every_answer_has_an_id_and_every_request_one_line(
    owner: Person, lines: Lines, method: str, path: str, status: int, headers: dict[str, str]
) -> None:
    answer = owner.ask(method, path, b"", **headers)
    answer.close()
    assert answer.status_code == status
    assert len(answer["X-Request-ID"]) == 16
    (line,) = lines()
    assert (line["method"], line["status"]) == (method, status)
    assert "491701234567" not in str(line)


def test_a_probe_that_is_answered_as_ever_is_worth_no_line(db: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "smsreports.telemetry")
    CLIENT.get("/healthz")
    assert caplog.records == []
    CLIENT.post("/healthz")
    assert [record.__dict__["log_fields"]["status"] for record in caplog.records] == [405]


def test_a_crash_has_an_id_too(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*ignored: Any) -> Any:
        raise ValueError("a secret")

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", crash)
    answer = owner.get(LIST, X_Request_ID="abc-1")
    assert (answer.status_code, answer["X-Request-ID"]) == (500, "abc-1")


@pytest.mark.parametrize("given", ["a", "7f3c.B_9-x", "d" * 64, "4f9a2e"])
def test_an_id_that_is_given_is_kept(db: None, given: str) -> None:
    assert CLIENT.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a b", "a\n", "d" * 65, "ü", '"', "491701234567", "+49-170", "{}"])
def test_an_id_that_could_be_anything_is_replaced(db: None, given: str) -> None:
    assert CLIENT.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] != given


def test_two_requests_have_two_ids(db: None) -> None:
    assert len({CLIENT.get("/healthz")["X-Request-ID"] for _ in range(10)}) == 10


def test_a_line_says_who_asked_and_where_but_not_for_what(owner: Person, lines: Lines) -> None:
    load([message(client_message_id="m-491701234567")])
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


def test_who_is_refused_has_a_line_without_an_account(db: None, lines: Lines) -> None:
    Person("nobody", "sk_prod_wrong").get(LIST)
    (line,) = lines()
    assert (line["status"], line["dialect"]) == (401, "telecom23")
    assert {"account", "key"} & set(line) == set()


def test_the_line_of_a_file_comes_at_its_end_and_says_that_it_is_whole(owner: Person, lines: Lines) -> None:
    answer = owner.get(f"{LIST}/unified/export", EVER)
    (line,) = lines()
    assert (line["ended"], line["bytes"]) == ("whole", len(answer.body))


def test_a_file_that_nobody_reads_to_its_end_is_broken(owner: Person, lines: Lines) -> None:
    answer: Any = Client().get(f"{LIST}/unified/export", EVER, headers={"X-API-Key": owner.key})
    next(answer.streaming_content)
    assert lines() == []
    answer.close()  # and the test client's own wrapper once more
    assert {(line["ended"], line["status"]) for line in lines()} == {("broken", 200)}
