"""Pages by `page` and `limit`."""

from typing import Any

from smsreports.dialects.pages import Pages

DEFAULT_LIMIT = 25
# What the vendor documents; above it means it, and the body says so.
MOST_LIMIT = 100


class PageLimit(Pages):
    def envelope(self, rows: list[Any]) -> dict[str, Any]:
        return {
            "messages": rows,
            "total": self.total,
            "page": self.number,
            "limit": self.asked.size,
            "total_pages": self.page_count,
        }
