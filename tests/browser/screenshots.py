"""`make screenshots`: take_screenshots screenshots of the pages with the local demo traffic, into `docs/img/`."""

import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

import django

# File name, path, width and color scheme.
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
    """Start a server, and take_screenshots the screenshots as a temporary user."""
    from django.conf import settings
    from django.contrib.auth.models import User

    from tests.server import database_url, serving

    User.objects.filter(username=NAME).delete()
    password = secrets.token_urlsafe()
    user = User.objects.create_superuser(NAME, password=password)
    folder = Path(settings.BASE_DIR, "docs", "img")
    folder.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as logs, serving(Path(logs, "log"), DATABASE_URL=database_url()) as server:
            take_screenshots(server.url, password, folder)
    finally:
        user.delete()


def take_screenshots(site: str, password: str, folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM

    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        state = log_in(browser, site, password)
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


def log_in(browser: Any, site: str, password: str) -> Any:
    page = browser.new_page()
    page.goto(f"{site}/reports/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    return page.context.storage_state()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    # Playwright runs an event loop in this thread, in which Django would refuse to use the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()
    main()
