"""Pagination by `offset` and `limit`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from rest_framework.response import Response

from smsreports.openapi.schemas import Schema, object_of, positive_int
from smsreports.openapi.spec import Parameter
from smsreports.openapi.type_schemas import Address, build_type_schema
from smsreports.queries.list_request import ListRequest
from smsreports.queries.pagination import LinkHeaderPagination
from smsreports.queries.query_string import MAX_BIGINT

DEFAULT_LIMIT = 50
# A request for more is rejected.
MAX_LIMIT = 200
PAGING = (
    Parameter("offset", "Rows before the page.", positive_int(MAX_BIGINT) | {"minimum": 0, "default": 0}),
    Parameter("limit", "Rows of the page.", positive_int(MAX_LIMIT) | {"default": DEFAULT_LIMIT}),
)


class Paging(TypedDict):
    total: int
    offset: int
    limit: int
    next: Address | None


@dataclass(frozen=True)
class OffsetRequest(ListRequest):
    """A list request for the rows from `offset` on."""

    offset: int = 0


class OffsetPagination(LinkHeaderPagination):
    """Pages from any row on, with the address of the next one in the body instead of `Link` headers."""

    headers = {}
    list_request: OffsetRequest

    @property
    def first_index(self) -> int:
        return self.list_request.offset

    def get_paginated_response(self, data: Sequence[object]) -> Response:
        return Response(self.build_envelope(data))

    def build_envelope(self, rows: Sequence[object]) -> Mapping[str, object]:
        end = self.first_index + len(rows)
        paging: Paging = {
            "total": self.total,
            "offset": self.first_index,
            "limit": self.list_request.size,
            "next": self.build_url(offset=str(end)) if rows and self.has_next else None,
        }
        return {"data": rows, "paging": paging}

    def get_paginated_response_schema(self, schema: Schema) -> Schema:
        return object_of({"data": schema | {"maxItems": MAX_LIMIT}, "paging": build_type_schema(Paging)})

    def kept_pairs(self, pairs: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        return [(name, value) for name, value in pairs if name != "offset"]
