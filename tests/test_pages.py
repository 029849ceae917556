"""The front page, the health check, and error pages."""

from typing import Any

import pytest
import requests

from smsreports.api.errors import get_dialects
from tests.conftest import CLIENT, ApiClient
from tests.server import Server

PAGES = ("/", "/api/docs", "/nowhere", "/admin/login/")


def parse_policy(answer: Any) -> dict[str, list[str]]:
    """Return the sources of each directive of the Content-Security-Policy."""
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


def test_the_front_page_names_every_endpoint(db: None) -> None:
    answer = CLIENT.get("/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    text = answer.content.decode().replace("&lt;", "<").replace("&gt;", ">")
    assert [
        endpoint
        for dialect in get_dialects()
        for endpoint in dialect.list_endpoints()
        if f"/{dialect.prefix}{endpoint.route}" not in text
    ] == []


def test_the_front_page_accepts_only_reading(db: None) -> None:
    assert CLIENT.head("/").status_code == 200
    assert CLIENT.post("/").status_code == 405


def test_the_health_check_needs_no_credentials(db: None) -> None:
    answer = CLIENT.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert CLIENT.head("/healthz").status_code == 200
    assert CLIENT.post("/healthz").status_code == 405


def test_the_health_check_fails_without_the_database(without_database: Server) -> None:
    answer = requests.get(f"{without_database.url}/healthz", timeout=30)
    assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})


def test_the_front_page_needs_no_database(without_database: Server) -> None:
    assert requests.get(without_database.url, timeout=30).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_of_a_page_allows_only_our_own_sources(db: None, path: str) -> None:
    policy = parse_policy(CLIENT.get(path))
    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    allowed = {source for sources in policy.values() for source in sources}
    assert allowed <= {"'self'", "'none'", "data:"}
    assert not {"script-src", "style-src"} & set(policy)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_inline_styles_or_scripts(db: None, path: str) -> None:
    text = CLIENT.get(path).content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<script>" not in text
    assert "//" not in text.replace("<!doctype html>", "").replace("http://www.w3.org", "")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_security_headers(db: None, path: str) -> None:
    answer = CLIENT.get(path)
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/nowhere", "/admin", "/api", "/api/", "/api/v2/sms/messages", "/healthz/", "/%00"])
def test_an_unknown_path_returns_a_404_page(db: None, path: str) -> None:
    answer = CLIENT.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    text = answer.content.decode()
    assert "There is no page at this address." in text
    assert not any(word in text for word in ("Traceback", "urlpatterns", "URLconf", "DEBUG", "Exception"))


def test_a_crash_outside_the_api_returns_a_page_without_details(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash() -> Any:
        raise ValueError("a secret")

    monkeypatch.setattr("smsreports.pages.get_dialects", crash)
    answer = CLIENT.get("/")
    assert (answer.status_code, answer["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "Something went wrong on our side." in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_a_crash_below_a_dialects_prefix_returns_its_error_body(
    owner: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crash is in middleware, before any view of a dialect."""

    def crash(*ignored: Any) -> Any:
        raise ValueError("a secret")

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", crash)
    telecom23, laravel = owner.get("/api/v1/sms/messages"), owner.get("/api/sms/messages")
    assert (telecom23.status_code, telecom23.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert (laravel.status_code, laravel.json()["code"]) == (500, "INTERNAL_ERROR")
    assert b"secret" not in telecom23.content + laravel.content


def test_another_host_is_rejected(db: None) -> None:
    answer = CLIENT.get("/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(("path", "code"), [("/api/v1/sms/messages", "error_code"), ("/api/sms/messages", "code")])
def test_another_host_is_rejected_in_the_dialect(owner: ApiClient, path: str, code: str) -> None:
    answer = owner.get(path, Host="evil.example")
    assert answer.status_code == 400
    assert answer.json()[code].startswith("INVALID_PARAM")
