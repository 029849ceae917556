"""No answer to a key or a login is kept by anybody on the way, whatever it is; what everybody shares may be."""

import gzip

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from smsreports.accounts.models import Account, Scope
from smsreports.middleware import PRIVATE, SHARED
from tests.conftest import CLIENT, EVER, Person, load, message, person, send
from tests.isolation.addresses import Address, addresses
from tests.server import Server

METHODS = ("GET", "HEAD", "POST", "OPTIONS")


@pytest.fixture
def browser(db: None) -> Client:
    found = Client(raise_request_exception=False)
    found.force_login(User.objects.create_superuser("somebody"))
    return found


@pytest.mark.parametrize("address", addresses(), ids=lambda address: address.route)
def test_every_address_is_private_however_it_is_asked(browser: Client, owner: Person, address: Address) -> None:
    """Good or bad, with a key, a login or neither; ids that exist nowhere included."""
    path = address.path(**{name: Account.objects.get().pk for name in address.parameters})
    path = path.replace("^", "").split("(")[0].rstrip("$")
    for method in METHODS:
        for answer in (
            owner.ask(method, path),
            Person("", "sk_prod_nobodys").ask(method, path),
            browser.generic(method, path),
            CLIENT.generic(method, path),
        ):
            is_private = answer.get("Cache-Control") == PRIVATE
            assert is_private or address.name in SHARED, (method, path, answer.status_code)


def test_only_what_is_the_same_for_everybody_is_shared() -> None:
    assert {address.name: address.route for address in addresses() if address.name in SHARED} == {
        "home": "",
        "docs": "api/docs",
        "schema": "api/schema",
    }
    assert "public" in CLIENT.get(reverse("schema"))["Cache-Control"]


def test_every_error_is_private(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    load([message()])
    for path, status in (
        ("/api/v1/sms/messages?page=0", 400),
        ("/api/v1/nothing", 404),
        ("/nowhere", 404),
        ("/api/sms/messages/nothing", 404),
    ):
        answer = owner.ask("GET", path)
        assert (answer.status_code, answer["Cache-Control"]) == (status, PRIVATE)
    assert owner.get("/api/v1/sms/messages", Host="evil.example")["Cache-Control"] == PRIVATE
    monkeypatch.setattr("smsreports.api.viewsets.consume_request", None)
    crash = owner.get("/api/v1/sms/messages")
    assert (crash.status_code, crash["Cache-Control"]) == (500, PRIVATE)


def test_files_loads_callbacks_and_reveals_are_private(browser: Client) -> None:
    both = person("acme", *Scope)
    load([message(client_message_id="m-1"), send(broadcast="b")])
    export = "/api/v1/sms/messages/unified/export"
    for answer in (
        both.get(export, EVER),
        both.get(export, EVER, Accept_Encoding="gzip"),
        both.post("/api/v1/ingest", message(client_message_id="m-2").encode()),
        both.post("/api/v1/ingest", gzip.compress(b"{}"), Content_Encoding="gzip"),
        both.get("/api/v1/gateways/kannel", {"client_message_id": "m-1", "type": "1", "at": "1770984000"}),
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
