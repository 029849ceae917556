"""`make screenshots`: the pages, from the local demo traffic, into `docs/img/`."""

import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

import django

# A page's file, address, width, and the colours that it is asked in.
SHOTS = (
    ("overview", "/reports/?period=30d", 1280, "light"),
    ("overview-dark", "/reports/?period=30d", 1280, "dark"),
    ("overview-phone", "/reports/?period=30d", 360, "light"),
    ("countries", "/reports/countries?period=30d&sort=-rate", 1280, "light"),
    ("messages", "/reports/messages?period=30d", 1280, "light"),
    ("broadcasts", "/reports/broadcasts?period=30d", 1280, "light"),
    ("health", "/reports/health?span=24h", 1280, "light"),
)
NAME = "screenshots"


def main() -> None:
    """On a server of its own, as somebody who is gone afterwards."""
    from django.conf import settings
    from django.contrib.auth.models import User

    from tests.server import database_url, serving

    User.objects.filter(username=NAME).delete()
    password = secrets.token_urlsafe()
    someone = User.objects.create_superuser(NAME, password=password)
    folder = Path(settings.BASE_DIR, "docs", "img")
    folder.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as logs, serving(Path(logs, "log"), DATABASE_URL=database_url()) as server:
            take(server.url, password, folder)
    finally:
        someone.delete()


def take(site: str, password: str, folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM

    with sync_playwright() as started:
        browser: Any = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        state = logged_in(browser, site, password)
        for name, path, width, scheme in SHOTS:
            context = browser.new_context(
                storage_state=state,
                viewport={"width": width, "height": 1000},
                color_scheme=scheme,
            )
            page = context.new_page()
            page.goto(site + path)
            page.screenshot(path=folder / f"{name}.png", full_page=width < 800)
            sys.stdout.write(f"{name}\n")
        browser.close()


def logged_in(browser: Any, site: str, password: str) -> Any:
    page = browser.new_page()
    page.goto(f"{site}/reports/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    return page.context.storage_state()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    # Playwright runs an event loop in this thread; what is written here waits for nobody.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()
    main()
