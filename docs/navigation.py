"""Adds the decisions, which are numbered files, to the navigation of the documentation site."""

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Append the index of decisions and the decisions themselves, by their numbers."""
    folder = Path(config["docs_dir"])
    decisions: list[str] = [str(page.relative_to(folder)) for page in sorted(folder.glob("adr/[0-9]*.md"))]
    config["nav"].append({"Decisions": ["adr/README.md", *decisions]})
    return config
