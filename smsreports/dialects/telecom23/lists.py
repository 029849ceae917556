"""Lists of single sources: `sms/messages`, which the vendor has, and ours in the same manner."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from smsreports.dialects.base import Endpoint, Row
from smsreports.dialects.telecom23 import examples, params, rows, spec, stats
from smsreports.openapi.schemas import ID, reference_to
from smsreports.openapi.spec import JSON, OperationSpec, Parameter
from smsreports.sms.abstract import Sms
from smsreports.sources import SourceList

UNIFIED_COLUMNS = tuple(rows.UNIFIED.values())


def build_list_endpoint(source_list: SourceList) -> Endpoint:
    """Build the endpoint of a source's own list. Every SMS is a message."""
    viewset = source_list.viewset
    params_of_filters = params.list_filter_params(viewset.filterset_class.base_filters)
    rows_key = "messages" if issubclass(viewset.queryset.model, Sms) else source_list.name
    names = (*params_of_filters, *params.PAGING)
    parse_query = partial(params.parse_list_query, names=names, has_default_period=viewset.has_default_period)
    columns = tuple(column.name for column in viewset.serializer_class.list_columns())
    keys = rows.name_keys(columns)
    return Endpoint(
        f"sms/{source_list.route}",
        source_list.name,
        "list",
        parse_query,
        rows.render_unified_row if columns == UNIFIED_COLUMNS else partial(_render_row, keys),
        columns=keys,
        added_keys=spec.COUNTERS if viewset.has_figures else {},
        spec=_build_spec(source_list, names, rows_key),
        rows_key=rows_key,
    )


def _render_row(keys: Mapping[str, str], row: Row) -> dict[str, Any]:
    """Render a row, and its counters if it has any."""
    counters = stats.render_counters(row["figures"]) if "figures" in row else {}
    return rows.rename_keys(keys, row) | counters


def _build_spec(source_list: SourceList, names: tuple[str, ...], rows_key: str) -> OperationSpec:
    """Build the description of a list from its serializer, its parameters and its route."""
    path_params = tuple(
        Parameter(name, "The id that the unified list gives.", ID, 42)
        for name in re.findall(r"<int:(\w+)>", source_list.route)
    )
    example = examples.LISTS.get(source_list.route)
    return OperationSpec(
        f"{source_list.title}, newest first",
        spec.build_page_content(rows_key, reference_to(source_list.viewset.serializer_class.schema_name)),
        parameters=(*path_params, *spec.select_parameters(names)),
        headers=spec.LINK_HEADERS,
        examples={JSON: example} if example else {},
    )
