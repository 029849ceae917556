"""Pages for users and operators, and the code blocks in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
# Languages of blocks that are commands; all others are responses, settings and data.
RUNNABLE = ("sh", "python")
FENCE = re.compile(r"```(\S*)$")
# Comment above a block that cannot run everywhere, with the reason.
NOT_RUN = re.compile(r"^<!-- not run: (.+) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """Fenced code block; `reason` is why it is not run, or empty."""

    page: Path
    line: int
    language: str
    text: str
    reason: str

    @property
    def location(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def is_run(self) -> bool:
        return self.language in RUNNABLE and not self.reason


def list_pages_in_order() -> list[Path]:
    """Return README, then the pages for users and operators in the order of the navigation."""
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


def find_blocks(page: Path) -> list[Block]:
    blocks: list[Block] = []
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
            blocks.append(Block(page, start + 1, language, text, reason))
            start = None
    assert start is None, f"{page.relative_to(ROOT)}:{start}: the block is not closed"
    return blocks
