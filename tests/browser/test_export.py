"""Export on the page: progress, result, a broken connection, and the files that are written."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.breaking_proxy import breaking_proxy
from tests.browser.conftest import NAME, PASSWORD, PageOpener

LIST = "/reports/messages?period=30d"
# Replaces the save dialog only. The browser writes a real file.
REPLACE_SAVE_DIALOG = """void (window.showSaveFilePicker = async (options) =>
    (await navigator.storage.getDirectory()).getFileHandle(options.suggestedName, {create: true}))"""
READ_WRITTEN_FILE = """async () => {
    const folder = await navigator.storage.getDirectory();
    return (await (await folder.getFileHandle("messages_export.csv")).getFile()).text();
}"""
DISABLE_MEMORY_BUFFER = "document.querySelector('.export').dataset.held = 0"
WHOLE, BROKE = "The file is whole", "The connection broke: the file is not whole, and nothing of it was kept."


def click_export(page: Any) -> None:
    page.get_by_role("link", name="Export as CSV").click()


def wait_for_status(page: Any, text: str) -> str:
    page.locator(".told", has_text=text).wait_for()
    return str(page.locator(".told").inner_text())


def test_a_small_export_is_downloaded_and_reported_as_whole(open: PageOpener) -> None:
    page = open(LIST)
    with page.expect_download() as download:
        click_export(page)
    rows = page.locator(".export .note").inner_text().split(" row")[0]
    assert wait_for_status(page, WHOLE).startswith(f"{WHOLE}: {rows} rows, ")
    assert download.value.suggested_filename.startswith("messages_export_2")
    assert not page.locator("progress").is_visible()


def test_a_large_export_is_streamed_to_disk(open: PageOpener) -> None:
    page = open(LIST)
    with page.expect_download() as download:
        click_export(page)
    page.evaluate(REPLACE_SAVE_DIALOG)
    page.evaluate(DISABLE_MEMORY_BUFFER)
    page.evaluate("document.querySelector('.told').textContent = ''")
    click_export(page)
    wait_for_status(page, WHOLE)
    assert page.evaluate(READ_WRITTEN_FILE) == download.value.path().read_text(encoding="utf-8-sig")


def test_a_large_export_is_a_plain_download_without_file_system_access(open: PageOpener) -> None:
    page = open(LIST)
    page.evaluate("delete window.showSaveFilePicker")
    page.evaluate(DISABLE_MEMORY_BUFFER)
    with page.expect_download() as download:
        click_export(page)
    assert download.value.path().stat().st_size > 100_000
    assert page.locator(".told").inner_text() == ""


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_broken_export_is_reported_and_discarded(chromium: Any, cookies: Any, site: str, in_memory: bool) -> None:
    with breaking_proxy(urlsplit(site).port or 0) as port:
        context = chromium.new_context(storage_state=cookies)
        page = context.new_page()
        downloads: list[Any] = []
        page.on("download", lambda file: downloads.append(file))
        page.goto(f"http://127.0.0.1:{port}{LIST}")
        page.evaluate(REPLACE_SAVE_DIALOG)
        if not in_memory:
            page.evaluate(DISABLE_MEMORY_BUFFER)
        click_export(page)
        assert BROKE in wait_for_status(page, "broke")
        assert downloads == []
        assert in_memory or page.evaluate(READ_WRITTEN_FILE) == ""
        context.close()


def test_an_export_continues_after_a_new_login_if_the_session_expired(chromium: Any, site: str) -> None:
    page = chromium.new_page()
    page.goto(site + LIST)
    _log_in(page, NAME, PASSWORD)
    page.context.clear_cookies()
    click_export(page)
    page.wait_for_url("**/reports/login?**")
    with page.expect_download() as download:
        _log_in(page, NAME, PASSWORD)
    assert download.value.suggested_filename.startswith("messages_export_2")
    page.context.close()


def _log_in(page: Any, name: str, password: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
