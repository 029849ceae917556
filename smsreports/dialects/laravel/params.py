"""Parsers of Ersaal's query strings."""

from smsreports.dialects.laravel.pagination import DEFAULT_PER_PAGE, MAX_PER_PAGE
from smsreports.queries.list_request import ListRequest
from smsreports.queries.query_string import QueryString
from smsreports.sources import ALL_SOURCES

SOURCE_WORDS = ("api", "broadcasts", ALL_SOURCES)
LIST = ("page", "per_page", "cursor", "from", "to", "source")


def parse_items_query(query_string: str) -> ListRequest:
    """Parse the query of the list of items. Raises InvalidParams."""
    query = QueryString(query_string, LIST, empty_is_absent=True)  # as Laravel's ConvertEmptyStringsToNull does
    page = query.parse_number("page", 1)
    size = query.parse_number("per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE)
    source = query.parse_choice("source", SOURCE_WORDS, ALL_SOURCES)
    window = query.parse_window()
    cursor = query.parse_cursor()
    query.raise_if_invalid()
    bounds = {"since": window.start, "until": window.end}
    filters = {name: bound for name, bound in bounds.items() if bound is not None}
    return ListRequest(filters=filters, source=source, page=page, size=size, cursor=cursor)


def parse_empty_query(query_string: str) -> ListRequest:
    """Parse the query of an endpoint without parameters. Raises InvalidParams if it has too many parameters."""
    QueryString(query_string, ())
    return ListRequest()
