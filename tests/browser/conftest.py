"""Browser with a logged-in user, and a server with demo traffic."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.server import Server

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
NAME, PASSWORD = "looker", "a password of the tests"
DESKTOP, PHONE = 1280, 360

# Opens a page: `open(path, width=…, scheme=…, scripts=…)`.
PageOpener = Callable[..., Any]


@pytest.fixture(scope="module")
def site(gunicorn: Server, committed: None) -> str:
    """Create user and traffic before the browser starts: Django does not use the database in its event loop."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine")
    User.objects.create_superuser(NAME, password=PASSWORD)
    call_command("demo", messages=1500, sends=500, verbosity=0)
    return gunicorn.url


@pytest.fixture(scope="module")
def chromium(site: str) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="make browser installs it")
    with playwright.sync_playwright() as driver:
        # Chromium has no sandbox for root in a container.
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def cookies(chromium: Any, site: str) -> Any:
    """Log in, check that the login returns to the requested page, and return the cookies."""
    page = chromium.new_page()
    page.goto(f"{site}/reports/countries?period=30d")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.url == f"{site}/reports/countries?period=30d"
    return page.context.storage_state()


@pytest.fixture
def open(chromium: Any, cookies: Any, site: str) -> Iterator[PageOpener]:
    """Return a function that opens pages, which must not write to the console or send requests to other servers."""
    contexts: list[Any] = []
    problems: list[str] = []

    def open_page(path: str, *, width: int = DESKTOP, scheme: str = "light", scripts: bool = True) -> Any:
        view = {"width": width, "height": 800}
        context = chromium.new_context(
            storage_state=cookies, viewport=view, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: problems.extend(_find_foreign_url(request.url, site)))
        assert page.goto(site + path).status == 200
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _find_foreign_url(url: str, site: str) -> list[str]:
    return [] if urlsplit(url).scheme == "data" or url.startswith(f"{site}/") else [url]
