"""List requests: parsed query strings, the same for all dialects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smsreports.queries.cursor import Cursor
from smsreports.sms.windows import ALL_TIME, Window
from smsreports.sources import ALL_SOURCES

# Values of filters by name. The filter's field knows the type.
FilterValues = Mapping[str, Any]


@dataclass(frozen=True)
class ListRequest:
    """A parsed query string. Filters have our names, whatever the dialect calls them."""

    # Raw values by filter name, as a FilterSet takes them.
    filters: FilterValues = field(default_factory=dict)
    # The dialect's parameter name by filter name; error messages use it.
    parameter_names: Mapping[str, str] = field(default_factory=dict)
    source: str = ALL_SOURCES
    page: int = 1
    size: int = 1
    # Takes precedence over `page`.
    cursor: Cursor | None = None
    # Exports only: the file's format, and the filters as the caller wrote them.
    format: str = ""
    raw_filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def window(self) -> Window:
        """The window of the filter `period`, all time without one."""
        window: Window = self.filters.get("period", ALL_TIME)
        return window
