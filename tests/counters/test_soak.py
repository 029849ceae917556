"""Short run of the soak test. `make soak` runs it for minutes."""

import pytest

from tests.counters.soaking import soak


@pytest.mark.django_db(transaction=True)
def test_the_counters_are_exact_while_everything_is_written_at_once() -> None:
    written = {"lines accepted", "lines known", "statuses changed", "rows deleted"}
    compared = {"comparisons of every counter", "comparisons of a caller's figures"}
    assert soak(3, writers=3, readers=2, kinds=written | compared).errors == []
