"""Parameters of Acme's query strings, and their parsers."""

from collections.abc import Container

from smsreports.openapi.schemas import DAY, WITHOUT_NUL, enum_of, reference_to
from smsreports.openapi.spec import Parameter
from smsreports.queries.filters import SmsFilterSet
from smsreports.queries.query_string import QueryString
from smsreports.sms.statuses import StatusGroup
from smsreports.sms.windows import Window, utc_today, window_of_days
from smsreports.sources import ALL_SOURCES, get_source_words
from tests.toy_dialect.pagination import DEFAULT_LIMIT, MAX_LIMIT, PAGING, OffsetRequest

# Filters whose value is text: our name → the vendor's.
TEXT_FILTERS = {"phone": "number", "country": "region", "sender": "origin"}
STATES = tuple(group.value for group in StatusGroup)
# The first is the default.
FILE_TYPES = ("ndjson", "csv")
# Parameters by the filter of a FilterSet that they set.
FILTER_PARAMS = {
    "status": (Parameter("state", "State of the SMS.", enum_of(STATES)),),
    "phone": (Parameter("number", "Part of the number.", reference_to("PartOfNumber")),),
    "country": (Parameter("region", "ISO code of the country, in any case.", reference_to("Country")),),
    "sender": (
        Parameter("origin", "The sender, exactly.", {"type": "string", "minLength": 1, "pattern": WITHOUT_NUL}),
    ),
    "period": (
        Parameter("first_day", "First day (UTC), inclusive. Not after `last_day`.", DAY),
        Parameter("last_day", "Last day (UTC), inclusive; today by default.", DAY),
    ),
}


def list_filter_params(filters: Container[str]) -> tuple[Parameter, ...]:
    """Return the parameters of those filters that a list has."""
    return tuple(parameter for ours, params in FILTER_PARAMS.items() if ours in filters for parameter in params)


CHANNEL = Parameter("channel", "Source of the SMS.", enum_of(get_source_words()) | {"default": ALL_SOURCES})
TYPE = Parameter("type", "Format of the file.", enum_of(FILE_TYPES) | {"default": FILE_TYPES[0]})
TOTALS = (*list_filter_params(SmsFilterSet.base_filters.keys() | {"period"}), CHANNEL)
UNIFIED = (*TOTALS, *PAGING)
EXPORT = (*TOTALS, TYPE)


def parse_list_query(query: QueryString) -> OffsetRequest:
    """Parse the query of a list. Raises InvalidParams."""
    size = query.parse_number("limit", DEFAULT_LIMIT)
    if size > MAX_LIMIT:
        query.add_error("limit", f"must not be more than {MAX_LIMIT}")
    return _build_request(query, size=size, offset=query.parse_number("offset", 0, minimum=0))


def parse_export_query(query: QueryString) -> OffsetRequest:
    """Parse the query of an export. Raises InvalidParams."""
    return _build_request(query, file_type=query.parse_choice("type", FILE_TYPES, FILE_TYPES[0]))


def parse_totals_query(query: QueryString) -> OffsetRequest:
    """Parse the query of the totals. Raises InvalidParams."""
    return _build_request(query)


def _build_request(query: QueryString, *, size: int = 1, offset: int = 0, file_type: str = "") -> OffsetRequest:
    """Build the request with the filters of the query. Raises InvalidParams when any parameter is invalid."""
    state = query.parse_choice("state", STATES, "")
    texts = {ours: query.parse_text(theirs) for ours, theirs in TEXT_FILTERS.items()}
    filters = texts | {"status": state or None}
    source = query.parse_choice("channel", get_source_words(), ALL_SOURCES)
    window = _parse_window(query)
    query.raise_if_invalid()
    used = {name: value for name, value in filters.items() if value is not None}
    return OffsetRequest(
        filters={**used, "period": window},
        parameter_names=TEXT_FILTERS,
        source=source,
        size=size,
        offset=offset,
        format=file_type,
        raw_filters=query.get_raw([parameter.name for parameter in TOTALS]),
    )


def _parse_window(query: QueryString) -> Window:
    """Parse the days `first_day` and `last_day`, both included. The last is today by default; the first has none."""
    first, last = query.parse_date("first_day"), query.parse_date("last_day")
    if first is not None and last is not None and first > last:
        query.add_error("first_day", "must not be after last_day")
    return window_of_days(first, last or utc_today())
