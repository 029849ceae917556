"""The site's own pages: the front page, the health check, and errors for people."""

from typing import Any

import pytest
import requests

from smsreports.api.errors import get_dialects
from tests.conftest import CLIENT, Person
from tests.server import Server

PAGES = ("/", "/api/docs", "/nowhere", "/admin/login/")


def policy(answer: Any) -> dict[str, list[str]]:
    """The Content-Security-Policy's directives and their sources."""
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


def test_the_front_page_names_every_address(db: None) -> None:
    answer = CLIENT.get("/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    text = answer.content.decode().replace("&lt;", "<").replace("&gt;", ">")
    assert [
        path for dialect in get_dialects() for path in dialect.endpoints if f"/{dialect.prefix}{path.route}" not in text
    ] == []


def test_the_front_page_is_for_reading(db: None) -> None:
    assert CLIENT.head("/").status_code == 200
    assert CLIENT.post("/").status_code == 405


def test_a_healthy_service_says_so_without_credentials(db: None) -> None:
    answer = CLIENT.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert CLIENT.head("/healthz").status_code == 200
    assert CLIENT.post("/healthz").status_code == 405


def test_a_service_without_its_database_is_not_healthy(without_database: Server) -> None:
    answer = requests.get(f"{without_database.url}/healthz", timeout=30)
    assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})


def test_the_front_page_needs_no_database(without_database: Server) -> None:
    assert requests.get(without_database.url, timeout=30).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_and_loads_nothing_that_is_not_ours(db: None, path: str) -> None:
    found = policy(CLIENT.get(path))
    assert found["default-src"] == ["'self'"]
    assert found["object-src"] == found["base-uri"] == found["frame-ancestors"] == ["'none'"]
    allowed = {source for sources in found.values() for source in sources}
    assert allowed <= {"'self'", "'none'", "data:"}
    assert not {"script-src", "style-src"} & set(found)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_that_its_policy_would_stop(db: None, path: str) -> None:
    text = CLIENT.get(path).content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<script>" not in text
    assert "//" not in text.replace("<!doctype html>", "").replace("http://www.w3.org", "")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sealed_against_the_usual(db: None, path: str) -> None:
    answer = CLIENT.get(path)
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/nowhere", "/admin", "/api", "/api/", "/api/v2/sms/messages", "/healthz/", "/%00"])
def test_an_address_that_does_not_exist_is_a_page_that_says_so(db: None, path: str) -> None:
    answer = CLIENT.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    text = answer.content.decode()
    assert "There is no page at this address." in text
    assert not any(word in text for word in ("Traceback", "urlpatterns", "URLconf", "DEBUG", "Exception"))


def test_a_crash_outside_of_the_api_is_a_page_that_tells_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def dialects() -> Any:
        raise ValueError("a secret")

    monkeypatch.setattr("smsreports.pages.get_dialects", dialects)
    answer = CLIENT.get("/")
    assert (answer.status_code, answer["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "Something went wrong on our side." in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_a_crash_below_an_api_is_told_in_its_dialect(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the crash is in front of every view, where no dialect has the answer in hand."""

    def crash(*ignored: Any) -> Any:
        raise ValueError("a secret")

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", crash)
    telecom, ersaal = owner.get("/api/v1/sms/messages"), owner.get("/api/sms/messages")
    assert (telecom.status_code, telecom.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert (ersaal.status_code, ersaal.json()["code"]) == (500, "INTERNAL_ERROR")
    assert b"secret" not in telecom.content + ersaal.content


def test_another_host_is_refused(db: None) -> None:
    answer = CLIENT.get("/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(("path", "code"), [("/api/v1/sms/messages", "error_code"), ("/api/sms/messages", "code")])
def test_another_host_is_refused_in_the_dialect(owner: Person, path: str, code: str) -> None:
    answer = owner.get(path, Host="evil.example")
    assert answer.status_code == 400
    assert answer.json()[code].startswith("INVALID_PARAM")
