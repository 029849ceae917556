"""The pages that users and operators read, and the code blocks in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
# Blocks in these languages are commands; all others are answers, settings and data.
RUNNABLE = ("sh", "python")
FENCE = re.compile(r"```(\S*)$")
# Stands above a block that cannot run in every place, with the reason.
NOT_RUN = re.compile(r"^<!-- not run: (.+) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; `reason` says why it is not run, and is empty for the others."""

    page: Path
    line: int
    language: str
    text: str
    reason: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def runs(self) -> bool:
        return self.language in RUNNABLE and not self.reason


def reading_order() -> list[Path]:
    """README, then the pages for users and operators in the order of the site's navigation."""
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    pages = [ROOT / "docs" / name for name in _leaves(navigation)]
    return [README, *(page for page in pages if {"users", "operators"} & set(page.parts))]


def _leaves(entry: object) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        yield from (leaf for value in entry.values() for leaf in _leaves(value))
    elif isinstance(entry, list):
        yield from (leaf for value in entry for leaf in _leaves(value))


def blocks(page: Path) -> list[Block]:
    found: list[Block] = []
    lines = page.read_text().splitlines()
    start, reason = None, ""
    for number, line in enumerate(lines):
        if start is None and (fence := FENCE.match(line)):
            start = number
            before = next((text for text in reversed(lines[:number]) if text), "")
            comment = NOT_RUN.match(before)
            language, reason = fence[1], comment[1] if comment else ""
        elif start is not None and line == "```":
            text = "\n".join(lines[start + 1 : number])
            found.append(Block(page, start + 1, language, text, reason))
            start = None
    assert start is None, f"{page.relative_to(ROOT)}:{start}: the block is not closed"
    return found
