"""Random traffic, a random question: the answer is the same with another account's traffic beside it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsreports.sms.statuses import NAMES
from tests.conftest import Person, person
from tests.counters.rows import NOON, Row, insert_messages, insert_sends, people
from tests.isolation.addresses import Address
from tests.isolation.alike import OTHER, WATCHED
from tests.isolation.conftest import swept
from tests.isolation.questions import VALUES, understood

# Few values each, so that rows of both accounts meet in every group.
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
# A file is read on a connection of its own, which sees nothing of a test's transaction: the sweep has the files.
LISTS = [address for address in swept() if address.door and not address.parameters and address.door.action != "export"]


def query(draw: Any, address: Address) -> dict[str, str]:
    names = [name for name in understood(address) if name in VALUES and name != "period"]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=4))
    return {"to": "9999-12-31"} | {name: draw(st.sampled_from(VALUES[name])) for name in chosen}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), own=ROWS, others=ROWS)
def test_an_answer_is_the_same_beside_another_account(
    watched: Person, data: st.DataObject, own: list[Row], others: list[Row]
) -> None:
    address = data.draw(st.sampled_from(LISTS))
    asked = query(data.draw, address)
    with transaction.atomic():
        insert_messages(own)
        insert_sends(own)
        alone = watched.get(address.path(), asked).body
        beside = [replace(row, account=OTHER) for row in others]
        insert_messages(beside)
        insert_sends(beside)
        assert watched.get(address.path(), asked).body == alone
        transaction.set_rollback(True)


@pytest.fixture
def watched(db: None) -> Person:
    people()
    return person(WATCHED)
