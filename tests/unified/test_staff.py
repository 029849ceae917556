"""Exports of staff lists: the API's own file, for those who may, and it is known who took it."""

import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from smsreports.audit.models import Export
from tests.conftest import DAY, EVER, Person, broadcast, load, message, send

LISTS = {
    "api": reverse("admin:messages_app_message_changelist"),
    "broadcasts": reverse("admin:broadcasts_app_broadcastsend_changelist"),
}
ASKED: list[dict[str, str]] = [
    {},
    {"status": "pending"},
    {"country": "US", "sender": "MyApp"},
    {"from": DAY, "to": DAY},
    {"phone": "1415"},
]


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    """A file is read on a connection of its own, which sees what was committed."""
    load(
        [
            *(message(client_message_id=f"m-{n}", status="DELIVRD" if n % 2 else "pending") for n in range(9)),
            message(account="globex", client_message_id="g-1"),
            broadcast(),
            *(send(message_id=f"s-{n}") for n in range(5)),
        ]
    )


def taken(browser: Client, source: str, **asked: str) -> Any:
    return read(browser.post(reverse("staff-export", args=[source]), QUERY_STRING=query(asked)))


def read(answer: Any) -> Any:
    """To its end, where its connection is closed."""
    answer.body = b"".join(answer)
    return answer


def query(asked: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in asked.items())


@pytest.mark.parametrize("source", LISTS)
@pytest.mark.parametrize("asked", ASKED, ids=query)
def test_the_file_is_the_apis_for_the_same_filters(staff: Client, owner: Person, source: str, asked: Any) -> None:
    days = EVER if "from" not in asked else {}
    file = owner.get("/api/v1/sms/messages/unified/export", asked | days | {"source": source})
    answer = taken(staff, source, account="acme", **asked)
    assert answer.status_code == 200
    assert answer.body == file.body
    for name in ("Content-Type", "X-Export-Total", "X-Export-Limit", "X-Export-Truncated"):
        assert answer[name] == file[name]


@pytest.mark.parametrize("source", LISTS)
def test_the_list_leads_to_its_file_and_says_how_long_it_is(staff: Client, source: str) -> None:
    page = staff.get(LISTS[source], {"account": "acme", "sender": "MyApp" if source == "api" else "Promo"})
    [action] = re.findall(r'<form method="post" action="([^"]+)"', page.content.decode())
    rows = {"api": 9, "broadcasts": 5}[source]
    assert f"as CSV, {rows} rows; a file holds at most 1000000." in page.content.decode()
    assert read(staff.post(action.replace("&amp;", "&")))["X-Export-Total"] == str(rows)


@pytest.mark.parametrize("asked", ["", "q=m-1", "account=acme&q=m-1", "account=nobody", "account=acme&from=x"])
def test_what_is_no_accounts_list_is_no_file(staff: Client, asked: str) -> None:
    assert "Export these" not in staff.get(f"{LISTS['api']}?{asked}").content.decode()
    assert staff.post(reverse("staff-export", args=["api"]), QUERY_STRING=asked).status_code == 400


def test_a_file_is_for_those_who_may_see_numbers(support: Client, newcomer: Client) -> None:
    assert "Export these" not in support.get(LISTS["api"], {"account": "acme"}).content.decode()
    for browser, status in ((support, 403), (newcomer, 403), (Client(), 302)):
        assert browser.post(reverse("staff-export", args=["api"]), QUERY_STRING="account=acme").status_code == status


def test_a_file_is_not_started_by_a_link_or_by_another_site(staff: Client) -> None:
    page = reverse("staff-export", args=["api"])
    assert staff.get(page, {"account": "acme"}).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = staff.cookies
    assert strict.post(page, QUERY_STRING="account=acme").status_code == 403
    assert staff.post(reverse("staff-export", args=["nothing"]), QUERY_STRING="account=acme").status_code == 404


def test_it_is_known_who_took_what_and_no_number_is(staff: Client) -> None:
    answer = taken(staff, "api", account="acme", phone="1415555", status="pending", sender="447911123456")
    entry = Export.everyones.get(id=answer["X-Export-Id"])
    assert (str(entry.user), entry.key, entry.account.name, entry.address) == ("staff", None, "acme", "127.0.0.1")
    assert entry.filter == {"phone": "…", "status": "pending", "sender": "4479•••••456", "source": "api"}
    page = staff.get(reverse("admin:audit_export_changelist"), {"q": "acme"}).content.decode()
    assert "phone …" in page
    assert "finished" in page
    assert not any(number in page for number in ("1415555", "7911"))


def test_where_there_is_no_place_a_page_says_so(staff: Client, settings: LazySettings) -> None:
    settings.EXPORTS_AT_ONCE = 1
    first: Any = staff.post(reverse("staff-export", args=["api"]), QUERY_STRING="account=acme")
    second = staff.post(reverse("staff-export", args=["api"]), QUERY_STRING="account=acme")
    assert (second.status_code, second["Retry-After"]) == (429, "5")
    assert "can run 1 exports at once" in second.content.decode()
    read(first)
    assert read(staff.post(reverse("staff-export", args=["api"]), QUERY_STRING="account=acme")).status_code == 200
