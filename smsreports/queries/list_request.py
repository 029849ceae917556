"""A parsed list request, in our own words whatever the dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smsreports.queries.cursor import Cursor
from smsreports.sources import ALL_SOURCES


@dataclass(frozen=True)
class ListRequest:
    """What a caller asks for, in our words, whatever dialect it was said in."""

    # As a FilterSet takes them; `names` says what the caller called each.
    filters: Mapping[str, Any] = field(default_factory=dict)
    parameter_names: Mapping[str, str] = field(default_factory=dict)
    source: str = ALL_SOURCES
    page: int = 1
    size: int = 1
    # Instead of a page's number: the rows beside a place.
    cursor: Cursor | None = None
    # Of an export: the file's format, and the filters as the caller said them.
    format: str = ""
    raw_filters: Mapping[str, str] = field(default_factory=dict)
