"""Requests of the sweep: every parameter of every route, with every value that may have an effect."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from broadcasts_app.models import Broadcast
from messages_app.models import Message
from smsreports.audit.models import Export
from smsreports.queries.filters import SmsFilterSet, get_labelled_filters
from smsreports.reports.forms import ReportForm
from smsreports.sources import get_source_words, get_sources
from smsreports.staff.list_query import ACCOUNT_PARAM, BROADCAST_PARAM, DATE_PARAMS, PAGE_PARAM
from tests.isolation.routes import Route
from tests.isolation.twin_accounts import RECIPIENTS, SENDERS, WATCHED

# Values of every parameter of any route, by name.
VALUES: dict[str, Sequence[str]] = {
    "status": ("delivered", "undelivered", "expired", "pending", "sent", "failed", "unknown", "DELIVRD"),
    "phone": (*(number[1:] for number in RECIPIENTS), "415", "91", "1"),
    "country": ("US", "gb", "FR"),
    "sender": (*SENDERS, "nobody"),
    "period": ("today", "yesterday", "7d", "30d", "this_month", "last_month"),
    "from": ("2025-12-01", "2026-02-01", "2026-02-13"),
    "to": ("9999-12-31", "2026-02-10", "2026-01-01"),
    "source": get_source_words(),
    "page": ("1", "2", "99"),
    "limit": ("1", "7", "100"),
    "per_page": ("1", "7", "100"),
    "format": ("csv", "ndjson"),
    "dialect": ("excel", "strict"),
    # Parameters of report pages.
    "account": (WATCHED,),
    "tz": ("Asia/Tokyo",),
    "sort": ("name", "-rate", "median"),
    "in_time": ("yes", "no"),
    "since": ("2026-02-08T00:00Z",),
    "until": ("2026-02-13T12:00Z",),
    "event": ("clicked", "sent"),
    "after": ("2026-02-08T00:00:00Z",),
    "before": ("2026-02-13T12:00:00Z",),
    "span": ("24h", "today"),
    "at": ("2026-02-13T11:00Z",),
    # Parameters of the admin.
    "q": ("m-1", "s-1", "c-1", "b-1", "+14155551234", "4155551", "nobody's"),
    "p": ("1", "2"),
}
# Parameters whose values come from responses or from the tables.
RUNTIME_PARAMS = ("cursor", "broadcast")
# The window of all traffic.
WIDE_WINDOW = {"from": "2025-01-01", "to": "2026-12-31"}
# Random combinations of parameters per route, besides every value alone.
RANDOM_COMBINATIONS, SEED = 12, 20260213
# Ids that do not exist, as text and as a number.
MISSING_KEY, MISSING_ID = "x-8888", 987_654_321

RouteValues = Callable[[str], list[dict[str, Any]]]


def _sms_values(account: str) -> list[dict[str, Any]]:
    return [
        {"label": source.sms.source_label, "row": key}
        for source in get_sources()
        for key in first_and_last(source.model, account)
    ]


def first_and_last(model: Any, account: str, field: str = "pk") -> list[Any]:
    """Return the first value, which both accounts have, and the last, which only one of them may have."""
    values = list(model._base_manager.filter(account__name=account).order_by("pk").values_list(field, flat=True))
    return list(dict.fromkeys([*values[:1], *values[-1:]]))


# Values for the parameters in the path, from an account's rows, by the name of the route.
ROUTE_VALUES: dict[str, RouteValues] = {
    "telecom23-status-retrieve": lambda account: [
        {"client_message_id": key} for key in first_and_last(Message, account, "client_message_id")
    ],
    "laravel-items-retrieve": lambda account: [
        {"key": key} for source in get_sources() for key in first_and_last(source.item_model, account, source.item_key)
    ],
    "telecom23-receipt-retrieve": lambda account: [{"export_id": key} for key in first_and_last(Export, account)],
    "telecom23-sends-list": lambda account: [{"broadcast": key} for key in first_and_last(Broadcast, account)],
    "message": _sms_values,
    "broadcast": lambda account: [{"row": key} for key in first_and_last(Broadcast, account)],
    "staff-export": lambda account: [{"source": source.slug} for source in get_sources()],
}


@dataclass(frozen=True)
class SweepRequest:
    """Request with a key of the account, or by staff; `pattern` is the URL pattern of its route."""

    pattern: str
    url: str
    method: str
    by_key: bool


def list_route_values(route: Route, account: str) -> list[dict[str, Any]]:
    """Return values for the parameters in the route's path, from the rows of `account`.

    Fails the test when the route is unknown.
    """
    if not route.parameters:
        return [{}]
    if route.model_admin and route.parameters == ["object_id"]:
        return [{"object_id": key} for key in first_and_last(route.model_admin.model, account)]
    if route.name not in ROUTE_VALUES:
        pytest.fail(
            f"{route.pattern}: add {route.name!r} to ROUTE_VALUES in tests/isolation/sweep_requests.py, with "
            f"{', '.join(route.parameters)} of an account's rows"
        )
    return ROUTE_VALUES[route.name](account)


def with_missing_ids(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same parameters with an id that does not exist; the integers are the ids, or else every value."""
    if any(isinstance(value, int) for value in values.values()):
        return {name: MISSING_ID if isinstance(value, int) else value for name, value in values.items()}
    return dict.fromkeys(values, MISSING_KEY)


def list_parameters(route: Route) -> list[str]:
    """Return the names of the route's query parameters, as its form, admin or dialect declares them."""
    if route.report_view:
        form: ReportForm = route.report_view.form_class(QueryDict(), get_sources())
        return [form.add_prefix(name) for name in form.fields]
    if route.name == "staff-export":
        return [ACCOUNT_PARAM, *get_labelled_filters(SmsFilterSet), *DATE_PARAMS]
    if route.model_admin:
        return [*route.model_admin.get_filter_names(), PAGE_PARAM] if route.name.endswith("_changelist") else []
    return sorted(route.endpoint.query_names) if route.endpoint else []


def build_queries(route: Route) -> Iterator[dict[str, str]]:
    """Yield an empty query, each value over all days, and random combinations of values.

    Pages are slower and share the code of the endpoints, so they get one value of each parameter.
    """
    names = [name for name in list_parameters(route) if name not in RUNTIME_PARAMS]
    if unknown := [name for name in names if name not in VALUES]:
        pytest.fail(
            f"{route.pattern}: add values for {', '.join(unknown)} to VALUES in tests/isolation/sweep_requests.py"
        )
    wide = {name: value for name, value in WIDE_WINDOW.items() if name in names}
    yield {}
    yield wide
    for name in names:
        for value in VALUES[name] if route.endpoint else VALUES[name][:1]:
            yield ({} if name in ("period", "q") else wide) | {name: value}
    rng = random.Random(SEED)
    for _ in range(RANDOM_COMBINATIONS if names and route.endpoint else 0):
        chosen = rng.sample(names, min(len(names), rng.randint(2, 4)))
        yield ({} if "period" in chosen else wide) | {name: rng.choice(VALUES[name]) for name in chosen}


def build_requests(route: Route, cursors: Sequence[str] = (), account: str = WATCHED) -> list[SweepRequest]:
    """Return every request to the route by, or about, the account; only two for each id after the first."""
    names = list_parameters(route)
    # Without an account, a page shows the first one and a list of the admin shows all of them.
    base = {ACCOUNT_PARAM: account} if ACCOUNT_PARAM in names or route.report_view else {}
    queries = [base | query for query in build_queries(route)]
    queries += [base | WIDE_WINDOW | _small_page(names) | {"cursor": cursor} for cursor in cursors]
    queries += [
        (base if route.report_view else {}) | {BROADCAST_PARAM: str(key)}
        for key in first_and_last(Broadcast, account)
        if BROADCAST_PARAM in names
    ]
    first, *others = list_route_values(route, account)
    requests = [build_request(route, first, query) for query in queries]
    return requests + [build_request(route, values, query) for values in others for query in queries[:2]]


def build_request(route: Route, values: Mapping[str, Any], query: Mapping[str, str]) -> SweepRequest:
    method = "POST" if route.name == "staff-export" else "GET"
    return SweepRequest(
        route.pattern, f"{route.build_path(**values)}?{urlencode(query)}", method, by_key=bool(route.endpoint)
    )


def build_first_page_request(route: Route, account: str) -> SweepRequest | None:
    """Return a request whose response has cursors, or None for a route without pages."""
    names = list_parameters(route)
    if "cursor" not in names or route.parameters:
        return None
    base = {ACCOUNT_PARAM: account} if route.report_view else {}
    return build_request(route, {}, base | WIDE_WINDOW | _small_page(names))


def _small_page(names: Sequence[str]) -> dict[str, str]:
    return {name: "7" for name in ("limit", "per_page") if name in names}
