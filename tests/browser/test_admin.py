"""The admin as staff see it: accessible, and without a fault in the console, which would tell what the policy stops."""

from typing import Any

import pytest

from tests.browser.conftest import DESK, PHONE, Opened

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
# What Django's own pages do not keep to, by rule and the part of the page that is Django's.
DJANGO = {
    # The way back stands in a line of its own, whose links differ from the text by a shade of colour.
    ("link-in-text-block", ".breadcrumbs"),
    # The box to search by has its name beside it, in no label.
    ("label-title-only", "#changelist-search"),
    # A date and its time are two boxes under one label.
    ("label", ".datetime"),
}
# axe would fetch style sheets again, and write some into the page, to see what media they are for.
OPTIONS = {"preload": False}


def violations(page: Any) -> list[str]:
    """Rule and element of each, but for Django's own."""
    found = axe.Axe().run(page, options=OPTIONS).response["violations"]
    every = ((one["id"], node) for one in found for node in one["nodes"])
    return [f"{rule}: {node['html'][:200]}" for rule, node in every if not _of_django(page, rule, node["target"][0])]


def _of_django(page: Any, rule: str, element: str) -> bool:
    return any(
        rule == known and page.locator(element).first.evaluate("(found, part) => !!found.closest(part)", part)
        for known, part in DJANGO
    )


def open_first(page: Any) -> None:
    """The page of the list's first row, when it is all there."""
    page.locator("#result_list tbody th a, #result_list tbody a").first.click()
    page.wait_for_url("**/change/**", wait_until="load")


@pytest.mark.parametrize(("width", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_every_list_is_accessible(open: Opened, width: int, scheme: str) -> None:
    found = {name: violations(open(f"/admin/{name}/", width=width, scheme=scheme)) for name in LISTS}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_a_message_has_its_timeline_and_a_broadcast_its_funnel(open: Opened) -> None:
    for name, ours in (("messages_app/message", "Effect"), ("broadcasts_app/broadcast", "Share of sent")):
        page = open(f"/admin/{name}/")
        open_first(page)
        assert violations(page) == []
        heading = page.locator("th", has_text=ours)
        assert heading.is_visible() or page.get_by_text("No delivery receipt yet.").is_visible()


def test_a_number_is_revealed_for_a_reason(open: Opened) -> None:
    page = open("/admin/messages_app/message/")
    open_first(page)
    page.goto(page.url.replace("/change/", "/reveal/"))
    assert violations(page) == []
    page.get_by_label("Reason").fill("Ticket 42: the code did not come")
    page.get_by_role("button", name="Reveal").click()
    assert page.get_by_text("This was logged.").is_visible()
    assert violations(page) == []
    assert "Ticket 42" in open("/admin/accounts/reveal/").content()


def test_a_key_is_shown_once(open: Opened) -> None:
    page = open("/admin/accounts/apikey/add/")
    assert violations(page) == []
    page.get_by_label("Account").select_option(label="acme")
    page.get_by_role("button", name="Save", exact=True).click()
    secret = page.locator("code").inner_text()
    assert len(secret) > 30
    assert violations(page) == []
    page.get_by_role("link", name="To the keys").click()
    assert secret not in page.content()
    assert secret[:8] in page.content()
