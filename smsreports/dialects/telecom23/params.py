"""The query strings of 23 Telecom, in our words."""

from typing import Any

from smsreports.dialects.base import Asked
from smsreports.dialects.query import Query
from smsreports.dialects.telecom23.pagination import DEFAULT_LIMIT, MOST_LIMIT
from smsreports.sources import ALL
from smsreports.statuses import Group
from smsreports.windows import PERIODS, Window, of_period, today

# Their words for a status, two of them aliases.
STATUS_WORDS = {
    "delivered": Group.DELIVERED,
    "undelivered": Group.UNDELIVERED,
    "expired": Group.EXPIRED,
    "pending": Group.PENDING,
    "sent": Group.PENDING,
    "failed": Group.UNDELIVERED,
    "unknown": Group.UNKNOWN,
}
SOURCE_WORDS = ("api", "broadcasts", ALL)
# The first of each is the default.
FILE_FORMATS = ("csv", "ndjson")
CSV_DIALECTS = ("excel", "strict")
DEFAULT_PERIOD = "7d"
# Our names of the plain filters, and theirs.
NAMES = {"phone": "phone", "country": "country", "sender": "sender"}
FILTERS = ("status", *NAMES.values(), "period", "from", "to")
PAGING = ("page", "limit", "cursor")
LIST = (*FILTERS, *PAGING)
UNIFIED = (*LIST, "source")
EXPORT = (*UNIFIED, "format", "dialect")
STATS = (*FILTERS, "source")
AUDIT = ("period", "from", "to", "page", "limit")


def messages(query_string: str) -> Asked:
    query = Query(query_string, LIST)
    return _checked(query, **_page(query))


def unified(query_string: str) -> Asked:
    query = Query(query_string, UNIFIED)
    return _checked(query, source=query.choice("source", SOURCE_WORDS, ALL), **_page(query))


def export(query_string: str) -> Asked:
    query = Query(query_string, EXPORT)
    kind = query.choice("format", FILE_FORMATS, FILE_FORMATS[0])
    strict = query.choice("dialect", CSV_DIALECTS, CSV_DIALECTS[0]) == "strict"
    source = query.choice("source", SOURCE_WORDS, ALL)
    if "cursor" in query:
        query.refuse("cursor", "must not be given to an export, which holds every row")
    _page(query)  # without effect on a file, but never without sense
    form = "csv-strict" if strict and kind == "csv" else kind
    return _checked(query, source=source, format=form, told=query.given(STATS))


def stats(query_string: str) -> Asked:
    query = Query(query_string, STATS)
    return _checked(query, source=query.choice("source", SOURCE_WORDS, "api"))


def audit(query_string: str) -> Asked:
    query = Query(query_string, AUDIT)
    return _checked(query, **_page(query))


def nothing(query_string: str) -> Asked:
    return _checked(Query(query_string, ()))


def _page(query: Query) -> dict[str, Any]:
    size = query.number("limit", DEFAULT_LIMIT, MOST_LIMIT)
    return {"page": query.number("page", 1), "size": size, "cursor": query.cursor()}


def _checked(query: Query, **asked: Any) -> Asked:
    filters = _filters(query)
    query.check()
    return Asked(filters=filters, names=NAMES, **asked)


def _filters(query: Query) -> dict[str, Any]:
    window = _window(query)
    status = query.choice("status", tuple(STATUS_WORDS), "")
    filters: dict[str, Any] = {ours: query.text(theirs) for ours, theirs in NAMES.items()}
    filters |= {"since": window.start, "until": window.end, "status": STATUS_WORDS.get(status)}
    return {name: value for name, value in filters.items() if value is not None}


def _window(query: Query) -> Window:
    if "from" not in query and "to" not in query:
        period = query.choice("period", PERIODS, DEFAULT_PERIOD)
        return of_period(period, today())
    if "period" in query:
        query.refuse("period", "must not be given together with from or to")
    return query.days()
