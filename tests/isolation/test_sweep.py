"""No response to one account shows or depends on another account's data, at any route and with any parameter."""

import re
from typing import Any

import pytest
from django.db import transaction

from smsreports.accounts.models import RequestCount
from smsreports.middleware import PRIVATE
from tests.conftest import ApiClient
from tests.isolation.conftest import ACCOUNT_MODELS, PER_REQUEST_VALUES, Sweep, list_rows, list_swept_routes
from tests.isolation.routes import Route
from tests.isolation.sweep_requests import build_request, list_route_values, with_missing_ids
from tests.isolation.twin_accounts import MARKERS, OTHER, WATCHED
from tests.isolation.write_requests import build_write_requests, list_write_routes

# A number in ids that the other account wrote, and one that was not written.
FOREIGN, UNUSED = "4711", "8888"
STEPS = ("nothing", "loading", "writing")


@pytest.mark.parametrize("route", list_swept_routes(), ids=lambda route: route.pattern)
def test_no_response_changes_with_another_accounts_actions(sweep: Sweep, route: Route) -> None:
    requests = [request for request in sweep.responses if request.pattern == route.pattern]
    assert requests
    for request in requests:
        first, *later = sweep.responses[request].items()
        for step, response in later:
            assert response == first[1], f"{request.method} {request.url} changed with the other account's {step}"


@pytest.mark.parametrize("route", list_swept_routes(), ids=lambda route: route.pattern)
def test_no_response_shows_another_accounts_texts(sweep: Sweep, route: Route) -> None:
    for request, responses in sweep.responses.items():
        if request.pattern == route.pattern:
            assert MARKERS[OTHER].encode() not in b"".join(responses.values()).lower(), request.url
            assert not request.by_key or OTHER.encode() not in b"".join(responses.values()).lower(), request.url


@pytest.mark.parametrize("route", list_swept_routes(), ids=lambda route: route.pattern)
def test_every_response_is_private(sweep: Sweep, route: Route) -> None:
    """Check that no proxy between the server and the caller may store a response."""
    for request, responses in sweep.responses.items():
        if request.pattern == route.pattern:
            heads = [response.partition(b"\n\n")[0] for response in responses.values()]
            assert all(f"\nCache-Control: {PRIVATE}".encode() in head for head in heads), request.url


def test_responses_show_the_accounts_own_texts(sweep: Sweep) -> None:
    """Guard against a sweep of empty responses, which would pass every other test."""
    marker = MARKERS[WATCHED].encode()
    shown = {request.pattern for request, responses in sweep.responses.items() if marker in responses["writing"]}
    assert {"api/v1/sms/messages", "api/v1/sms/messages/unified/export", "api/sms/messages"} <= shown
    assert {"reports/messages", "reports/broadcasts/<int:row>", "admin/export/<slug:source>/"} <= shown


def test_most_requests_are_valid(sweep: Sweep) -> None:
    statuses = [responses["writing"][:3] for request, responses in sweep.responses.items() if request.by_key]
    assert statuses.count(b"200") > len(statuses) * 3 // 4
    assert set(statuses) <= {b"200", b"400", b"404"}


@pytest.mark.parametrize("model", ACCOUNT_MODELS, ids=lambda model: model.__name__)
def test_no_row_changes_with_another_accounts_actions(sweep: Sweep, model: type) -> None:
    label = model._meta.label  # type: ignore[attr-defined]
    first, *later = (sweep.rows_by_step[step][label] for step in STEPS)
    assert all(rows == first for rows in later)


def test_the_other_account_has_at_least_as_many_rows(sweep: Sweep) -> None:
    """Guard against another account that does nothing, with which every other test would pass."""
    for model in ACCOUNT_MODELS:
        own, others = (len(list_rows(model, account)) for account in (WATCHED, OTHER))
        assert own <= others, model


def list_row_routes() -> list[Route]:
    """Return the endpoints and report pages with an id in their path; the admin shows the rows of all accounts."""
    return [route for route in list_swept_routes() if route.parameters and (route.endpoint or route.report_view)]


@pytest.mark.parametrize("route", list_row_routes(), ids=lambda route: route.pattern)
def test_an_id_of_another_account_is_as_unknown_as_a_missing_one(sweep: Sweep, route: Route) -> None:
    own = list_route_values(route, WATCHED)
    foreign = [values for values in list_route_values(route, OTHER) if values not in own]
    assert foreign
    for values in foreign:
        responses = [fetch_masked(sweep, WATCHED, route, ids) for ids in (values, with_missing_ids(values))]
        assert responses[0] == responses[1]
        assert responses[0].startswith(b"404")
        if route.endpoint:
            assert fetch_masked(sweep, OTHER, route, values).startswith(b"200")


def fetch_masked(sweep: Sweep, account: str, route: Route, values: dict[str, Any]) -> bytes:
    """Return the response without the id in its request."""
    response = sweep.fetch(build_request(route, values, {} if route.endpoint else {"account": account}), account)
    row_id = re.escape(str(list(values.values())[-1]).encode())
    return re.sub(rb"\b" + row_id + rb"\b", b"", PER_REQUEST_VALUES.sub(rb"\1", response))


@pytest.mark.parametrize("key", ["", "sk_prod_nobodys"])
@pytest.mark.parametrize("route", list_row_routes(), ids=lambda route: route.pattern)
def test_a_caller_without_a_valid_key_learns_of_no_id(sweep: Sweep, route: Route, key: str) -> None:
    client = ApiClient("", key)
    known = list_route_values(route, WATCHED)[0]
    bodies = {
        client.get(route.build_path(**values)).body.replace(encode_path(route, values), b"")
        for values in (known, with_missing_ids(known))
    }
    assert len(bodies) == 1


def encode_path(route: Route, values: dict[str, Any]) -> bytes:
    return route.build_path(**values).encode()


@pytest.mark.parametrize("route", list_write_routes(), ids=lambda route: route.pattern)
def test_a_write_about_a_foreign_id_is_answered_like_one_about_a_missing_id(sweep: Sweep, route: Route) -> None:
    for foreign, missing in zip(build_write_requests(route, FOREIGN), build_write_requests(route, UNUSED), strict=True):
        bodies = []
        for write in (foreign, missing):
            with transaction.atomic():
                bodies.append(sweep.send_write(write, WATCHED).body)
                transaction.set_rollback(True)
        assert bodies[0].replace(FOREIGN.encode(), b"") == bodies[1].replace(UNUSED.encode(), b"")


def test_one_accounts_requests_are_not_counted_for_another(sweep: Sweep, settings: Any) -> None:
    """Use one transaction: the time of the database stands still in it, so no minute of the limit ends."""
    settings.RATE_LIMIT = 2
    lists = [route.build_path() for route in list_swept_routes() if route.endpoint and not route.parameters]
    with transaction.atomic():
        # Requests of other tests in this minute.
        RequestCount.objects.all().delete()
        for path in ("/api/v1/sms/messages", "/api/sms/messages"):
            first = sweep.clients[WATCHED].get(path)
            assert {sweep.clients[OTHER].get(other_path).status_code for other_path in lists} == {200, 429}
            second, third = sweep.clients[WATCHED].get(path), sweep.clients[WATCHED].get(path)
            assert (first.status_code, second.status_code, third.status_code) == (200, 200, 429)
        transaction.set_rollback(True)
