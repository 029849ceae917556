"""The soak test, for a moment: `make soak` does it for minutes."""

import pytest

from tests.counters.soaking import soak


@pytest.mark.django_db(transaction=True)
def test_the_counters_are_exact_while_everything_is_written_at_once() -> None:
    found = soak(3, writers=3, readers=2)
    assert found.faults == []
    assert {"lines accepted", "lines known", "statuses changed", "rows deleted"} <= set(+found.done)
    assert found.done["comparisons of every counter"] and found.done["comparisons of a caller's figures"]
