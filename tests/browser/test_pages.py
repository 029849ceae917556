"""Pages with mouse, keyboard, phone, printer, screen reader and dark color scheme, and without JavaScript."""

import csv
import re
from typing import Any

import pytest

from tests.browser.conftest import DESKTOP, PHONE, PageOpener

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


@pytest.mark.parametrize(("width", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_fits_the_screen(open: PageOpener, path: str, width: int, scheme: str) -> None:
    page = open(path, width=width, scheme=scheme)
    for summary in page.query_selector_all("summary"):
        summary.click()
    result = axe.Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pages_of_list_items_are_accessible(open: PageOpener) -> None:
    for path in (PLAIN, "/reports/broadcasts?to=9999-12-31"):
        page = open(path, width=PHONE)
        page.locator("tbody a").first.click()
        result = axe.Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize("scripts", [True, False])
def test_a_user_filters_opens_a_message_and_exports_the_list(open: PageOpener, scripts: bool) -> None:
    """Filter, open the next page and a row, go back and export: with JavaScript and without."""
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
        row_count = len(list(csv.DictReader(file)))
    assert row_count == int(re.sub(r"\D", "", rows.split("row")[0]))


def test_a_bar_links_to_its_day(open: PageOpener) -> None:
    page = open("/reports/?period=30d")
    bar = page.locator(".bar .part").first
    title = bar.locator("xpath=../*[name()='title']").text_content()
    bar.click()
    number = title.split(": ")[1].split()[0]
    assert page.locator("caption").inner_text().startswith(f"{number} SMS")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_number_of_the_health_page_links_to_its_rows(open: PageOpener, scripts: bool) -> None:
    """The form of the list keeps the hours and the slice."""
    page = open("/reports/health?span=24h", scripts=scripts)
    figure = page.locator(".health td.n a").first
    number = figure.inner_text()
    figure.click()
    assert page.locator("caption").inner_text().startswith(f"{number} SMS")
    page.get_by_label("In time").select_option("no")
    page.get_by_role("button", name="Apply").click()
    assert "since=" in page.url and "until=" in page.url and "in_time=no" in page.url


def test_a_page_can_be_used_by_keyboard(open: PageOpener) -> None:
    page = open("/reports/?period=30d")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert _get_focus(page) == ("Today", True)


def _get_focus(page: Any) -> tuple[str, bool]:
    """Return the text of the focused element, and whether its focus is visible."""
    is_visible = page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    return page.evaluate("document.activeElement.textContent"), is_visible


def test_a_printed_page_has_the_figures_and_the_filters(open: PageOpener) -> None:
    page = open("/reports/?period=30d&status=delivered", scheme="dark")
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="Reports").is_visible()
    assert not page.get_by_role("button", name="Apply").is_visible()
    assert page.get_by_text("Only status delivered").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_page_is_dark_in_the_dark_color_scheme(open: PageOpener) -> None:
    page = open("/reports/", scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 20, 23)"
