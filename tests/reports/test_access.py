"""Who sees the pages."""

from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from broadcasts_app.models import Broadcast
from smsreports.reports.urls import urlpatterns
from tests.conftest import broadcast as campaign
from tests.conftest import load, message, send

PAGES = (
    "/reports/",
    "/reports/messages",
    "/reports/countries",
    "/reports/senders",
    "/reports/broadcasts",
    "/reports/health",
)
WIDE = "to=9999-12-31"


@pytest.fixture
def rows(db: None) -> None:
    load([message(), campaign(), send()])


def colleague(client: Client, *permissions: str, staff: bool = True) -> Client:
    """A browser in which somebody with these permissions is logged in."""
    user = User.objects.create_user("colleague", is_staff=staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_logs_in_and_comes_back_to_the_same_address(db: None, client: Client, page: str) -> None:
    User.objects.create_superuser("staff", password="secret")
    asked = f"{page}?country=DE&period=30d"
    answer = client.get(asked)
    assert (answer.status_code, answer["Location"]) == (302, f"/reports/login?next={quote(asked)}")
    back = client.post(answer["Location"], {"username": "staff", "password": "secret", "next": asked})
    assert (back.status_code, back["Location"]) == (302, asked)


def test_a_login_leads_nowhere_else(db: None, client: Client) -> None:
    User.objects.create_superuser("staff", password="secret")
    login = {"username": "staff", "password": "secret", "next": "https://evil.example/"}
    assert client.post("/reports/login", login)["Location"] == "/reports/"


def test_a_customer_cannot_log_in_here(db: None, client: Client) -> None:
    User.objects.create_user("customer", password="secret")
    answer = client.post("/reports/login", {"username": "customer", "password": "secret"})
    assert (answer.status_code, "staff account" in answer.content.decode()) == (200, True)


@pytest.mark.parametrize("page", PAGES)
def test_staff_without_permission_are_told_so(db: None, client: Client, page: str) -> None:
    answer = colleague(client).get(page)
    assert (answer.status_code, "You do not have access to this page." in answer.content.decode()) == (403, True)


def test_a_permission_without_being_staff_is_not_enough(rows: None, client: Client) -> None:
    assert colleague(client, "view_message", staff=False).get("/reports/").status_code == 403


def test_whoever_may_view_messages_sees_no_sends(rows: None, client: Client) -> None:
    reader = colleague(client, "view_message")
    assert reader.get(f"/reports/?{WIDE}").context["totals"].sent == 1
    assert reader.get(f"/reports/messages?{WIDE}").context["pages"].total == 1
    asked = reader.get(f"/reports/?{WIDE}&source=broadcasts")
    assert asked.context["faults"] == [("source", "must be one of api")]
    assert asked.context["totals"].sent == 1
    assert "broadcasts" not in [href.split("?")[0].rpartition("/")[2] for _, href, _ in asked.context["navigation"]]
    row = Broadcast.everyones.get().pk
    assert [reader.get(f"/reports/{page}").status_code for page in ("broadcasts", f"broadcasts/{row}")] == [403, 403]


def test_a_message_page_is_bound_to_its_account_and_to_what_the_reader_may_see(rows: None, client: Client) -> None:
    load([message(account="globex")])
    reader = colleague(client, "view_message")
    own, other = (reader.get(f"/reports/messages?{WIDE}&account={name}") for name in ("acme", "globex"))
    row = own.context["lines"][0].row["id"]
    assert reader.get(f"/reports/messages/api/{row}?account=acme").status_code == 200
    assert reader.get(f"/reports/messages/api/{row}?account=globex").status_code == 404
    assert reader.get(f"/reports/messages/campaign/{row}?account=acme").status_code == 404
    assert other.context["lines"][0].row["id"] != row


def test_pages_are_for_reading(staff: Client) -> None:
    assert [staff.post(page).status_code for page in PAGES] == [405] * len(PAGES)


def test_nobody_keeps_a_copy_on_the_way(staff: Client) -> None:
    assert all("no-store" in staff.get(page)["Cache-Control"] for page in PAGES)


def test_every_page_is_among_those_tested() -> None:
    names = {str(pattern.name) for pattern in urlpatterns} - {"login", "logout", "message", "broadcast"}
    assert len(names) == len(PAGES)
