"""Completeness of the sweep: every URL pattern is swept or exempt, with a reason."""

import pytest

from tests.conftest import CLIENT
from tests.isolation.routes import PUBLIC_ROUTES, STAFF_ROUTES, Route, list_routes
from tests.isolation.sweep_requests import VALUES, build_queries
from tests.isolation.twin_accounts import MARKERS
from tests.isolation.write_requests import REQUEST_BUILDERS, list_write_routes


@pytest.mark.parametrize("route", list_routes(), ids=lambda route: route.pattern)
def test_every_route_is_swept_or_has_a_reason_not_to_be(route: Route) -> None:
    is_swept = route.endpoint or route.report_view or route.model_admin or route.name == "staff-export"
    assert bool(is_swept) != route.is_exempt, (
        f"{route.pattern}: an endpoint of a dialect, a ReportView and a ReadOnlyTrafficAdmin are swept automatically; "
        "add any other pattern to PUBLIC_ROUTES or STAFF_ROUTES in tests/isolation/routes.py, with what it shows"
    )


def test_no_exemption_is_obsolete() -> None:
    routes = {route.pattern for route in list_routes()}
    assert (PUBLIC_ROUTES.keys() | STAFF_ROUTES.keys()) <= routes
    assert {route.name for route in list_write_routes()} == set(REQUEST_BUILDERS)


@pytest.mark.django_db
def test_every_parameter_of_every_endpoint_has_values() -> None:
    for route in list_routes():
        assert {name for query in build_queries(route) for name in query} <= set(VALUES)
    unified = next(route for route in list_routes() if route.name == "telecom23-unified-list")
    assert unified.endpoint
    assert {"status", "phone", "cursor", "source"} <= unified.endpoint.query_names


@pytest.mark.django_db
@pytest.mark.parametrize("route", PUBLIC_ROUTES)
def test_public_pages_name_no_account(route: str) -> None:
    path = route.removeprefix("^")
    text = CLIENT.get(f"/{path}").content.decode().lower()
    assert [name for pair in MARKERS.items() for name in pair if name in text] == []
