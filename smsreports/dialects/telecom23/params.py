"""Parsers of 23 Telecom's query strings."""

from typing import Any

from smsreports.dialects.telecom23.pagination import DEFAULT_LIMIT, MAX_LIMIT
from smsreports.queries.list_request import ListRequest
from smsreports.queries.query_string import QueryString
from smsreports.sms.statuses import StatusGroup
from smsreports.sms.windows import PERIODS, Window, utc_today, window_of_period
from smsreports.sources import ALL_SOURCES

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
SOURCE_WORDS = ("api", "broadcasts", ALL_SOURCES)
# The first of each is the default.
FILE_FORMATS = ("csv", "ndjson")
CSV_DIALECTS = ("excel", "strict")
DEFAULT_PERIOD = "7d"
# Plain filters: our name → the vendor's.
NAMES = {"phone": "phone", "country": "country", "sender": "sender"}
FILTERS = ("status", *NAMES.values(), "period", "from", "to")
PAGING = ("page", "limit", "cursor")
LIST = (*FILTERS, *PAGING)
UNIFIED = (*LIST, "source")
EXPORT = (*UNIFIED, "format", "dialect")
STATS = (*FILTERS, "source")
AUDIT = ("period", "from", "to", "page", "limit")


def parse_messages_query(query_string: str) -> ListRequest:
    """Parse the query of the list of messages. Raises InvalidParams."""
    query = QueryString(query_string, LIST)
    return _build_list_request(query, **_parse_page(query))


def parse_unified_query(query_string: str) -> ListRequest:
    """Parse the query of the unified list. Raises InvalidParams."""
    query = QueryString(query_string, UNIFIED)
    return _build_list_request(
        query, source=query.parse_choice("source", SOURCE_WORDS, ALL_SOURCES), **_parse_page(query)
    )


def parse_export_query(query_string: str) -> ListRequest:
    """Parse the query of an export. Paging parameters are validated and ignored. Raises InvalidParams."""
    query = QueryString(query_string, EXPORT)
    kind = query.parse_choice("format", FILE_FORMATS, FILE_FORMATS[0])
    strict = query.parse_choice("dialect", CSV_DIALECTS, CSV_DIALECTS[0]) == "strict"
    source = query.parse_choice("source", SOURCE_WORDS, ALL_SOURCES)
    if "cursor" in query:
        query.add_error("cursor", "must not be given to an export, which holds every row")
    _parse_page(query)
    format_name = "csv-strict" if strict and kind == "csv" else kind
    return _build_list_request(query, source=source, format=format_name, raw_filters=query.get_raw(STATS))


def parse_stats_query(query_string: str) -> ListRequest:
    """Parse the query of the statistics, whose default source is `api`. Raises InvalidParams."""
    query = QueryString(query_string, STATS)
    return _build_list_request(query, source=query.parse_choice("source", SOURCE_WORDS, "api"))


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


def _build_list_request(query: QueryString, **fields: Any) -> ListRequest:
    """Build a ListRequest with the filters of the query. Raises InvalidParams when any parameter is invalid."""
    filters = _parse_filters(query)
    query.raise_if_invalid()
    return ListRequest(filters=filters, parameter_names=NAMES, **fields)


def _parse_filters(query: QueryString) -> dict[str, Any]:
    window = _parse_window(query)
    status = query.parse_choice("status", tuple(STATUS_WORDS), "")
    filters: dict[str, Any] = {ours: query.parse_text(theirs) for ours, theirs in NAMES.items()}
    filters |= {"since": window.start, "until": window.end, "status": STATUS_WORDS.get(status)}
    return {name: value for name, value in filters.items() if value is not None}


def _parse_window(query: QueryString) -> Window:
    """Parse `from` and `to`, or else `period`, which they exclude."""
    if "from" not in query and "to" not in query:
        period = query.parse_choice("period", PERIODS, DEFAULT_PERIOD)
        return window_of_period(period, utc_today())
    if "period" in query:
        query.add_error("period", "must not be given together with from or to")
    return query.parse_window()
