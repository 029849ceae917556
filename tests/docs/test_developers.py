"""Pages for developers: the files that they name exist and contain the names on the same line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from smsreports.installation import list_packages
from tests.docs.pages import ROOT

DEVELOPERS = ROOT / "docs" / "developers"
PAGES = sorted(DEVELOPERS.glob("*.md"))
IN_CODE_STYLE = re.compile(r"`([^`\n]+)`")
REPOSITORY_PATH = re.compile(rf"(?:{'|'.join(list_packages())}|tests|templates)/")
# A function, class, attribute or constant, perhaps with dots; names of files have an ending.
SYMBOL = re.compile(r"(?!.*\.(?:py|md)$)[A-Za-z_][\w.]*")
# Pages on which each line is about the files that it names.
MAPS = [DEVELOPERS / "map.md", DEVELOPERS / "glossary.md"]


def quoted_by_line(page: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line with its texts in backticks."""
    for number, line in enumerate(page.read_text().splitlines(), start=1):
        yield number, IN_CODE_STYLE.findall(line)


def find_missing_paths(page: Path) -> list[str]:
    return [
        f"{page.name}:{number}: {text}"
        for number, texts in quoted_by_line(page)
        for text in texts
        if REPOSITORY_PATH.match(text) and not (ROOT / text).exists()
    ]


def find_unknown_symbols(page: Path) -> list[str]:
    """Return symbols that are in none of the files on their line; each part of a dotted name is looked for."""
    missing = []
    for number, texts in quoted_by_line(page):
        files = [ROOT / text for text in texts if REPOSITORY_PATH.match(text) and (ROOT / text).is_file()]
        words = {word for file in files for word in re.findall(r"\w+", file.read_text())}
        symbols = [text for text in texts if SYMBOL.fullmatch(text)]
        missing += [f"{page.name}:{number}: {name}" for name in symbols if files and not set(name.split(".")) <= words]
    return missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_path_on_a_page_for_developers_exists(page: Path) -> None:
    assert find_missing_paths(page) == []


@pytest.mark.parametrize("page", MAPS, ids=lambda page: page.name)
def test_each_symbol_is_in_a_file_on_its_line(page: Path) -> None:
    assert find_unknown_symbols(page) == []


def test_a_missing_path_and_an_unknown_symbol_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    lines = ("`smsreports/nowhere.py`", "`smsreports/urls.py`: `not_in_it`", "`smsreports/urls.py`: `urlpatterns`")
    page.write_text("\n".join(lines))
    assert find_missing_paths(page) == ["page.md:1: smsreports/nowhere.py"]
    assert find_unknown_symbols(page) == ["page.md:2: not_in_it"]


def test_every_folder_of_the_service_is_on_the_map() -> None:
    named = {text.rstrip("/") for _, texts in quoted_by_line(DEVELOPERS / "map.md") for text in texts}
    folders = {str(file.parent.relative_to(ROOT)) for file in (ROOT / "smsreports").glob("*/__init__.py")}
    assert folders - named <= {"smsreports/templatetags"}
