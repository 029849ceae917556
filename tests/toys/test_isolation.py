"""No response about the toys shows or depends on another account's data; every pattern of the URL map is accounted for.

The sweep of all other routes runs without the toys, in `tests/isolation/`.
"""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from broadcasts_app.models import Broadcast
from smsreports.accounts.models import Scope
from tests.conftest import NOON, broadcast_line, create_api_client, load_lines, message_line, receipt_line, send_line
from tests.isolation import sweep_requests
from tests.isolation.conftest import PER_REQUEST_VALUES, Sweep, list_swept_routes
from tests.isolation.conftest import frozen_day as frozen_day
from tests.isolation.routes import Route
from tests.isolation.sweep_requests import (
    SweepRequest,
    build_request,
    build_requests,
    first_and_last,
    list_route_values,
    with_missing_ids,
)
from tests.isolation.test_route_coverage import (
    test_every_parameter_of_every_endpoint_has_values as test_every_parameter_of_every_endpoint_has_values,
)
from tests.isolation.test_route_coverage import (
    test_every_route_is_swept_or_has_a_reason_not_to_be as test_every_route_is_swept_or_has_a_reason_not_to_be,
)
from tests.isolation.test_route_coverage import test_no_exemption_is_obsolete as test_no_exemption_is_obsolete
from tests.isolation.twin_accounts import MARKERS, OTHER, RECIPIENTS, SENDERS, STATUSES, WATCHED
from tests.isolation.write_requests import list_write_routes
from tests.toy_source.models import WhatsAppMessage
from tests.toys.traffic import whatsapp_line

MESSAGES = 9
# Values of the parameters that the toys bring.
sweep_requests.VALUES.update(
    {
        "state": ("delivered", "pending"),
        "number": ("415", "91"),
        "region": ("US", "gb"),
        "origin": (*SENDERS, "nobody"),
        "first_day": ("2026-02-01", "2026-02-13"),
        "last_day": ("2026-02-10", "9999-12-31"),
        "channel": sweep_requests.VALUES["source"],
        "offset": ("0", "3", "99"),
        "type": ("csv", "ndjson"),
    }
)
sweep_requests.ROUTE_VALUES.update(
    {
        "acme-status-retrieve": lambda account: [
            {"client_message_id": key} for key in first_and_last(WhatsAppMessage, account, "client_message_id")
        ],
        "acme-sends-list": lambda account: [{"broadcast": key} for key in first_and_last(Broadcast, account)],
    }
)


def build_lines(account: str, first: int = 0) -> Iterator[str]:
    """Yield lines of both accounts that are the same but for their texts."""
    for number in range(first, first + MESSAGES):
        recipient, country = list(RECIPIENTS.items())[number % len(RECIPIENTS)]
        yield whatsapp_line(
            account=account,
            client_message_id=f"w-{number}",
            message_id=f"x-{number}",
            message=f"Code {number} of {MARKERS[account]}",
            recipient=recipient,
            country=country,
            sender_id=SENDERS[number % len(SENDERS)],
            status=STATUSES[number % len(STATUSES)],
            cost=f"0.00{number + 1}",
        )
        yield receipt_line(account=account, message_id=f"x-{number}", status="DELIVRD", at=NOON)
    text = f"Sale {first} of {MARKERS[account]}"
    yield message_line(account=account, client_message_id=f"m-{first}", message=text)
    yield broadcast_line(account=account, broadcast=f"b-{first}", name=text, message=text)
    yield send_line(account=account, broadcast=f"b-{first}", message_id=f"s-{first}")


def list_toy_routes() -> list[Route]:
    """Return the routes of the dialect and of the source's own list, and those of its admin that show rows."""
    admin_names = ("whatsapp_whatsappmessage_changelist", "whatsapp_whatsappmessage_change")
    names = ("acme-", "telecom23-whatsapp-")
    return [route for route in list_swept_routes() if route.name.startswith(names) or route.name in admin_names]


ROUTES = pytest.mark.parametrize("route", list_toy_routes(), ids=lambda route: route.pattern)


@pytest.fixture(scope="module")
def sweep(committed: None, frozen_day: None) -> Sweep:
    """Record the responses to the watched account before and after the other account loads the same and more."""
    staff = Client(raise_request_exception=False)
    staff.force_login(User.objects.create_superuser("staff"))
    sweep = Sweep({name: create_api_client(name, *Scope) for name in (WATCHED, OTHER)}, staff)
    load_lines(build_lines(WATCHED))
    for name in (WATCHED, OTHER):
        # Sets the time at which the key was last used, without a request that counts for the dialect's own limit.
        sweep.clients[name].get("/api/v1/sms/messages")
    requests = [request for route in list_toy_routes() for request in build_requests(route)]
    sweep.record("nothing", requests)
    load_lines(build_lines(OTHER))
    load_lines(build_lines(OTHER, first=100))
    load_lines(
        receipt_line(account=OTHER, client_message_id=f"w-{number}", status="UNDELIV") for number in range(MESSAGES)
    )
    sweep.record("loading", requests)
    return sweep


def select_responses(sweep: Sweep, route: Route) -> list[tuple[SweepRequest, dict[str, bytes]]]:
    return [(request, responses) for request, responses in sweep.responses.items() if request.pattern == route.pattern]


@ROUTES
def test_no_response_changes_with_another_accounts_actions(sweep: Sweep, route: Route) -> None:
    responses = select_responses(sweep, route)
    assert responses
    for request, by_step in responses:
        assert by_step["nothing"] == by_step["loading"], request.url


@ROUTES
def test_no_response_shows_another_accounts_texts(sweep: Sweep, route: Route) -> None:
    for request, by_step in select_responses(sweep, route):
        assert MARKERS[OTHER].encode() not in by_step["loading"].lower(), request.url


def test_responses_show_the_accounts_own_texts(sweep: Sweep) -> None:
    """Guard against a sweep of empty responses, which would pass every other test."""
    marker = MARKERS[WATCHED].encode()
    shown = {request.pattern for request, responses in sweep.responses.items() if marker in responses["loading"]}
    assert {"acme/messages", "acme/messages/export", "acme/channels/whatsapp", "api/v1/sms/whatsapp"} <= shown
    assert {"acme/messages/<str:client_message_id>/state", "acme/channels/broadcasts/<int:broadcast>/sends"} <= shown
    statuses = [responses["loading"][:3] for request, responses in sweep.responses.items() if request.by_key]
    assert statuses.count(b"200") > len(statuses) * 3 // 4


@pytest.mark.parametrize(
    "route",
    [route for route in list_toy_routes() if route.parameters and route.endpoint],
    ids=lambda route: route.pattern,
)
def test_an_id_of_another_account_is_as_unknown_as_a_missing_one(sweep: Sweep, route: Route) -> None:
    own = list_route_values(route, WATCHED)
    foreign = [values for values in list_route_values(route, OTHER) if values not in own]
    assert foreign
    for values in foreign:
        bodies = [
            PER_REQUEST_VALUES.sub(rb"\1", sweep.fetch(build_request(route, ids, {}), WATCHED))
            for ids in (values, with_missing_ids(values))
        ]
        assert bodies[0] == bodies[1]
        assert bodies[0].startswith(b"404")
        assert sweep.fetch(build_request(route, values, {}), OTHER).startswith(b"200")


def test_the_toys_bring_no_route_that_writes() -> None:
    assert {route.name for route in list_write_routes()} == {"telecom23-ingest-create", "telecom23-gateways-receive"}
