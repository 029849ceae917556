"""Parser of Ersaal's query string."""

from smsreports.dialects.laravel.pagination import DEFAULT_PER_PAGE, MAX_PER_PAGE, PAGING
from smsreports.queries.list_request import ListRequest
from smsreports.queries.parameters import FIRST_DAY, LAST_DAY, build_source_parameter
from smsreports.queries.query_string import QueryString
from smsreports.sources import ALL_SOURCES, get_source_words

LIST = (*PAGING, FIRST_DAY, LAST_DAY, build_source_parameter(ALL_SOURCES))


def parse_items_query(query: QueryString) -> ListRequest:
    """Parse the query of the list of items. Raises InvalidParams."""
    page = query.parse_number("page", 1)
    size = query.parse_number("per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE)
    source = query.parse_choice("source", get_source_words(), ALL_SOURCES)
    window = query.parse_window()
    cursor = query.parse_cursor()
    query.raise_if_invalid()
    return ListRequest(filters={"period": window}, source=source, page=page, size=size, cursor=cursor)
