"""Pagination by `page` and `limit`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypedDict

from smsreports.openapi.schemas import ID, Schema, object_of
from smsreports.openapi.type_schemas import Id, WithSchema, build_key_schemas
from smsreports.queries.pagination import LinkHeaderPagination
from smsreports.queries.parameters import CURSOR, PAGE, build_size_parameter

DEFAULT_LIMIT = 25
# The vendor's documented maximum. Larger values are clamped, and the response body shows the clamped value.
MAX_LIMIT = 100
LIMIT = build_size_parameter("limit", "Rows", DEFAULT_LIMIT, MAX_LIMIT)
PAGING = (PAGE, LIMIT, CURSOR)


class Sizes(TypedDict):
    """Size of a list, and the place of a page in it."""

    total: int
    page: Id
    limit: Annotated[int, WithSchema(ID | {"maximum": MAX_LIMIT})]
    total_pages: int


def render_sizes(total: int, page: int, size: int) -> Sizes:
    return {"total": total, "page": page, "limit": size, "total_pages": -(-total // size)}


class PageLimitPagination(LinkHeaderPagination):
    def build_envelope(self, rows: Sequence[object]) -> Mapping[str, object]:
        sizes = render_sizes(self.total, self.page_number, self.list_request.size)
        return {self.view.endpoint.rows_key: rows, **sizes}

    def get_paginated_response_schema(self, schema: Schema) -> Schema:
        return object_of({self.view.endpoint.rows_key: schema | {"maxItems": MAX_LIMIT}, **build_key_schemas(Sizes)})
