"""The query strings of Ersaal, in our words."""

from smsreports.dialects.base import Asked
from smsreports.dialects.laravel.pagination import DEFAULT_PER_PAGE, MOST_PER_PAGE
from smsreports.dialects.query import Query
from smsreports.sources import ALL

SOURCE_WORDS = ("api", "broadcasts", ALL)
LIST = ("page", "per_page", "cursor", "from", "to", "source")


def items(query_string: str) -> Asked:
    query = Query(query_string, LIST, empty_is_absent=True)  # as Laravel's ConvertEmptyStringsToNull does
    page = query.number("page", 1)
    size = query.number("per_page", DEFAULT_PER_PAGE, MOST_PER_PAGE)
    source = query.choice("source", SOURCE_WORDS, ALL)
    window = query.days()
    cursor = query.cursor()
    query.check()
    bounds = {"since": window.start, "until": window.end}
    filters = {name: bound for name, bound in bounds.items() if bound is not None}
    return Asked(filters=filters, source=source, page=page, size=size, cursor=cursor)


def nothing(query_string: str) -> Asked:
    Query(query_string, ())
    return Asked()
