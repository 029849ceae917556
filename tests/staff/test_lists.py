"""Admin lists: exact totals, filters in the query string, and pages that respect the content security policy."""

import html
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, ApiKey, Scope
from smsreports.ingest.models import Event
from tests.conftest import DAY, ApiClient, broadcast_line, load_lines, message_line, receipt_line, send_line

LISTS = {
    model.__name__: reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
    for model in (Message, BroadcastSend, Broadcast, Event)
}
MESSAGES = LISTS["Message"]


@pytest.fixture
def traffic(db: None) -> None:
    """Load thirty messages and two sends of acme, and two messages of globex."""
    load_lines(
        [
            *(message_line(client_message_id=f"m-{n}", message_id=f"c-{n}", status=status_of(n)) for n in range(30)),
            *(message_line(account="globex", client_message_id=f"g-{n}", recipient=f"+4915112345{n}") for n in (1, 2)),
            broadcast_line(),
            *(send_line(message_id=f"s-{n}") for n in (1, 2)),
            receipt_line(message_id="s-1", status="DELIVRD", at=f"{DAY}T12:00:09Z"),
        ]
    )


def status_of(number: int) -> str:
    return "DELIVRD" if number % 3 else "pending"


def get_text(browser: Client, path: str, query: Any = "") -> str:
    answer = browser.get(path, query) if isinstance(query, dict) else browser.get(f"{path}?{query}")
    assert answer.status_code in (200, 400)
    return html.unescape(answer.content.decode())


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"status": "pending"},
        {"status": "delivered", "sender": "MyApp"},
        {"country": "us"},
        {"country": "DE"},
        {"from": DAY, "to": DAY},
        {"from": "2026-02-14"},
        {"phone": "1415"},
        {"phone": "999"},
    ],
)
def test_the_total_of_an_account_equals_that_of_the_api(
    staff: Client, owner: ApiClient, params: dict[str, str]
) -> None:
    days = {"to": "9999-12-31"} if "from" not in params else {}
    total = owner.get("/api/v1/sms/messages", params | days).json()["total"]
    assert f"{total} messages." in get_text(staff, MESSAGES, params | {"account": "acme"})


@pytest.mark.usefixtures("traffic")
def test_a_list_of_all_accounts_has_the_total_of_all(staff: Client) -> None:
    totals = {"Message": "32 messages.", "BroadcastSend": "2 broadcast sends.", "Broadcast": "1 broadcast."}
    for name, total in (totals | {"Event": "1 event."}).items():
        assert total in get_text(staff, LISTS[name])


@pytest.mark.usefixtures("traffic")
def test_pages_contain_each_row_once(staff: Client) -> None:
    for query in ("", "account=acme", "account=acme&sender=MyApp", "account=acme&phone=1415", "q=14155551234"):
        pages = [get_text(staff, MESSAGES, f"{query}&p={page}") for page in (1, 2)]
        for number in range(30):
            assert sum(f">m-{number}<" in page for page in pages) == 1, (query, number)


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("m-3", ["m-3"]),
        (" m-3 ", ["m-3"]),
        ("c-4", ["m-4"]),
        ("+49 1511-23451", ["g-1"]),
        ("\u202a+49\u00a01511\u00a023451\u202c", ["g-1"]),
        ("0049(0)1511.23451", ["g-1"]),
        ("+49151", ["g-1", "g-2"]),
        ("+151123", []),
        ("112345", ["g-1", "g-2"]),
        ("3451", ["g-1"]),
        ("345", []),
        ("M-3", []),
        ("m-", []),
        ("%", []),
    ],
)
def test_a_search_finds_ids_and_numbers_of_all_accounts(staff: Client, query: str, expected: list[str]) -> None:
    page = get_text(staff, MESSAGES, {"q": query})
    assert [key for key in ("m-3", "m-4", "g-1", "g-2") if f">{key}<" in page] == expected
    assert f"{len(expected)} message{'' if len(expected) == 1 else 's'}." in page


@pytest.mark.usefixtures("traffic")
def test_a_search_can_be_limited_to_one_account(staff: Client) -> None:
    assert ">g-1<" in get_text(staff, MESSAGES, {"q": "g-1", "account": "globex"})
    assert ">g-1<" not in get_text(staff, MESSAGES, {"q": "g-1", "account": "acme"})


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("account=nobody", "there is no account with this name"),
        ("status=pending", "choose an account to filter by status"),
        ("from=2026-01-01", "choose an account"),
        ("account=acme&status=gone", "must be one of delivered"),
        ("account=acme&from=yesterday", "must be a date, YYYY-MM-DD"),
        ("account=acme&from=2026-02-30", "must be a date, YYYY-MM-DD"),
        ("account=acme&from=2026-02-02&to=2026-02-01", "must not be after to"),
        ("account=acme&country=Germany", "must be a country code of two letters"),
        ("account=acme&phone=abc", "must be 1 to 15 digits"),
        ("account=acme&account=globex", "is given more than once"),
        ("account=acme%00", "must not contain a NUL character"),
        ("q=%00", "must not contain a NUL character"),
        ("q=%FF", "must be UTF-8"),
        ("q=m-1&account=acme&status=pending", "cannot be combined with other filters, except Account"),
        ("account=acme&p=9", "the last page is 2"),
        ("p=0", "must be a whole number, 1 or more"),
        ("p=99999999999999999999999", "must be a whole number, 1 or more"),
        ("p=x", "must be a whole number, 1 or more"),
        ("recipient__startswith=%2B44", "recipient__startswith: is not a filter of this list"),
        ("_popup=1", "is not a filter of this list"),
        ("&".join(f"a{n}=1" for n in range(200)), "must not have more than 100 parameters"),
    ],
)
def test_an_invalid_query_is_explained_and_lists_nothing(staff: Client, query: str, reason: str) -> None:
    answer = staff.get(f"{MESSAGES}?{query}")
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 400
    assert reason in page
    assert "Nothing is listed." in page


def test_a_broadcast_cannot_be_combined_with_other_filters(staff: Client, account: Account) -> None:
    for query in ("broadcast=1&account=acme", "broadcast=1&status=pending", "broadcast=1&q=s-1"):
        assert "cannot be combined with other filters" in get_text(staff, LISTS["BroadcastSend"], query)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("query", ["_to_field=x", "e=1", "o=99.-x", "all=", f"p={'9' * 5000}", "%00=%00", "=", "q="])
def test_no_query_string_crashes_a_list(staff: Client, name: str, query: str) -> None:
    get_text(staff, LISTS[name], query)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "%00", "_00", "-1"])
def test_a_missing_row_is_reported(staff: Client, name: str, key: str) -> None:
    answer = staff.get(f"{LISTS[name]}{key}/change/", follow=True)
    assert answer.status_code == 200
    assert "exist" in answer.content.decode()


@pytest.mark.usefixtures("traffic")
def test_the_form_repeats_the_query_as_text(staff: Client) -> None:
    page_html = staff.get(MESSAGES, {"account": '"><script>alert(1)</script>', "q": "<b>"}).content.decode()
    assert "<script>alert" not in page_html
    assert "&lt;script&gt;alert(1)" in page_html


def test_values_of_a_row_are_escaped(staff: Client, db: None) -> None:
    load_lines([message_line(client_message_id="<i>m</i>", sender_id="<u>s</u>", message="<script>alert(1)</script>")])
    for page in (MESSAGES, reverse("admin:messages_app_message_change", args=[Message.unscoped.get().pk])):
        page_html = staff.get(page).content.decode()
        assert "&lt;i&gt;m" in page_html
        assert not any(tag in page_html for tag in ("<i>m", "<u>s", "<script>alert"))


def list_pages() -> list[str]:
    """Return the path of each kind of page."""
    pages = [reverse("admin:index")]
    for model in (Message, BroadcastSend, Broadcast, Event, ApiKey):
        name = f"admin:{model._meta.label_lower.replace('.', '_')}"
        key = model._default_manager.values_list("pk", flat=True)[0]
        pages += [reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[key])]
    key = Message.unscoped.values_list("pk", flat=True)[0]
    return [*pages, f"{MESSAGES}{key}/reveal/", f"{MESSAGES}?account=acme", reverse("admin:accounts_apikey_add")]


@pytest.mark.usefixtures("traffic")
def test_no_page_has_inline_styles_or_scripts(staff: Client, owner: ApiClient) -> None:
    for page in list_pages():
        answer = staff.get(page)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "'unsafe" not in answer["Content-Security-Policy"]
        assert not any(inline in text for inline in ("<style", " style=", " onclick=", "<script>", "javascript:")), page
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("traffic")
def test_pages_require_their_permissions(support: Client, newcomer: Client, owner: ApiClient) -> None:
    create_key(ApiKey.objects.get().account, [Scope.READ])
    stranger = Client()
    for name, page in LISTS.items():
        assert [browser.get(page).status_code for browser in (support, newcomer, stranger)] == [200, 403, 302], name
    for name in ("accounts_apikey", "auth_user", "accounts_reveal"):
        page = reverse(f"admin:{name}_changelist")
        assert [browser.get(page).status_code for browser in (support, newcomer, stranger)] == [403, 403, 302], name


@pytest.mark.django_db(transaction=True)
def test_a_list_that_takes_too_long_is_cancelled_with_an_explanation(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_slowly(*ignored: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")
        return 0

    monkeypatch.setattr("smsreports.staff.admin.LIST_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr("smsreports.staff.admin.count_all_accounts", count_slowly)
    answer = staff.get(MESSAGES)
    assert answer.status_code == 503
    assert "Narrow the list by account and dates" in answer.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
