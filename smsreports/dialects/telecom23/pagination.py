"""Pages by `page` and `limit`."""

from typing import Any

from smsreports.queries.pagination import LinkHeaderPagination

DEFAULT_LIMIT = 25
# What the vendor documents; above it means it, and the body says so.
MAX_LIMIT = 100


class PageLimitPagination(LinkHeaderPagination):
    def build_envelope(self, rows: list[Any]) -> dict[str, Any]:
        return {
            "messages": rows,
            "total": self.total,
            "page": self.page_number,
            "limit": self.list_request.size,
            "total_pages": self.page_count,
        }
