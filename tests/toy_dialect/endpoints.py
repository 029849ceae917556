"""Endpoints of Acme's dialect."""

import re
from functools import partial

from smsreports.dialects.base import Endpoint
from smsreports.export.columns import ColumnKind
from smsreports.openapi.schemas import COUNT, FILE, TEXT, reference_to
from smsreports.openapi.spec import JSON, Parameter
from smsreports.openapi.type_schemas import build_return_schema
from smsreports.sources import SourceList
from tests.toy_dialect import params, rows
from tests.toy_dialect.pagination import PAGING

PREFIX = "acme/"
ENDPOINTS = (
    Endpoint(
        "messages",
        "unified",
        "list",
        "Messages of all channels, newest first",
        parameters=params.UNIFIED,
        parse_query=params.parse_list_query,
        render_row=partial(rows.render_row, rows.UNIFIED, ("id",)),
        columns=rows.UNIFIED,
    ),
    Endpoint(
        "messages/export",
        "export",
        "export",
        "The list of all channels as a file",
        parameters=params.EXPORT,
        parse_query=params.parse_export_query,
        columns=rows.UNIFIED,
        content={
            "application/x-ndjson": FILE | {"contentSchema": reference_to(f"{rows.SCHEMA_PREFIX}UnifiedRow")},
            "text/csv": FILE,
        },
    ),
    Endpoint(
        "messages/<str:client_message_id>/state",
        "status",
        "retrieve",
        "One message by its client's id, with its receipts",
        parameters=(Parameter("client_message_id", "As it was sent.", TEXT, "w-1"),),
        render_row=rows.render_state,
    ),
    Endpoint(
        "totals",
        "stats",
        "total",
        "Number and cost of the messages by state",
        parameters=params.TOTALS,
        parse_query=params.parse_totals_query,
        render_row=rows.render_totals,
        content={JSON: build_return_schema(rows.render_totals)},
    ),
)


def build_list_endpoint(source_list: SourceList) -> Endpoint:
    """Build the endpoint of a source's own list. It takes the parameters of the filters that the list has."""
    viewset = source_list.viewset
    columns = viewset.serializer_class.list_columns()
    keys = {rows.RENAMED.get(column.name, column.name): column.name for column in columns}
    labels = [column.name for column in columns if column.kind is ColumnKind.LABEL]
    path_names = re.findall(r"<int:(\w+)>", source_list.route)
    return Endpoint(
        f"channels/{source_list.route}",
        source_list.name,
        "list",
        f"{source_list.title}, newest first",
        parameters=(
            *(Parameter(name, "Its id.", COUNT, 42) for name in path_names),
            *params.list_filter_params(viewset.filterset_class.base_filters),
            *PAGING,
        ),
        parse_query=params.parse_list_query,
        render_row=partial(rows.render_row, keys, labels),
        columns=keys,
    )
