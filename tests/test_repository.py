"""The repository itself: imports point down, files stay small, and what its pages name is there."""

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("smsreports", "messages_app", "broadcasts_app")
# A person reads a file of so many lines in one sitting.
LONGEST_FILE = 300
# Made by tools: pinned hashes, caches, a machine's own data and settings.
PINS = tuple(f"requirements/{name}.txt" for name in ("production", "local", "build", "dev", "browser", "fuzz", "docs"))
CACHES = re.compile(r"_cache$|^\.hypothesis$|^\.venv-")
MADE = {"requirements", ".env", "__pycache__", ".git", ".venv", ".data", "build", "dist", "site"}
README = (ROOT / "README.md").read_text()
# What users and operators read: what it names is held to the code.
GUIDES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if path.parent.name != "adr"]
PAGES = "\n".join([README, *(path.read_text() for path in GUIDES)])
# Paths on the pages that are not ours: a folder of Linux, and addresses of Jasmin and Vonage.
FOREIGN_PATHS = {"/dev/shm", "/send", "/v2/reports", "/v2/reports/records", "/v3/media/{file_id}"}
CONFIGURATION = (ROOT / "docs" / "operators" / "configuration.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
DECISION_INDEX = (ROOT / "docs" / "adr" / "README.md").read_text()
# A decision's state, on the third line of its record.
DECISION_STATE = re.compile(
    r"^Date: (?P<date>\d{4}-\d{2}-\d{2})\. "
    r"Status: (?P<status>accepted|superseded by ADR \d+|accepted, amended by ADR \d+(?: and ADR \d+)*)\.",
    re.MULTILINE,
)


def files(*endings: str) -> Iterator[Path]:
    """Every file that people wrote, by the ends of their names."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and not CACHES.search(name)]
        yield from (Path(folder, name) for name in sorted(names) if name not in MADE and name.endswith(endings))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def ours() -> list[Path]:
    """The modules of the service."""
    return [path for path in files(".py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def test_no_file_is_longer_than_a_person_reads_in_one_sitting() -> None:
    modules = [path for path in ours() if "migrations" not in path.parts]
    assert [named(path) for path in modules if len(path.read_text().splitlines()) > LONGEST_FILE] == []


def test_every_module_has_a_docstring() -> None:
    texts = {named(path): path.read_text() for path in ours() if "migrations" not in path.parts}
    assert [name for name, text in texts.items() if text and not ast.get_docstring(ast.parse(text))] == []


def test_every_dependency_has_its_reason_above_it() -> None:
    lines = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("[tool")[0].splitlines()
    listed = [number for number, line in enumerate(lines) if re.match(r'\s*"|embedded = ', line)]
    without = [lines[n] for n in listed if not reason_above(lines, n)]
    assert listed
    assert without == []


def reason_above(lines: list[str], number: int) -> bool:
    """One sentence may be about a family."""
    family = any(word in lines[number] for word in ("-stubs", "types-", "pytest-"))
    return family or lines[number - 1].strip().startswith("#")


@pytest.mark.parametrize("name", PINS)
def test_every_pinned_package_has_its_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text().replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert pins
    assert [
        line for line in pins if not re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ] == []
    assert "//" not in text
    assert "index-url" not in text


def _read_dependencies() -> str:
    """Return the part of pyproject.toml that lists packages: what stands before the tools' own tables."""
    return (ROOT / "pyproject.toml").read_text().split("[tool.", 1)[0]


def test_every_dependency_is_pinned() -> None:
    wanted = set(re.findall(r'^\s+"([a-z0-9-]+)', _read_dependencies(), re.MULTILINE))
    pinned = {found for name in PINS for found in re.findall(r"^([a-z0-9-]+)", (ROOT / name).read_text(), re.MULTILINE)}
    assert wanted - pinned == set()


def test_no_file_names_a_registry() -> None:
    """Where packages come from is the machine's own affair."""
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "com"))]
    naming = [named(path) for path in files() if any(host in path.read_text(errors="ignore") for host in hosts)]
    assert naming == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    wanted = set(re.findall(r"(?:^|`)make ([a-z]+)", "\n".join(quoted(PAGES)), re.MULTILINE))
    assert {"run", "test", "check"} <= wanted
    assert wanted - targets == set()


def test_make_alone_lists_every_target_with_its_text() -> None:
    command = ["make", "--no-print-directory"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    (phony,) = re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)
    assert {"help", "run", "test", "format", "build"} <= set(phony.split())
    assert sorted(line.split()[1] for line in listed) == sorted(phony.split())
    assert all(re.fullmatch(r"make [a-z]+ +[a-z]+\b.*", line) for line in listed)


def test_every_command_that_is_named_exists() -> None:
    pages = [README, MAKEFILE, *(path.read_text() for path in files(".md"))]
    wanted = {name for page in pages for name in re.findall(r"(?:manage\.py|\$\(MANAGE\)) ([a-z_]+)", page)}
    assert {"import_traffic", "create_api_key", "migrate"} <= wanted
    assert wanted - set(get_commands()) == set()


def test_every_address_that_is_named_exists() -> None:
    wanted = {path for path in re.findall(r"(?:\$API|`|GET )(/[a-z][^\s?`\"]*)", PAGES) if "…" not in path}
    wanted -= FOREIGN_PATHS
    assert {"/api/v1/sms/messages", "/healthz"} <= wanted
    assert [path for path in wanted if str(resolve(path).url_name).endswith("-unknown")] == []


def test_every_variable_is_named_and_every_named_one_is_read() -> None:
    read = {
        name
        for path in ours()
        for name in re.findall(
            r'(?:read_text|read_choice|read_bool|read_int|read_list|read_networks|read_proxies|read_pair)\(\s*"([A-Z_]+)"',
            path.read_text(),
        )
    }
    assert documented_variables() == read


def documented_variables() -> set[str]:
    """The variables of the table in docs/operators/configuration.md, by its first column."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", CONFIGURATION, re.MULTILINE))


def test_every_link_leads_to_a_file() -> None:
    for path in files(".md"):
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
        assert [link for link in links if not (path.parent / link).exists()] == [], named(path)


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [path.name[:5] for path in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DECISIONS, ids=named)
def test_a_decision_has_its_title_date_status_and_three_parts(path: Path) -> None:
    title, blank, dated = path.read_text().splitlines()[:3]
    assert title.startswith(f"# {int(path.name[:4])}. ")
    assert blank == ""
    found = DECISION_STATE.match(dated)
    assert found, dated
    date.fromisoformat(found["date"])
    parts = re.findall(r"^\*\*(\w+)\.\*\*", path.read_text(), re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences"]


@pytest.mark.parametrize("path", DECISIONS, ids=named)
def test_a_decision_is_superseded_or_amended_by_a_later_one(path: Path) -> None:
    found = DECISION_STATE.search(path.read_text())
    assert found
    number = int(path.name[:4])
    later = {int(other.name[:4]) for other in DECISIONS} - set(range(number + 1))
    assert {int(named) for named in re.findall(r"ADR (\d+)", found["status"])} <= later


def test_the_index_of_decisions_is_complete() -> None:
    """Number, title, file, date and status of each row are those of the record."""
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (\S+) \| (.+) \|$", DECISION_INDEX, re.MULTILINE)
    records = []
    for path in DECISIONS:
        title, found = path.read_text().splitlines()[0], DECISION_STATE.search(path.read_text())
        assert found, named(path)
        records.append((*title.removeprefix("# ").split(". ", 1), path.name, found["date"], found["status"]))
    assert rows == records


def quoted(page: str) -> list[str]:
    """What stands in backticks, in blocks or in a line."""
    return re.findall(r"```.*?```|`[^`\n]+`", page, re.DOTALL)
