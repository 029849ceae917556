"""The sweep knows every address of the URL map, and says what to do about one that it does not know."""

import pytest

from tests.conftest import CLIENT
from tests.isolation.addresses import EVERYBODYS, STAFFS, Address, addresses
from tests.isolation.alike import WORDS
from tests.isolation.questions import VALUES, heard, queries
from tests.isolation.writes import WRITES, writing


@pytest.mark.parametrize("address", addresses(), ids=lambda address: address.route)
def test_every_address_is_swept_or_says_why_not(address: Address) -> None:
    swept = address.door or address.page or address.staff or address.name == "staff-export"
    assert bool(swept) != address.exempt, (
        f"{address.route}: a door of a dialect, a ReportView and a TrafficAdmin are swept by themselves; any other "
        "address stands in EVERYBODYS or STAFFS of tests/isolation/addresses.py, with what it shows instead of traffic"
    )


def test_no_reason_is_left_over() -> None:
    routes = {address.route for address in addresses()}
    assert (EVERYBODYS.keys() | STAFFS.keys()) <= routes
    assert {address.name for address in writing()} == set(WRITES)


@pytest.mark.django_db
def test_every_parameter_of_every_door_has_values() -> None:
    for address in addresses():
        assert {name for query in queries(address) for name in query} <= set(VALUES)
    unified = next(address for address in addresses() if address.name == "telecom23-unified-list")
    assert unified.door
    assert {"status", "phone", "cursor", "source"} <= set(heard(unified.door.parse_query))


@pytest.mark.django_db
@pytest.mark.parametrize("route", EVERYBODYS)
def test_what_everybody_sees_names_nobody(route: str) -> None:
    path = route.removeprefix("^")
    shown = CLIENT.get(f"/{path}").content.decode().lower()
    assert [name for pair in WORDS.items() for name in pair if name in shown] == []
