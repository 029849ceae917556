"""Pages of staff: the admin of the source, its export, and the report pages, whose figures contain its messages."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.conftest import ApiClient
from tests.toy_source.models import WhatsAppMessage
from tests.toys.conftest import UNIFIED
from tests.toys.traffic import ACCOUNTS, LABELS, NUMBERS, Row, build_rows

pytestmark = pytest.mark.usefixtures("traffic")
ADMIN = "admin:whatsapp_whatsappmessage"
QUERY = {"account": "acme", "from": "2026-02-09", "to": "2026-02-20"}
SOURCES = [*LABELS, "all"]


def expected_rows(source: str) -> list[Row]:
    return [row for row in build_rows("acme") if source in (row.source, "all")]


def get_page(browser: Client, path: str, **params: str) -> Any:
    response = browser.get(path, QUERY | params)
    assert response.status_code == 200
    return response


def read_text(browser: Client, path: str, params: dict[str, str] | None = None) -> str:
    response = browser.get(path, params or {})
    assert response.status_code == 200
    return response.content.decode()


def test_the_admin_lists_the_messages_of_all_accounts_and_of_one(staff: Client) -> None:
    url = reverse(f"{ADMIN}_changelist")
    total = sum(row.source == "whatsapp" for account in ACCOUNTS for row in build_rows(account))
    assert f"{total} WhatsApp messages." in read_text(staff, url)
    assert f"{len(expected_rows('whatsapp'))} WhatsApp messages." in read_text(staff, url, {"account": "acme"})
    assert ">whatsapp-03<" in read_text(staff, url, {"q": "whatsapp-03"})
    assert "WhatsApp messages" in read_text(staff, reverse("admin:index"))


def test_the_page_of_a_message_shows_every_column(staff: Client) -> None:
    row = WhatsAppMessage.unscoped.filter(account__name="acme").latest("id")
    text = read_text(staff, reverse(f"{ADMIN}_change", args=[row.pk]))
    assert [field.name for field in row._meta.concrete_fields if f"field-{field.name}" not in text] == ["id"]
    assert "field-timeline_table" in text


@pytest.mark.parametrize("page", ["add", "change", "delete"])
def test_a_message_cannot_be_written(staff: Client, page: str) -> None:
    row = WhatsAppMessage.unscoped.filter(account__name="acme").latest("id")
    assert staff.post(reverse(f"{ADMIN}_{page}", args=[] if page == "add" else [row.pk])).status_code == 403


def test_support_needs_the_permission_and_sees_masked_numbers(support: Client) -> None:
    url = reverse(f"{ADMIN}_changelist")
    assert support.get(url).status_code == 403
    user = User.objects.get(username="somebody of support")
    user.user_permissions.add(Permission.objects.get(codename="view_whatsappmessage"))
    text = read_text(support, url)
    assert ">whatsapp-03<" in text
    assert [number for number, _ in NUMBERS if number in text] == []


def test_the_admin_exports_the_file_of_the_api(staff: Client, owner: ApiClient) -> None:
    response: Any = staff.post(f"{reverse('staff-export', args=['whatsapp'])}?account=acme")
    api = owner.get(f"{UNIFIED}/export", {"to": "9999-12-31", "source": "whatsapp"})
    assert b"".join(response) == api.body
    assert response["X-Export-Total"] == str(len(expected_rows("whatsapp")))


@pytest.mark.parametrize("source", SOURCES)
def test_the_overview_counts_it(staff: Client, source: str) -> None:
    totals = get_page(staff, "/reports/", source=source).context["totals"]
    rows = expected_rows(source)
    assert (totals.sent, totals.cost) == (len(rows), sum(row.cost for row in rows))
    assert totals.delivered == sum(row.group == "delivered" for row in rows)


@pytest.mark.parametrize("source", SOURCES)
def test_the_list_of_messages_shows_it(staff: Client, source: str) -> None:
    context = get_page(staff, "/reports/messages", source=source).context
    assert [row.message["text"] for row in context["rows"]] == [row.text for row in expected_rows(source)]


def test_the_list_leads_to_the_page_of_one_message(staff: Client) -> None:
    row = WhatsAppMessage.unscoped.filter(account__name="acme").latest("id")
    text = read_text(staff, reverse("reports:message", args=["whatsapp", row.pk]))
    assert row.text in text


@pytest.mark.parametrize(("page", "attribute"), [("countries", "country"), ("senders", "sender")])
@pytest.mark.parametrize("source", SOURCES)
def test_the_breakdowns_count_it(staff: Client, source: str, page: str, attribute: str) -> None:
    lines = [line for line, _ in get_page(staff, f"/reports/{page}", source=source).context["rows"]]
    names = [getattr(row, attribute) or "" for row in expected_rows(source)]
    assert {line.name: line.totals.sent for line in lines} == {name: names.count(name) for name in names}


@pytest.mark.parametrize("source", SOURCES)
def test_the_health_page_counts_it(staff: Client, source: str) -> None:
    params = {"account": "acme", "source": source, "at": "2026-02-12T11:30Z", "span": "24h"}
    response = staff.get("/reports/health", params)
    assert response.status_code == 200
    sent = sum("2026-02-11T11:15" <= row.at.isoformat() < "2026-02-12T11:15" for row in expected_rows(source))
    assert response.context["total"].today.count.sent == sent > 0
