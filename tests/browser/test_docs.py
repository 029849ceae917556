"""A developer who is not logged in tries the API, with nothing but a key, in both dialects."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope

TRIES = [
    ("ApiKey", "telecom23-telecom23_api_list", '"total_pages"'),
    ("Bearer", "laravel-laravel_items_list", '"summary"'),
]
WINDOWED = [
    *(("ApiKey", f"telecom23-telecom23_{name}") for name in ("api_list", "unified_list", "stats_total", "stats_daily")),
    ("ApiKey", "telecom23-telecom23_export_export"),
    ("ApiKey", "telecom23-telecom23_audit_list"),
    ("Bearer", "laravel-laravel_items_list"),
]


@pytest.fixture(scope="module")
def key(site: str) -> str:
    return create_key(Account.objects.get(name="acme"), [Scope.READ])


@pytest.fixture
def docs(key: str, chromium: Any, site: str) -> Iterator[Any]:
    """The page, which must neither ask another server for anything nor be stopped at anything."""
    page = chromium.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.extend([message.text] if message.type == "error" else []))
    page.on("request", lambda request: faults.extend(_foreign(request.url, site)))
    page.goto(f"{site}/api/docs")
    yield page
    page.close()
    assert faults == []


def _foreign(url: str, site: str) -> list[str]:
    return [] if urlsplit(url).scheme in ("data", "blob") or url.startswith(f"{site}/") else [url]


def authorize(docs: Any, scheme: str, key: str) -> None:
    docs.get_by_role("button", name="Authorize").first.click()
    dialog = docs.locator(".auth-container").filter(has_text=f"{scheme} (")
    dialog.locator("input").first.fill(key)
    dialog.get_by_role("button", name="Apply credentials").click()
    docs.get_by_role("button", name="Close").first.click()


def execute(opened: Any) -> Any:
    """Send what the form holds, and return the table of the live answer once it says 200."""
    opened.get_by_role("button", name="Execute").click()
    answer = opened.locator(".live-responses-table")
    assert answer.locator("tbody .response-col_status").first.inner_text() == "200"
    return answer


@pytest.mark.parametrize(("scheme", "operation", "answered"), TRIES)
def test_a_key_is_all_that_it_takes_to_try_the_api(
    docs: Any, key: str, scheme: str, operation: str, answered: str
) -> None:
    authorize(docs, scheme, key)
    opened = docs.locator(f"#operations-{operation}")
    opened.get_by_role("button").first.click()
    assert answered in execute(opened).inner_text()


@pytest.mark.parametrize(("scheme", "operation"), WINDOWED)
def test_a_window_of_days_is_taken_beside_what_the_page_sends_by_itself(
    docs: Any, key: str, scheme: str, operation: str
) -> None:
    """Every default of the description is sent too: none of them may exclude `from` and `to`."""
    authorize(docs, scheme, key)
    opened = docs.locator(f"#operations-{operation}")
    opened.get_by_role("button").first.click()
    for name in ("from", "to"):
        opened.locator(f'tr[data-param-name="{name}"] input').fill("2026-02-13")
    execute(opened)
    asked = opened.locator(".request-url").inner_text()
    assert "from=2026-02-13&to=2026-02-13" in asked


def test_a_cursor_is_taken_beside_what_the_page_sends_by_itself(docs: Any, key: str, site: str) -> None:
    answer = requests.get(f"{site}/api/v1/sms/messages", headers={"X-API-Key": key}, timeout=30)
    cursor = parse_qs(urlsplit(answer.links["next"]["url"]).query)["cursor"][0]
    authorize(docs, "ApiKey", key)
    opened = docs.locator("#operations-telecom23-telecom23_api_list")
    opened.get_by_role("button").first.click()
    opened.locator('tr[data-param-name="cursor"] input').fill(cursor)
    execute(opened)


def test_without_scripts_the_page_still_leads_to_the_description(chromium: Any, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/api/docs")
    assert page.get_by_role("link", name="JSON").get_attribute("href") == "/api/schema"
    context.close()
