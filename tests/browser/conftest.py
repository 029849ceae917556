"""A browser that is logged in, on a server with demo traffic."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.server import Server

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
NAME, PASSWORD = "looker", "a password of the tests"
DESK, PHONE = 1280, 360

# A page of a browser, and how to have one: `open(path, width=…, scheme=…, scripts=…)`.
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def site(gunicorn: Server, committed: None) -> str:
    """Written before the browser starts: its event loop would keep Django from its database."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine")
    User.objects.create_superuser(NAME, password=PASSWORD)
    call_command("demo", messages=1500, sends=500, verbosity=0)
    return gunicorn.url


@pytest.fixture(scope="module")
def chromium(site: str) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="make browser installs it")
    with playwright.sync_playwright() as started:
        # In a container root has no sandbox to be put in.
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def cookies(chromium: Any, site: str) -> Any:
    """Of somebody who has logged in, and came to the page that was asked for."""
    page = chromium.new_page()
    page.goto(f"{site}/reports/countries?period=30d")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.url == f"{site}/reports/countries?period=30d"
    return page.context.storage_state()


@pytest.fixture
def open(chromium: Any, cookies: Any, site: str) -> Iterator[Opened]:
    """Opens pages that must neither ask another server for anything nor be stopped at anything."""
    contexts: list[Any] = []
    faults: list[str] = []

    def opened(path: str, *, width: int = DESK, scheme: str = "light", scripts: bool = True) -> Any:
        view = {"width": width, "height": 800}
        context = chromium.new_context(
            storage_state=cookies, viewport=view, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("request", lambda request: faults.extend(_foreign(request.url, site)))
        assert page.goto(site + path).status == 200
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def _foreign(url: str, site: str) -> list[str]:
    return [] if urlsplit(url).scheme == "data" or url.startswith(f"{site}/") else [url]
