"""Pages against the code: blocks have languages, and named commands and options exist."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from smsreports.concurrency.limits import (
    EXPORTS,
    LOADS,
    MIN_FREE_THREADS,
    SLOW_QUERIES,
    THREADS,
    connections_of_process,
)
from tests.docs.pages import NOT_RUN, ROOT, RUNNABLE, find_blocks, list_pages_in_order

PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "adr")]
# Languages of blocks with responses, settings or data.
SHOWN_LANGUAGES = {"json", "http", "text", "ini", "nginx", "crontab"}
COMMAND = re.compile(r"(?:manage\.py|smsreports|\$\(MANAGE\)) ([a-z][a-z_-]+)([^`\n|]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def find_commands(page: Path) -> Iterator[tuple[str, str]]:
    """Yield each management command on a page, with the rest of its line."""
    text = page.read_text().replace("\\\n", " ")
    for name, rest in COMMAND.findall(text):
        yield name.replace("-", "_"), rest.split("#")[0]
    # Tables name a command and its options without `manage.py`.
    for quoted in re.findall(r"`([^`\n]+)`", text):
        name, _, rest = quoted.partition(" ")
        if name in get_commands() and "_" in name:
            yield name, rest


def list_options(command: str) -> set[str]:
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    return {option for action in parser._actions for option in action.option_strings}


def test_pages_for_users_and_operators_are_all_in_the_navigation() -> None:
    read = {page for page in PAGES if {"users", "operators"} & set(page.relative_to(ROOT).parts)}
    assert set(list_pages_in_order()) - {ROOT / "README.md"} == read


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_names_its_language(page: Path) -> None:
    assert [
        block.location for block in find_blocks(page) if block.language not in SHOWN_LANGUAGES | set(RUNNABLE)
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_reason_not_to_run_is_above_a_command(page: Path) -> None:
    with_reasons = [block for block in find_blocks(page) if block.reason]
    assert len(NOT_RUN.findall(page.read_text())) == len(with_reasons)
    assert [block.location for block in with_reasons if block.language not in RUNNABLE] == []


def test_commands_are_found_on_the_pages() -> None:
    found = {name: rest for page in PAGES for name, rest in find_commands(page)}
    assert {"import_traffic", "create_api_key", "serve", "rotate_api_key"} <= set(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_option_that_is_named_exists(page: Path) -> None:
    named = [
        (name, option)
        for name, rest in find_commands(page)
        if name in get_commands()
        for option in OPTION.findall(rest)
    ]
    assert [(name, option) for name, option in named if option not in list_options(name)] == []


def test_the_example_on_the_page_is_the_example_file() -> None:
    page = ROOT / "docs" / "operators" / "loading.md"
    (example,) = [block.text for block in find_blocks(page) if block.language == "json" and '"type"' in block.text]
    decoder, records, rest = json.JSONDecoder(), [], example
    while rest:
        record, end = decoder.raw_decode(rest)
        records.append(record)
        rest = rest[end:].strip()
    lines = (ROOT / "docs" / "examples" / "traffic.ndjson").read_text().splitlines()
    assert records == [json.loads(line) for line in lines]


def test_the_range_and_default_of_every_number_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "operators" / "configuration.md").read_text().replace(",", "")
    code = "\n".join(path.read_text() for path in (ROOT / "smsreports").rglob("*.py"))
    reader = r'read_int\(\s*"([A-Z_]+)",\s*default=([\d_]+),\s*minimum=([\d_]+),\s*maximum=([\d_]+)'
    rows = [
        f"| `{name}` | {minimum} to {maximum}; {default} |"
        for name, default, minimum, maximum in re.findall(reader, code)
    ]
    assert len(rows) > 5
    assert [row for row in rows if row.replace("_", "") not in page.replace("_", "")] == []


def test_the_sizing_formula_is_that_of_the_limits() -> None:
    page = (ROOT / "docs" / "operators" / "operations.md").read_text()
    connections = connections_of_process()
    assert f"hosts × workers × {connections} + 10 for commands and people ≤ max_connections" in page
    assert f"Two hosts of four workers: {2 * 4 * connections + 10} at worst." in page
    loads, exports, queries = (limits.max_running + limits.max_waiting for limits in (LOADS, EXPORTS, SLOW_QUERIES))
    numbers = f"{THREADS} in each, of which loads use at most {loads}, exports {exports} and slow queries {queries}"
    assert f"{numbers} (running and waiting), so that {MIN_FREE_THREADS} stay free for lists." in page
