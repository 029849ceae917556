"""Documentation site as `make docs` builds it: it needs no network, and a broken link stops the build."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import CHROMIUM
from tests.docs.pages import ROOT

pytest.importorskip("mkdocs", reason="make docs installs it")
# URLs that a browser loads automatically, in pages and in style sheets.
LOADED_URLS = (
    re.compile(r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=[\"']?([^\"'\s>]+)"),
    re.compile(r"<link\b(?![^>]*rel=[\"']?(?:canonical|prev|next))[^>]*\bhref=[\"']?([^\"'\s>]+)"),
    re.compile(r"url\([\"']?([^\"')]+)"),
    re.compile(r"@import\s+[\"']([^\"']+)"),
)


def build_site(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--config-file",
            source / "mkdocs.yml",
            "--site-dir",
            target,
        ],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build_site(ROOT, folder)
    assert built.returncode == 0, built.stdout
    return folder


def test_it_loads_nothing_from_other_servers(site: Path) -> None:
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    loaded = [(page.name, found) for page in pages for form in LOADED_URLS for found in form.findall(page.read_text())]
    assert len(loaded) > len(pages)
    assert [(page, found) for page, found in loaded if re.match(r"(https?:)?//", found)] == []


def test_broken_links_and_anchors_stop_the_build(tmp_path: Path) -> None:
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    links = ["users/nowhere.md", "users/api.md#nowhere", "/docs/users/api.md", "img/nothing.png", "adr/"]
    with (tmp_path / "docs" / "index.md").open("a") as page:
        page.writelines(f"\n[a link]({link})\n" for link in links)
    built = build_site(tmp_path, tmp_path / "site")
    assert built.returncode == 1
    assert [link for link in links if f"'{link}'" not in built.stdout] == []


@pytest.fixture
def page(site: Path) -> Iterator[Any]:
    """Browser page without network."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="make browser installs it")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_search_works_on_a_page_opened_from_disk(site: Path, page: Any) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"file://{site}/index.html")
    page.get_by_label("Search", exact=True).first.click()
    page.get_by_placeholder("Search").press_sequentially("twilio export")
    page.locator(".md-search-result__link").first.click()
    page.wait_for_url(f"file://{site}/operators/**")
    assert [url for url in requests if not url.startswith(("file:", "blob:", "data:", "about:"))] == []
