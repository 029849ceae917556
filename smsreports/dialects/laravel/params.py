"""Parsers of Ersaal's query strings."""

from smsreports.dialects.laravel.pagination import DEFAULT_PER_PAGE, MAX_PER_PAGE
from smsreports.queries.list_request import ListRequest
from smsreports.queries.query_string import QueryString
from smsreports.sources import ALL_SOURCES, get_source_words

LIST = ("page", "per_page", "cursor", "from", "to", "source")


def parse_items_query(query_string: str) -> ListRequest:
    """Parse the query of the list of items. Raises InvalidParams."""
    query = QueryString(query_string, LIST, empty_is_absent=True)  # as Laravel's ConvertEmptyStringsToNull does
    page = query.parse_number("page", 1)
    size = query.parse_number("per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE)
    source = query.parse_choice("source", get_source_words(), ALL_SOURCES)
    window = query.parse_window()
    cursor = query.parse_cursor()
    query.raise_if_invalid()
    return ListRequest(filters={"period": window}, source=source, page=page, size=size, cursor=cursor)


def parse_empty_query(query_string: str) -> ListRequest:
    """Parse the query of an endpoint without parameters. Raises InvalidParams if it has too many parameters."""
    QueryString(query_string, ())
    return ListRequest()
