"""The export as people see it run: how far it is, that it is whole, that it broke, and where it goes."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import NAME, PASSWORD, Opened
from tests.browser.cutting import cut

LIST = "/reports/messages?period=30d"
# Of the dialog to save a file nothing but the person's answer is made up: the file is one that the browser writes.
CHOSEN = """void (window.showSaveFilePicker = async (options) =>
    (await navigator.storage.getDirectory()).getFileHandle(options.suggestedName, {create: true}))"""
WRITTEN = """async () => {
    const folder = await navigator.storage.getDirectory();
    return (await (await folder.getFileHandle("messages_export.csv")).getFile()).text();
}"""
NOTHING_IS_HELD = "document.querySelector('.export').dataset.held = 0"
WHOLE, BROKE = "The file is whole", "The connection broke: the file is not whole, and nothing of it was kept."


def exported(page: Any) -> None:
    page.get_by_role("link", name="Export as CSV").click()


def told(page: Any, text: str) -> str:
    page.locator(".told", has_text=text).wait_for()
    return str(page.locator(".told").inner_text())


def test_a_short_file_is_a_download_that_says_it_is_whole(open: Opened) -> None:
    page = open(LIST)
    with page.expect_download() as download:
        exported(page)
    rows = page.locator(".export .note").inner_text().split(" row")[0]
    assert told(page, WHOLE).startswith(f"{WHOLE}: {rows} rows, ")
    assert download.value.suggested_filename.startswith("messages_export_2")
    assert not page.locator("progress").is_visible()


def test_a_long_file_is_written_to_disk_as_it_comes(open: Opened) -> None:
    page = open(LIST)
    with page.expect_download() as download:
        exported(page)
    page.evaluate(CHOSEN)
    page.evaluate(NOTHING_IS_HELD)
    page.evaluate("document.querySelector('.told').textContent = ''")
    exported(page)
    told(page, WHOLE)
    assert page.evaluate(WRITTEN) == download.value.path().read_text(encoding="utf-8-sig")


def test_a_long_file_is_a_plain_download_where_no_page_may_write(open: Opened) -> None:
    page = open(LIST)
    page.evaluate("delete window.showSaveFilePicker")
    page.evaluate(NOTHING_IS_HELD)
    with page.expect_download() as download:
        exported(page)
    assert download.value.path().stat().st_size > 100_000
    assert page.locator(".told").inner_text() == ""


@pytest.mark.parametrize("held", [True, False])
def test_a_file_that_broke_is_told_and_not_kept(chromium: Any, cookies: Any, site: str, held: bool) -> None:
    with cut(urlsplit(site).port or 0) as port:
        context = chromium.new_context(storage_state=cookies)
        page = context.new_page()
        downloads: list[Any] = []
        page.on("download", lambda file: downloads.append(file))
        page.goto(f"http://127.0.0.1:{port}{LIST}")
        page.evaluate(CHOSEN)
        if not held:
            page.evaluate(NOTHING_IS_HELD)
        exported(page)
        assert BROKE in told(page, "broke")
        assert downloads == []
        assert held or page.evaluate(WRITTEN) == ""
        context.close()


def test_a_login_that_expired_meanwhile_is_asked_for_and_the_file_comes_after(chromium: Any, site: str) -> None:
    page = chromium.new_page()
    page.goto(site + LIST)
    _log_in(page, NAME, PASSWORD)
    page.context.clear_cookies()
    exported(page)
    page.wait_for_url("**/reports/login?**")
    with page.expect_download() as download:
        _log_in(page, NAME, PASSWORD)
    assert download.value.suggested_filename.startswith("messages_export_2")
    page.context.close()


def _log_in(page: Any, name: str, password: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
