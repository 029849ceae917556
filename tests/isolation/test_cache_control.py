"""Cache-Control: responses to a key or a login are private; public pages and static files may be cached."""

import gzip

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from smsreports.accounts.models import Account, Scope
from smsreports.middleware import PRIVATE, SHARED
from tests.conftest import ALL_DAYS, CLIENT, ApiClient, create_api_client, load_lines, message_line, send_line
from tests.isolation.routes import Route, list_routes
from tests.server import Server

METHODS = ("GET", "HEAD", "POST", "OPTIONS")


@pytest.fixture
def browser(db: None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("somebody"))
    return client


@pytest.mark.parametrize("route", list_routes(), ids=lambda route: route.pattern)
def test_every_route_is_private_for_every_method_and_credential(
    browser: Client, owner: ApiClient, route: Route
) -> None:
    """Check with a key, a wrong key, a login and nothing, and with ids that do not exist."""
    path = route.build_path(**{name: Account.objects.get().pk for name in route.parameters})
    path = path.replace("^", "").split("(")[0].rstrip("$")
    for method in METHODS:
        for response in (
            owner.request(method, path),
            ApiClient("", "sk_prod_nobodys").request(method, path),
            browser.generic(method, path),
            CLIENT.generic(method, path),
        ):
            is_private = response.get("Cache-Control") == PRIVATE
            assert is_private or route.name in SHARED, (method, path, response.status_code)


def test_only_public_pages_are_shared() -> None:
    assert {route.name: route.pattern for route in list_routes() if route.name in SHARED} == {
        "home": "",
        "docs": "api/docs",
        "schema": "api/schema",
    }
    assert "public" in CLIENT.get(reverse("schema"))["Cache-Control"]


def test_every_error_is_private(owner: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    load_lines([message_line()])
    for path, status in (
        ("/api/v1/sms/messages?page=0", 400),
        ("/api/v1/nothing", 404),
        ("/nowhere", 404),
        ("/api/sms/messages/nothing", 404),
    ):
        answer = owner.request("GET", path)
        assert (answer.status_code, answer["Cache-Control"]) == (status, PRIVATE)
    assert owner.get("/api/v1/sms/messages", Host="evil.example")["Cache-Control"] == PRIVATE
    monkeypatch.setattr("smsreports.api.throttling.consume_request", None)
    crash = owner.get("/api/v1/sms/messages")
    assert (crash.status_code, crash["Cache-Control"]) == (500, PRIVATE)


def test_exports_loads_and_callbacks_are_private(browser: Client) -> None:
    client = create_api_client("acme", *Scope)
    load_lines([message_line(client_message_id="m-1"), send_line(broadcast="b")])
    export = "/api/v1/sms/messages/unified/export"
    for answer in (
        client.get(export, ALL_DAYS),
        client.get(export, ALL_DAYS, Accept_Encoding="gzip"),
        client.post("/api/v1/ingest", message_line(client_message_id="m-2").encode()),
        client.post("/api/v1/ingest", gzip.compress(b"{}"), Content_Encoding="gzip"),
        client.get("/api/v1/gateways/kannel", {"client_message_id": "m-1", "type": "1", "at": "1770984000"}),
    ):
        assert (answer.status_code, answer["Cache-Control"]) == (200, PRIVATE)


def test_static_files_keep_their_caching(gunicorn: Server) -> None:
    url = f"{gunicorn.url}/static/smsreports/pages.css"
    fresh = requests.get(url, timeout=30)
    again = requests.get(url, headers={"If-Modified-Since": fresh.headers["Last-Modified"]}, timeout=30)
    assert (fresh.status_code, again.status_code) == (200, 304)
    for answer in (fresh, again):
        assert "public" in answer.headers["Cache-Control"]
        assert "private" not in answer.headers["Cache-Control"]
    missing = requests.get(f"{gunicorn.url}/static/nothing.css", timeout=30)
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, PRIVATE)
