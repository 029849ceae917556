"""Rules of the repository: short files, docstrings, pinned dependencies, and documents that match the code."""

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

from smsreports.installation import list_packages

ROOT = Path(settings.BASE_DIR)
PACKAGES = list_packages()
# Lines of a file that a person can read in one sitting.
MAX_FILE_LINES = 300
# Files that tools generate, caches, and data and settings of one machine.
PINS = tuple(f"requirements/{name}.txt" for name in ("production", "local", "build", "dev", "browser", "fuzz", "docs"))
CACHES = re.compile(r"_cache$|^\.hypothesis$|^\.venv-")
GENERATED = {"requirements", ".env", "__pycache__", ".git", ".venv", ".data", "build", "dist", "site"}
README = (ROOT / "README.md").read_text()
# Documents for users and operators. The names in them must exist in the code.
GUIDES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if path.parent.name != "adr"]
PAGES = "\n".join([README, *(path.read_text() for path in GUIDES)])
# Paths in the documents that are not ours: a folder of Linux, and endpoints of Jasmin and Vonage.
FOREIGN_PATHS = {"/dev/shm", "/send", "/v2/reports", "/v2/reports/records", "/v3/media/{file_id}"}
CONFIGURATION = (ROOT / "docs" / "operators" / "configuration.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
DECISION_INDEX = (ROOT / "docs" / "adr" / "README.md").read_text()
# Date and status of a decision, on the third line of its record.
DECISION_STATE = re.compile(
    r"^Date: (?P<date>\d{4}-\d{2}-\d{2})\. "
    r"Status: (?P<status>accepted|superseded by ADR \d+|accepted, amended by ADR \d+(?: and ADR \d+)*)\.",
    re.MULTILINE,
)


def list_files(*endings: str) -> Iterator[Path]:
    """Yield every file that people wrote whose name has one of these endings."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in GENERATED and not CACHES.search(name)]
        yield from (Path(folder, name) for name in sorted(names) if name not in GENERATED and name.endswith(endings))


def relative_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def list_modules() -> list[Path]:
    """Return the modules of the service."""
    return [path for path in list_files(".py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def test_no_module_has_more_than_300_lines() -> None:
    modules = [path for path in list_modules() if "migrations" not in path.parts]
    assert [relative_name(path) for path in modules if len(path.read_text().splitlines()) > MAX_FILE_LINES] == []


def test_every_module_has_a_docstring() -> None:
    texts = {relative_name(path): path.read_text() for path in list_modules() if "migrations" not in path.parts}
    assert [name for name, text in texts.items() if text and not ast.get_docstring(ast.parse(text))] == []


def test_every_dependency_has_its_reason_above_it() -> None:
    lines = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("[tool")[0].splitlines()
    dependencies = [number for number, line in enumerate(lines) if re.match(r'\s*"|embedded = ', line)]
    without = [lines[n] for n in dependencies if not has_reason_above(lines, n)]
    assert dependencies
    assert without == []


def has_reason_above(lines: list[str], number: int) -> bool:
    """Return True if there is a comment above. Stubs and plugins may share the comment of their family."""
    family = any(word in lines[number] for word in ("-stubs", "types-", "pytest-"))
    return family or lines[number - 1].strip().startswith("#")


@pytest.mark.parametrize("name", PINS)
def test_every_pinned_package_has_hashes_and_no_url(name: str) -> None:
    text = (ROOT / name).read_text().replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert pins
    assert [
        line for line in pins if not re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ] == []
    assert "//" not in text
    assert "index-url" not in text


def _read_dependencies() -> str:
    """Return the part of pyproject.toml that lists packages, which comes before the tables of tools."""
    return (ROOT / "pyproject.toml").read_text().split("[tool.", 1)[0]


def test_every_dependency_is_pinned() -> None:
    required = set(re.findall(r'^\s+"([a-z0-9-]+)', _read_dependencies(), re.MULTILINE))
    pinned = {
        package for name in PINS for package in re.findall(r"^([a-z0-9-]+)", (ROOT / name).read_text(), re.MULTILINE)
    }
    assert required - pinned == set()


def test_no_file_names_a_registry() -> None:
    """Each machine configures its own source of packages."""
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "com"))]
    naming = [
        relative_name(path) for path in list_files() if any(host in path.read_text(errors="ignore") for host in hosts)
    ]
    assert naming == []


def test_every_documented_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    documented = set(re.findall(r"(?:^|`)make ([a-z]+)", "\n".join(find_quoted(PAGES)), re.MULTILINE))
    assert {"run", "test", "check"} <= documented
    assert documented - targets == set()


def test_make_without_a_target_lists_every_target_with_its_description() -> None:
    command = ["make", "--no-print-directory"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    (phony,) = re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)
    assert {"help", "run", "test", "format", "build"} <= set(phony.split())
    assert sorted(line.split()[1] for line in listed) == sorted(phony.split())
    assert all(re.fullmatch(r"make [a-z]+ +[a-z]+\b.*", line) for line in listed)


def test_every_documented_command_exists() -> None:
    pages = [README, MAKEFILE, *(path.read_text() for path in list_files(".md"))]
    documented = {name for page in pages for name in re.findall(r"(?:manage\.py|\$\(MANAGE\)) ([a-z_]+)", page)}
    assert {"import_traffic", "create_api_key", "migrate"} <= documented
    assert documented - set(get_commands()) == set()


def test_every_documented_path_exists() -> None:
    documented = {path for path in re.findall(r"(?:\$API|`|GET )(/[a-z][^\s?`\"]*)", PAGES) if "…" not in path}
    documented -= FOREIGN_PATHS
    assert {"/api/v1/sms/messages", "/healthz"} <= documented
    assert [path for path in documented if str(resolve(path).url_name).endswith("-unknown")] == []


def test_the_documented_variables_are_those_that_are_read() -> None:
    read = {
        name
        for path in list_modules()
        for name in re.findall(
            r'(?:read_text|read_choice|read_bool|read_int|read_list|read_networks|read_proxies|read_pair)\(\s*"([A-Z_]+)"',
            path.read_text(),
        )
    }
    assert documented_variables() == read


def documented_variables() -> set[str]:
    """Return the variables in the first column of the table in docs/operators/configuration.md."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", CONFIGURATION, re.MULTILINE))


def test_every_relative_link_leads_to_a_file() -> None:
    for path in list_files(".md"):
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
        assert [link for link in links if not (path.parent / link).exists()] == [], relative_name(path)


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [path.name[:5] for path in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DECISIONS, ids=relative_name)
def test_a_decision_has_its_title_date_status_and_three_parts(path: Path) -> None:
    title, blank, dated = path.read_text().splitlines()[:3]
    assert title.startswith(f"# {int(path.name[:4])}. ")
    assert blank == ""
    state = DECISION_STATE.match(dated)
    assert state, dated
    date.fromisoformat(state["date"])
    parts = re.findall(r"^\*\*(\w+)\.\*\*", path.read_text(), re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences"]


@pytest.mark.parametrize("path", DECISIONS, ids=relative_name)
def test_a_decision_is_superseded_or_amended_by_a_later_one(path: Path) -> None:
    state = DECISION_STATE.search(path.read_text())
    assert state
    number = int(path.name[:4])
    later = {int(other.name[:4]) for other in DECISIONS} - set(range(number + 1))
    assert {int(other) for other in re.findall(r"ADR (\d+)", state["status"])} <= later


def test_the_index_of_decisions_is_complete() -> None:
    """Each row has the number, title, file, date and status of its record."""
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (\S+) \| (.+) \|$", DECISION_INDEX, re.MULTILINE)
    records = []
    for path in DECISIONS:
        title, state = path.read_text().splitlines()[0], DECISION_STATE.search(path.read_text())
        assert state, relative_name(path)
        records.append((*title.removeprefix("# ").split(". ", 1), path.name, state["date"], state["status"]))
    assert rows == records


def find_quoted(page: str) -> list[str]:
    """Return the code in backticks, blocks and spans alike."""
    return re.findall(r"```.*?```|`[^`\n]+`", page, re.DOTALL)
