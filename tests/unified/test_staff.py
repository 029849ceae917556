"""Exports of staff lists: the same file as the API's, permissions, and the audit log."""

import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from smsreports.audit.models import Export
from tests.conftest import ALL_DAYS, DAY, ApiClient, broadcast_line, load_lines, message_line, send_line

LISTS = {
    "api": reverse("admin:messages_app_message_changelist"),
    "broadcasts": reverse("admin:broadcasts_app_broadcastsend_changelist"),
}
FILTERS: list[dict[str, str]] = [
    {},
    {"status": "pending"},
    {"country": "US", "sender": "MyApp"},
    {"from": DAY, "to": DAY},
    {"phone": "1415"},
]


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    """Commit the rows, because an export reads them on its own connection."""
    load_lines(
        [
            *(message_line(client_message_id=f"m-{n}", status="DELIVRD" if n % 2 else "pending") for n in range(9)),
            message_line(account="globex", client_message_id="g-1"),
            broadcast_line(),
            *(send_line(message_id=f"s-{n}") for n in range(5)),
        ]
    )


def export_list(browser: Client, source: str, **filters: str) -> Any:
    return read_body(browser.post(reverse("staff-export", args=[source]), QUERY_STRING=encode_query(filters)))


def read_body(response: Any) -> Any:
    """Read a response to its end, which closes its connection."""
    response.body = b"".join(response)
    return response


def encode_query(filters: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in filters.items())


@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("filters", FILTERS, ids=encode_query)
def test_the_file_equals_the_apis_for_the_same_filters(
    staff: Client, owner: ApiClient, source: str, filters: Any
) -> None:
    days = ALL_DAYS if "from" not in filters else {}
    file = owner.get("/api/v1/sms/messages/unified/export", filters | days | {"source": source})
    response = export_list(staff, source, account="acme", **filters)
    assert response.status_code == 200
    assert response.body == file.body
    for name in ("Content-Type", "X-Export-Total", "X-Export-Limit", "X-Export-Truncated"):
        assert response[name] == file[name]


def test_the_file_does_not_depend_on_the_order_of_the_dialects(staff: Client, settings: LazySettings) -> None:
    before = export_list(staff, "api", account="acme").body
    settings.DIALECTS = settings.DIALECTS[::-1]
    assert export_list(staff, "api", account="acme").body == before


@pytest.mark.parametrize("source", LISTS)
def test_the_list_links_to_its_export_and_shows_its_size(staff: Client, source: str) -> None:
    page = staff.get(LISTS[source], {"account": "acme", "sender": "MyApp" if source == "api" else "Promo"})
    [action] = re.findall(r'<form method="post" action="([^"]+)"', page.content.decode())
    rows = {"api": 9, "broadcasts": 5}[source]
    assert f"as CSV, {rows} rows; a file holds at most 1000000." in page.content.decode()
    assert read_body(staff.post(action.replace("&amp;", "&")))["X-Export-Total"] == str(rows)


@pytest.mark.parametrize("filters", ["", "q=m-1", "account=acme&q=m-1", "account=nobody", "account=acme&from=x"])
def test_a_list_without_one_valid_account_has_no_export(staff: Client, filters: str) -> None:
    assert "Export these" not in staff.get(f"{LISTS['api']}?{filters}").content.decode()
    assert staff.post(reverse("staff-export", args=["api"]), QUERY_STRING=filters).status_code == 400


def test_an_export_needs_the_permission_to_see_numbers(support: Client, newcomer: Client) -> None:
    assert "Export these" not in support.get(LISTS["api"], {"account": "acme"}).content.decode()
    for browser, status in ((support, 403), (newcomer, 403), (Client(), 302)):
        assert browser.post(reverse("staff-export", args=["api"]), QUERY_STRING="account=acme").status_code == status


def test_an_export_cannot_be_started_by_a_link_or_another_site(staff: Client) -> None:
    page = reverse("staff-export", args=["api"])
    assert staff.get(page, {"account": "acme"}).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = staff.cookies
    assert strict.post(page, QUERY_STRING="account=acme").status_code == 403
    assert staff.post(reverse("staff-export", args=["nothing"]), QUERY_STRING="account=acme").status_code == 404


def test_an_export_is_recorded_with_its_user_and_without_numbers(staff: Client) -> None:
    response = export_list(staff, "api", account="acme", phone="1415555", status="pending", sender="447911123456")
    export = Export.unscoped.get(id=response["X-Export-Id"])
    assert (str(export.user), export.key, export.account.name, export.address) == ("staff", None, "acme", "127.0.0.1")
    assert export.filter == {"phone": "…", "status": "pending", "sender": "4479•••••456", "source": "api"}
    page = staff.get(reverse("admin:audit_export_changelist"), {"q": "acme"}).content.decode()
    assert "phone …" in page
    assert "finished" in page
    assert not any(number in page for number in ("1415555", "7911"))


def test_an_export_beyond_the_limit_gets_an_error_page(staff: Client, settings: LazySettings) -> None:
    settings.EXPORTS_AT_ONCE = 1
    first: Any = staff.post(reverse("staff-export", args=["api"]), QUERY_STRING="account=acme")
    second = staff.post(reverse("staff-export", args=["api"]), QUERY_STRING="account=acme")
    assert (second.status_code, second["Retry-After"]) == (429, "5")
    assert "can run 1 exports at once" in second.content.decode()
    read_body(first)
    assert read_body(staff.post(reverse("staff-export", args=["api"]), QUERY_STRING="account=acme")).status_code == 200
