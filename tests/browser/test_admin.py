"""The admin: accessible, and without console errors, such as violations of the content security policy."""

from typing import Any

import pytest

from tests.browser.conftest import DESKTOP, PHONE, PageOpener

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make browser installs it")

LISTS = (
    "messages_app/message",
    "broadcasts_app/broadcast",
    "broadcasts_app/broadcastsend",
    "ingest/event",
    "accounts/account",
    "accounts/apikey",
    "accounts/reveal",
)
# Violations in Django's own parts of the pages, as rule and selector.
DJANGO_VIOLATIONS = {
    # The links of the breadcrumbs differ from their text by color only.
    ("link-in-text-block", ".breadcrumbs"),
    # The search input has no label.
    ("label-title-only", "#changelist-search"),
    # Date and time are two inputs with one label.
    ("label", ".datetime"),
}
# Otherwise axe fetches style sheets again and inserts some, to find their media.
OPTIONS = {"preload": False}


def find_violations(page: Any) -> list[str]:
    """Return rule and element of each violation, without those of Django."""
    violations = axe.Axe().run(page, options=OPTIONS).response["violations"]
    nodes = ((violation["id"], node) for violation in violations for node in violation["nodes"])
    return [
        f"{rule}: {node['html'][:200]}"
        for rule, node in nodes
        if not _is_django_violation(page, rule, node["target"][0])
    ]


def _is_django_violation(page: Any, rule: str, element: str) -> bool:
    return any(
        rule == known and page.locator(element).first.evaluate("(element, part) => !!element.closest(part)", part)
        for known, part in DJANGO_VIOLATIONS
    )


def open_first(page: Any) -> None:
    """Open the first row of the list, and wait until its page is loaded."""
    page.locator("#result_list tbody th a, #result_list tbody a").first.click()
    page.wait_for_url("**/change/**", wait_until="load")


@pytest.mark.parametrize(("width", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_every_list_is_accessible(open: PageOpener, width: int, scheme: str) -> None:
    violations = {name: find_violations(open(f"/admin/{name}/", width=width, scheme=scheme)) for name in LISTS}
    assert {name: of_list for name, of_list in violations.items() if of_list} == {}


def test_a_message_has_a_timeline_and_a_broadcast_a_funnel(open: PageOpener) -> None:
    for name, column in (("messages_app/message", "Effect"), ("broadcasts_app/broadcast", "Share of sent")):
        page = open(f"/admin/{name}/")
        open_first(page)
        assert find_violations(page) == []
        heading = page.locator("th", has_text=column)
        assert heading.is_visible() or page.get_by_text("No delivery receipt yet.").is_visible()


def test_a_number_is_revealed_after_giving_a_reason(open: PageOpener) -> None:
    page = open("/admin/messages_app/message/")
    open_first(page)
    page.goto(page.url.replace("/change/", "/reveal/"))
    assert find_violations(page) == []
    page.get_by_label("Reason").fill("Ticket 42: the code did not come")
    page.get_by_role("button", name="Reveal").click()
    assert page.get_by_text("This was logged.").is_visible()
    assert find_violations(page) == []
    assert "Ticket 42" in open("/admin/accounts/reveal/").content()


def test_a_new_key_is_shown_once(open: PageOpener) -> None:
    page = open("/admin/accounts/apikey/add/")
    assert find_violations(page) == []
    page.get_by_label("Account").select_option(label="acme")
    page.get_by_role("button", name="Save", exact=True).click()
    secret = page.locator("code").inner_text()
    assert len(secret) > 30
    assert find_violations(page) == []
    page.get_by_role("link", name="To the keys").click()
    assert secret not in page.content()
    assert secret[:8] in page.content()
