"""Lists of single sources: `sms/messages`, which the vendor has, and ours in the same manner."""

import re
from collections.abc import Mapping
from functools import partial
from typing import cast

from smsreports.counters.queries import GroupFigures
from smsreports.dialects.base import Endpoint
from smsreports.dialects.telecom23 import params, rows, stats
from smsreports.dialects.telecom23.pagination import PAGING
from smsreports.openapi.schemas import ID
from smsreports.openapi.spec import Parameter
from smsreports.queries.rows import Row
from smsreports.sms.abstract import Sms
from smsreports.sources import SourceList

UNIFIED_COLUMNS = tuple(rows.UNIFIED.values())


def build_list_endpoint(source_list: SourceList) -> Endpoint:
    """Build the endpoint of a source's own list, from its serializer, its filters and its route.

    Every SMS is a message.
    """
    viewset = source_list.viewset
    columns = tuple(column.name for column in viewset.serializer_class.list_columns())
    keys, path_names = rows.name_keys(columns), re.findall(r"<int:(\w+)>", source_list.route)
    return Endpoint(
        f"sms/{source_list.route}",
        source_list.name,
        "list",
        f"{source_list.title}, newest first",
        parameters=(
            *(Parameter(name, "The id that the unified list gives.", ID, 42) for name in path_names),
            *params.list_filter_params(viewset.filterset_class.base_filters),
            *PAGING,
        ),
        parse_query=partial(params.parse_list_query, has_default_period=viewset.has_default_period),
        render_row=rows.render_unified_row if columns == UNIFIED_COLUMNS else partial(_render_row, keys),
        columns=keys,
        added_keys=stats.COUNTERS if viewset.has_figures else {},
        rows_key="messages" if issubclass(viewset.queryset.model, Sms) else source_list.name,
    )


def _render_row(keys: Mapping[str, str], row: Row) -> dict[str, object]:
    """Render a row, and its counters if it has any."""
    counters = stats.render_counters(cast(GroupFigures, row["figures"])) if "figures" in row else {}
    return rows.rename_keys(keys, row) | counters
