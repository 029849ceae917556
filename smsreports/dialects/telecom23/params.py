"""Parsers of 23 Telecom's query strings."""

from collections.abc import Collection, Container
from typing import Any

from smsreports.dialects.telecom23.pagination import DEFAULT_LIMIT, MAX_LIMIT
from smsreports.queries.filters import SmsFilterSet
from smsreports.queries.list_request import ListRequest
from smsreports.queries.query_string import QueryString
from smsreports.sms.statuses import StatusGroup
from smsreports.sms.windows import ALL_TIME, PERIODS, Window, utc_today, window_of_period
from smsreports.sources import ALL_SOURCES, get_source_words

# The vendor's status filters. `sent` and `failed` are aliases.
STATUS_WORDS = {
    "delivered": StatusGroup.DELIVERED,
    "undelivered": StatusGroup.UNDELIVERED,
    "expired": StatusGroup.EXPIRED,
    "pending": StatusGroup.PENDING,
    "sent": StatusGroup.PENDING,
    "failed": StatusGroup.UNDELIVERED,
    "unknown": StatusGroup.UNKNOWN,
}
# The first of each is the default.
FILE_FORMATS = ("csv", "ndjson")
CSV_DIALECTS = ("excel", "strict")
DEFAULT_PERIOD = "7d"
# The vendor's statistics are those of API messages, unless the request names another source.
STATS_SOURCE = "api"
# Filters whose value is text: our name → the vendor's.
TEXT_FILTERS = {"phone": "phone", "country": "country", "sender": "sender"}
# Parameters by the filter of a FilterSet that they set.
FILTER_PARAMS = {
    "status": ("status",),
    **{ours: (theirs,) for ours, theirs in TEXT_FILTERS.items()},
    "period": ("period", "from", "to"),
}
PAGING = ("page", "limit", "cursor")


def list_filter_params(filters: Container[str]) -> tuple[str, ...]:
    """Return the parameters of those filters that a list has."""
    return tuple(name for ours, names in FILTER_PARAMS.items() if ours in filters for name in names)


FILTERS = list_filter_params(SmsFilterSet.base_filters.keys() | {"period"})
UNIFIED = (*FILTERS, *PAGING, "source")
EXPORT = (*UNIFIED, "format", "dialect")
STATS = (*FILTERS, "source")
AUDIT = (*FILTER_PARAMS["period"], "page", "limit")


def parse_list_query(query_string: str, names: Collection[str], *, has_default_period: bool) -> ListRequest:
    """Parse the query of a source's own list. Raises InvalidParams."""
    query = QueryString(query_string, names)
    return _build_list_request(query, has_default_period=has_default_period, **_parse_page(query))


def parse_unified_query(query_string: str) -> ListRequest:
    """Parse the query of the unified list. Raises InvalidParams."""
    query = QueryString(query_string, UNIFIED)
    return _build_list_request(query, source=_parse_source(query, ALL_SOURCES), **_parse_page(query))


def _parse_source(query: QueryString, default: str) -> str:
    return query.parse_choice("source", get_source_words(), default)


def parse_export_query(query_string: str) -> ListRequest:
    """Parse the query of an export. Paging parameters are validated and ignored. Raises InvalidParams."""
    query = QueryString(query_string, EXPORT)
    kind = query.parse_choice("format", FILE_FORMATS, FILE_FORMATS[0])
    strict = query.parse_choice("dialect", CSV_DIALECTS, CSV_DIALECTS[0]) == "strict"
    source = _parse_source(query, ALL_SOURCES)
    if "cursor" in query:
        query.add_error("cursor", "must not be given to an export, which holds every row")
    _parse_page(query)
    format_name = "csv-strict" if strict and kind == "csv" else kind
    return _build_list_request(query, source=source, format=format_name, raw_filters=query.get_raw(STATS))


def parse_stats_query(query_string: str) -> ListRequest:
    """Parse the query of the statistics, whose default source is `api`. Raises InvalidParams."""
    query = QueryString(query_string, STATS)
    return _build_list_request(query, source=_parse_source(query, STATS_SOURCE))


def parse_audit_query(query_string: str) -> ListRequest:
    """Parse the query of the audit log. Raises InvalidParams."""
    query = QueryString(query_string, AUDIT)
    return _build_list_request(query, **_parse_page(query))


def parse_empty_query(query_string: str) -> ListRequest:
    """Parse the query of an endpoint without parameters. Raises InvalidParams if it is too long or not UTF-8."""
    return _build_list_request(QueryString(query_string, ()))


def _parse_page(query: QueryString) -> dict[str, Any]:
    size = query.parse_number("limit", DEFAULT_LIMIT, MAX_LIMIT)
    return {"page": query.parse_number("page", 1), "size": size, "cursor": query.parse_cursor()}


def _build_list_request(query: QueryString, *, has_default_period: bool = True, **fields: Any) -> ListRequest:
    """Build a ListRequest with the filters of the query. Raises InvalidParams when any parameter is invalid."""
    window = _parse_window(query, DEFAULT_PERIOD if has_default_period else "")
    status = query.parse_choice("status", tuple(STATUS_WORDS), "")
    filters: dict[str, Any] = {ours: query.parse_text(theirs) for ours, theirs in TEXT_FILTERS.items()}
    filters |= {"period": window, "status": STATUS_WORDS.get(status)}
    query.raise_if_invalid()
    used = {name: value for name, value in filters.items() if value is not None}
    return ListRequest(filters=used, parameter_names=TEXT_FILTERS, **fields)


def _parse_window(query: QueryString, default_period: str) -> Window:
    """Parse `from` and `to`, or else `period`, which they exclude. Without a default period, all time."""
    if "from" not in query and "to" not in query:
        period = query.parse_choice("period", PERIODS, default_period)
        return window_of_period(period, utc_today()) if period else ALL_TIME
    if "period" in query:
        query.add_error("period", "must not be given together with from or to")
    return query.parse_window()
