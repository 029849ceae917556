"""Parsers of 23 Telecom's query strings."""

from collections.abc import Container, Mapping
from typing import TypedDict, Unpack

from smsreports.dialects.telecom23.pagination import DEFAULT_LIMIT, MAX_LIMIT, PAGING
from smsreports.openapi.schemas import WITHOUT_NUL, enum_of, reference_to
from smsreports.openapi.spec import Parameter
from smsreports.queries.cursor import Cursor
from smsreports.queries.filters import SmsFilterSet
from smsreports.queries.list_request import ListRequest
from smsreports.queries.parameters import FIRST_DAY, LAST_DAY, build_source_parameter
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
    "status": (Parameter("status", "`sent` means `pending`, `failed` means `undelivered`.", enum_of(STATUS_WORDS)),),
    "phone": (
        Parameter("phone", "Part of the number, or its beginning after `+` or `00`.", reference_to("PartOfNumber")),
    ),
    "country": (Parameter("country", "ISO code, in any case.", reference_to("Country")),),
    "sender": (
        Parameter(
            "sender", "The whole sender ID, exactly.", {"type": "string", "minLength": 1, "pattern": WITHOUT_NUL}
        ),
    ),
    "period": (
        Parameter(
            "period",
            "In UTC days. `Nd` is from N days before today to today, both included. Not together with `from` or `to`; "
            f"without any of the three it is `{DEFAULT_PERIOD}`.",
            enum_of(PERIODS),
        ),
        FIRST_DAY,
        LAST_DAY,
    ),
}
FILE_PARAMS = (
    Parameter("format", "Format of the file.", enum_of(FILE_FORMATS) | {"default": FILE_FORMATS[0]}),
    Parameter(
        "dialect",
        "Dialect of CSV. `excel`: with a BOM, and `'` before cells that a spreadsheet would run as a formula. "
        "`strict`: neither.",
        enum_of(CSV_DIALECTS) | {"default": CSV_DIALECTS[0]},
    ),
)


def list_filter_params(filters: Container[str]) -> tuple[Parameter, ...]:
    """Return the parameters of those filters that a list has."""
    return tuple(parameter for ours, params in FILTER_PARAMS.items() if ours in filters for parameter in params)


FILTERS = list_filter_params(SmsFilterSet.base_filters.keys() | {"period"})
SOURCE = build_source_parameter(ALL_SOURCES)
UNIFIED = (*FILTERS, *PAGING, SOURCE)
# Beside these, exports read `PAGING` without effect.
EXPORT = (*FILTERS, SOURCE, *FILE_PARAMS)
STATS = (*FILTERS, build_source_parameter(STATS_SOURCE))
AUDIT = (*FILTER_PARAMS["period"], *(parameter for parameter in PAGING if parameter.name != "cursor"))


class RequestFields(TypedDict, total=False):
    """Fields of a ListRequest beside its filters."""

    source: str
    page: int
    size: int
    cursor: Cursor | None
    format: str
    raw_filters: Mapping[str, str]


def parse_list_query(query: QueryString, *, has_default_period: bool) -> ListRequest:
    """Parse the query of a source's own list. Raises InvalidParams."""
    return _build_list_request(query, has_default_period=has_default_period, **_parse_page(query))


def parse_unified_query(query: QueryString) -> ListRequest:
    """Parse the query of the unified list. Raises InvalidParams."""
    return _build_list_request(query, **_parse_page(query) | {"source": _parse_source(query, ALL_SOURCES)})


def _parse_source(query: QueryString, default: str) -> str:
    return query.parse_choice("source", get_source_words(), default)


def parse_export_query(query: QueryString) -> ListRequest:
    """Parse the query of an export. Paging parameters are validated and ignored. Raises InvalidParams."""
    kind = query.parse_choice("format", FILE_FORMATS, FILE_FORMATS[0])
    strict = query.parse_choice("dialect", CSV_DIALECTS, CSV_DIALECTS[0]) == "strict"
    source = _parse_source(query, ALL_SOURCES)
    if "cursor" in query:
        query.add_error("cursor", "must not be given to an export, which holds every row")
    _parse_page(query)
    format_name = "csv-strict" if strict and kind == "csv" else kind
    raw_filters = query.get_raw([parameter.name for parameter in STATS])
    return _build_list_request(query, source=source, format=format_name, raw_filters=raw_filters)


def parse_stats_query(query: QueryString) -> ListRequest:
    """Parse the query of the statistics, whose default source is `api`. Raises InvalidParams."""
    return _build_list_request(query, source=_parse_source(query, STATS_SOURCE))


def parse_audit_query(query: QueryString) -> ListRequest:
    """Parse the query of the audit log. Raises InvalidParams."""
    return _build_list_request(query, **_parse_page(query))


def _parse_page(query: QueryString) -> RequestFields:
    size = query.parse_number("limit", DEFAULT_LIMIT, MAX_LIMIT)
    return {"page": query.parse_number("page", 1), "size": size, "cursor": query.parse_cursor()}


def _build_list_request(
    query: QueryString, *, has_default_period: bool = True, **fields: Unpack[RequestFields]
) -> ListRequest:
    """Build a ListRequest with the filters of the query. Raises InvalidParams when any parameter is invalid."""
    window = _parse_window(query, DEFAULT_PERIOD if has_default_period else "")
    status = query.parse_choice("status", tuple(STATUS_WORDS), "")
    filters: dict[str, object] = {ours: query.parse_text(theirs) for ours, theirs in TEXT_FILTERS.items()}
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
