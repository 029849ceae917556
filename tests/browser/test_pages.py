"""People with a mouse, a keyboard, a phone, a printer, a screen reader, at night, and without JavaScript."""

import csv
import re
from typing import Any

import pytest

from tests.browser.conftest import DESK, PHONE, Opened

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make browser installs it")

PAGES = (
    "/reports/?period=30d",
    "/reports/?country=ZZ",
    "/reports/?period=week&country=USA&from=2026-02-31&tz=Mars",
    "/reports/messages?period=30d",
    "/reports/countries?period=30d",
    "/reports/senders?sort=-rate",
    "/reports/broadcasts?to=9999-12-31",
    "/reports/health?span=24h",
    "/reports/health?at=2001-01-01T10:00Z&span=week&country=USA",
)
PLAIN = "/reports/messages?period=30d"


@pytest.mark.parametrize(("width", "scheme"), [(DESK, "light"), (PHONE, "dark")])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_fits(open: Opened, path: str, width: int, scheme: str) -> None:
    page = open(path, width=width, scheme=scheme)
    for summary in page.query_selector_all("summary"):
        summary.click()
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_opened_from_a_list_is_accessible_too(open: Opened) -> None:
    for path in (PLAIN, "/reports/broadcasts?to=9999-12-31"):
        page = open(path, width=PHONE)
        page.locator("tbody a").first.click()
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_finds_a_message_and_takes_the_list_home(open: Opened, scripts: bool) -> None:
    """Filter, turn the page, open a row, go back, export: with JavaScript and without."""
    page = open(PLAIN, scripts=scripts)
    page.get_by_label("Status").select_option("delivered")
    page.get_by_role("button", name="Apply").click()
    assert page.url.endswith("/reports/messages?period=30d&account=acme&source=all&status=delivered&tz=UTC")
    page.get_by_role("link", name="Older").click()
    assert "Page 2 of" in page.content()
    page.locator("tbody a").first.click()
    assert page.get_by_role("heading", name="Timeline").is_visible()
    page.get_by_role("link", name="Back to the list").click()
    rows = page.locator(".export .note").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        number = len(list(csv.DictReader(file)))
    assert number == int(re.sub(r"\D", "", rows.split("row")[0]))


def test_a_bar_leads_to_its_day(open: Opened) -> None:
    page = open("/reports/?period=30d")
    bar = page.locator(".bar .part").first
    title = bar.locator("xpath=../*[name()='title']").text_content()
    bar.click()
    number = title.split(": ")[1].split()[0]
    assert page.locator("caption").inner_text().startswith(f"{number} SMS")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_figure_of_health_leads_to_its_rows(open: Opened, scripts: bool) -> None:
    """The day, its hours and the slice are kept through the list's own form."""
    page = open("/reports/health?span=24h", scripts=scripts)
    figure = page.locator(".health td.n a").first
    number = figure.inner_text()
    figure.click()
    assert page.locator("caption").inner_text().startswith(f"{number} SMS")
    page.get_by_label("In time").select_option("no")
    page.get_by_role("button", name="Apply").click()
    assert "since=" in page.url and "until=" in page.url and "in_time=no" in page.url


def test_a_page_is_used_by_keyboard(open: Opened) -> None:
    page = open("/reports/?period=30d")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert _focused(page) == ("Today", True)


def _focused(page: Any) -> tuple[str, bool]:
    """What has the focus, and whether that can be seen."""
    seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    return page.evaluate("document.activeElement.textContent"), seen


def test_paper_has_the_figures_and_what_they_are_narrowed_to(open: Opened) -> None:
    page = open("/reports/?period=30d&status=delivered", scheme="dark")
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="Reports").is_visible()
    assert not page.get_by_role("button", name="Apply").is_visible()
    assert page.get_by_text("Only status delivered").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_page_is_dark_at_night(open: Opened) -> None:
    page = open("/reports/", scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 20, 23)"
