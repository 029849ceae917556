"""Access to the pages."""

from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from broadcasts_app.models import Broadcast
from smsreports.reports.urls import urlpatterns
from tests.conftest import broadcast_line as campaign
from tests.conftest import load_lines, message_line, send_line

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
    load_lines([message_line(), campaign(), send_line()])


def log_in(client: Client, *permissions: str, staff: bool = True) -> Client:
    """Log in a user with these permissions."""
    user = User.objects.create_user("colleague", is_staff=staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_login_returns_to_the_requested_url(db: None, client: Client, page: str) -> None:
    User.objects.create_superuser("staff", password="secret")
    url = f"{page}?country=DE&period=30d"
    response = client.get(url)
    assert (response.status_code, response["Location"]) == (302, f"/reports/login?next={quote(url)}")
    back = client.post(response["Location"], {"username": "staff", "password": "secret", "next": url})
    assert (back.status_code, back["Location"]) == (302, url)


def test_login_does_not_redirect_to_another_site(db: None, client: Client) -> None:
    User.objects.create_superuser("staff", password="secret")
    login = {"username": "staff", "password": "secret", "next": "https://evil.example/"}
    assert client.post("/reports/login", login)["Location"] == "/reports/"


def test_users_who_are_not_staff_cannot_log_in(db: None, client: Client) -> None:
    User.objects.create_user("customer", password="secret")
    response = client.post("/reports/login", {"username": "customer", "password": "secret"})
    assert (response.status_code, "staff account" in response.content.decode()) == (200, True)


@pytest.mark.parametrize("page", PAGES)
def test_staff_without_permission_get_403(db: None, client: Client, page: str) -> None:
    response = log_in(client).get(page)
    assert (response.status_code, "You do not have access to this page." in response.content.decode()) == (403, True)


def test_users_who_are_not_staff_get_403_despite_a_permission(rows: None, client: Client) -> None:
    assert log_in(client, "view_message", staff=False).get("/reports/").status_code == 403


def test_a_user_who_may_view_messages_only_sees_no_broadcasts(rows: None, client: Client) -> None:
    reader = log_in(client, "view_message")
    assert reader.get(f"/reports/?{WIDE}").context["totals"].sent == 1
    assert reader.get(f"/reports/messages?{WIDE}").context["pages"].total == 1
    filtered = reader.get(f"/reports/?{WIDE}&source=broadcasts")
    assert filtered.context["errors"] == [("source", "must be one of api")]
    assert filtered.context["totals"].sent == 1
    assert "broadcasts" not in [href.split("?")[0].rpartition("/")[2] for _, href, _ in filtered.context["navigation"]]
    row = Broadcast.unscoped.get().pk
    assert [reader.get(f"/reports/{page}").status_code for page in ("broadcasts", f"broadcasts/{row}")] == [403, 403]


def test_a_message_page_is_found_only_with_its_account_and_a_viewable_source(rows: None, client: Client) -> None:
    load_lines([message_line(account="globex")])
    reader = log_in(client, "view_message")
    own, other = (reader.get(f"/reports/messages?{WIDE}&account={name}") for name in ("acme", "globex"))
    row = own.context["rows"][0].message["id"]
    assert reader.get(f"/reports/messages/api/{row}?account=acme").status_code == 200
    assert reader.get(f"/reports/messages/api/{row}?account=globex").status_code == 404
    assert reader.get(f"/reports/messages/campaign/{row}?account=acme").status_code == 404
    assert other.context["rows"][0].message["id"] != row


def test_pages_reject_post(staff: Client) -> None:
    assert [staff.post(page).status_code for page in PAGES] == [405] * len(PAGES)


def test_pages_are_not_cached(staff: Client) -> None:
    assert all("no-store" in staff.get(page)["Cache-Control"] for page in PAGES)


def test_these_tests_cover_every_page() -> None:
    names = {str(pattern.name) for pattern in urlpatterns} - {"login", "logout", "message", "broadcast"}
    assert len(names) == len(PAGES)
