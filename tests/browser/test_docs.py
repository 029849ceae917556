"""The documentation page of the API: a user without a login tries both dialects with a key only."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope

LISTS = [
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
    """Open the page, which must not log errors or send requests to other servers."""
    page = chromium.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.extend([message.text] if message.type == "error" else []))
    page.on("request", lambda request: problems.extend(_find_foreign_url(request.url, site)))
    page.goto(f"{site}/api/docs")
    yield page
    page.close()
    assert problems == []


def _find_foreign_url(url: str, site: str) -> list[str]:
    return [] if urlsplit(url).scheme in ("data", "blob") or url.startswith(f"{site}/") else [url]


def authorize(docs: Any, scheme: str, key: str) -> None:
    docs.get_by_role("button", name="Authorize").first.click()
    dialog = docs.locator(".auth-container").filter(has_text=f"{scheme} (")
    dialog.locator("input").first.fill(key)
    dialog.get_by_role("button", name="Apply credentials").click()
    docs.get_by_role("button", name="Close").first.click()


def execute(operation_panel: Any) -> Any:
    """Send the form, check that the status is 200, and return the table of the response."""
    operation_panel.get_by_role("button", name="Execute").click()
    response = operation_panel.locator(".live-responses-table")
    assert response.locator("tbody .response-col_status").first.inner_text() == "200"
    return response


@pytest.mark.parametrize(("scheme", "operation", "expected_text"), LISTS)
def test_the_api_can_be_tried_with_a_key_only(
    docs: Any, key: str, scheme: str, operation: str, expected_text: str
) -> None:
    authorize(docs, scheme, key)
    operation_panel = docs.locator(f"#operations-{operation}")
    operation_panel.get_by_role("button").first.click()
    assert expected_text in execute(operation_panel).inner_text()


@pytest.mark.parametrize(("scheme", "operation"), WINDOWED)
def test_a_date_range_can_be_sent_with_all_default_values(docs: Any, key: str, scheme: str, operation: str) -> None:
    """Every default value of the schema is sent too. None of them may exclude `from` and `to`."""
    authorize(docs, scheme, key)
    operation_panel = docs.locator(f"#operations-{operation}")
    operation_panel.get_by_role("button").first.click()
    for name in ("from", "to"):
        operation_panel.locator(f'tr[data-param-name="{name}"] input').fill("2026-02-13")
    execute(operation_panel)
    request_url = operation_panel.locator(".request-url").inner_text()
    assert "from=2026-02-13&to=2026-02-13" in request_url


def test_a_cursor_can_be_sent_with_all_default_values(docs: Any, key: str, site: str) -> None:
    response = requests.get(f"{site}/api/v1/sms/messages", headers={"X-API-Key": key}, timeout=30)
    cursor = parse_qs(urlsplit(response.links["next"]["url"]).query)["cursor"][0]
    authorize(docs, "ApiKey", key)
    operation_panel = docs.locator("#operations-telecom23-telecom23_api_list")
    operation_panel.get_by_role("button").first.click()
    operation_panel.locator('tr[data-param-name="cursor"] input').fill(cursor)
    execute(operation_panel)


def test_without_javascript_the_page_links_to_the_schema(chromium: Any, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/api/docs")
    assert page.get_by_role("link", name="JSON").get_attribute("href") == "/api/schema"
    context.close()
