"""Random traffic and random queries: a response does not change with another account's traffic."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsreports.sms.statuses import NAMES
from tests.conftest import ApiClient, create_api_client
from tests.counters.rows import NOON, Row, create_accounts, insert_messages, insert_sends
from tests.isolation.conftest import list_swept_routes
from tests.isolation.routes import Route
from tests.isolation.sweep_requests import VALUES, list_parameters
from tests.isolation.twin_accounts import OTHER, WATCHED

# Few values each, so that every group has rows of both accounts.
ROWS = st.lists(
    st.builds(
        Row,
        account=st.just(WATCHED),
        at=st.sampled_from([NOON - timedelta(days=days) for days in (0, 1, 7, 13, 31)]),
        status=st.sampled_from(sorted(NAMES)),
        sender=st.sampled_from(["MyApp", "Promo"]),
        country=st.sampled_from(["US", "GB", None]),
        recipient=st.sampled_from(["+14155551234", "+447911123456"]),
        cost=st.sampled_from([Decimal("0.002003"), Decimal("0.003001")]),
        heads=st.booleans(),
        clicks=st.integers(0, 2),
    ),
    min_size=1,
    max_size=8,
)
# Exports use a connection of their own, which cannot see the transaction of the test; the sweep covers them.
LISTS = [
    route
    for route in list_swept_routes()
    if route.endpoint and not route.parameters and route.endpoint.action != "export"
]


def draw_query(draw: Any, route: Route) -> dict[str, str]:
    names = [name for name in list_parameters(route) if name in VALUES and name != "period"]
    chosen_names = draw(st.lists(st.sampled_from(names), unique=True, max_size=4))
    return {"to": "9999-12-31"} | {name: draw(st.sampled_from(VALUES[name])) for name in chosen_names}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), own=ROWS, others=ROWS)
def test_a_response_does_not_change_with_another_accounts_rows(
    watched: ApiClient, data: st.DataObject, own: list[Row], others: list[Row]
) -> None:
    route = data.draw(st.sampled_from(LISTS))
    query = draw_query(data.draw, route)
    with transaction.atomic():
        insert_messages(own)
        insert_sends(own)
        alone = watched.get(route.build_path(), query).body
        other_rows = [replace(row, account=OTHER) for row in others]
        insert_messages(other_rows)
        insert_sends(other_rows)
        assert watched.get(route.build_path(), query).body == alone
        transaction.set_rollback(True)


@pytest.fixture
def watched(db: None) -> ApiClient:
    create_accounts()
    return create_api_client(WATCHED)
