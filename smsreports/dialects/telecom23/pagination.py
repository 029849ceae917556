"""Pagination by `page` and `limit`."""

from typing import Any

from smsreports.queries.pagination import LinkHeaderPagination

DEFAULT_LIMIT = 25
# The vendor's documented maximum. Larger values are clamped, and the response body shows the clamped value.
MAX_LIMIT = 100


class PageLimitPagination(LinkHeaderPagination):
    def build_envelope(self, rows: list[Any]) -> dict[str, Any]:
        return {
            self.view.endpoint.rows_key: rows,
            "total": self.total,
            "page": self.page_number,
            "limit": self.list_request.size,
            "total_pages": self.page_count,
        }
