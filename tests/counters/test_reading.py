"""Top values of dimensions, compared with sums in Python."""

import random
from collections import defaultdict
from decimal import Decimal

import pytest

from smsreports.accounts.models import Account
from smsreports.counters.queries import CounterScope, parse_top_n, top_n
from tests.conftest import load_lines, message_line

MEASURES = ("sms", "cost")
LIMIT = 3


def build_message(rng: random.Random, number: int) -> str:
    return message_line(
        client_message_id=f"m-{number}",
        country=rng.choice(("US", "DE", "FR", "GB", None)),
        sender_id=f"S{rng.randrange(6)}",
        status=rng.choice(("DELIVRD", "UNDELIV", "pending")),
        cost=str(Decimal(rng.randrange(1_000_000)) / 1_000_000),
        **({"recipient": "+99912345678"} if number % 7 == 0 else {}),
    )


@pytest.mark.parametrize("seed", range(3))
def test_top_n_returns_the_largest_values_of_each_dimension(db: None, seed: int) -> None:
    rng = random.Random(seed)
    load_lines(build_message(rng, number) for number in range(80))
    scope = CounterScope(Account.objects.get(name="acme"), ("api",))
    top = parse_top_n(
        top_n(scope, MEASURES, LIMIT, "country", "sender_id").fetch_all(), MEASURES, "country", "sender_id"
    )
    all_rows = scope.compile_sums(MEASURES, "country", "sender_id", "status_group").fetch_all()
    for index, name in enumerate(("country", "sender_id")):
        sums: dict[str, dict[str, list[Decimal | int]]] = defaultdict(dict)
        for row in all_rows:
            before = sums[row[index]].get(row[2], [0, Decimal(0)])
            sums[row[index]][row[2]] = [before[0] + row[3], before[1] + row[4]]
        first = sorted(sums, key=lambda key: (-sum(sms for sms, _ in sums[key].values()), key))[:LIMIT]
        assert top[name] == {
            (key,): {group: dict(zip(MEASURES, parts, strict=True)) for group, parts in sums[key].items()}
            for key in first
        }
        assert all(type(measures["sms"]) is int for groups in top[name].values() for measures in groups.values())
