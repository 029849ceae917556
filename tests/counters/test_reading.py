"""The largest of a dimension, against sums that are added up in Python."""

import random
from collections import defaultdict
from decimal import Decimal

import pytest

from smsreports.accounts.models import Account
from smsreports.counters.queries import CounterScope, parse_top_n, top_n
from tests.conftest import load, message

MEASURES = ("sms", "cost")
MOST = 3


def some_message(rng: random.Random, number: int) -> str:
    return message(
        client_message_id=f"m-{number}",
        country=rng.choice(("US", "DE", "FR", "GB", None)),
        sender_id=f"S{rng.randrange(6)}",
        status=rng.choice(("DELIVRD", "UNDELIV", "pending")),
        cost=str(Decimal(rng.randrange(1_000_000)) / 1_000_000),
        **({"recipient": "+99912345678"} if number % 7 == 0 else {}),
    )


@pytest.mark.parametrize("seed", range(3))
def test_each_dimension_has_its_own_largest_with_all_their_sums(db: None, seed: int) -> None:
    rng = random.Random(seed)
    load(some_message(rng, number) for number in range(80))
    scope = CounterScope(Account.objects.get(name="acme"), ("api",))
    found = parse_top_n(
        top_n(scope, MEASURES, MOST, "country", "sender_id").fetch_all(), MEASURES, "country", "sender_id"
    )
    every = scope.compile_sums(MEASURES, "country", "sender_id", "status_group").fetch_all()
    for place, name in enumerate(("country", "sender_id")):
        sums: dict[str, dict[str, list[Decimal | int]]] = defaultdict(dict)
        for row in every:
            before = sums[row[place]].get(row[2], [0, Decimal(0)])
            sums[row[place]][row[2]] = [before[0] + row[3], before[1] + row[4]]
        first = sorted(sums, key=lambda key: (-sum(sms for sms, _ in sums[key].values()), key))[:MOST]
        assert found[name] == {
            (key,): {group: dict(zip(MEASURES, parts, strict=True)) for group, parts in sums[key].items()}
            for key in first
        }
        assert all(type(part["sms"]) is int for groups in found[name].values() for part in groups.values())
