"""A storm, for a moment: `make soak` makes five hundred injuries of it."""

from pathlib import Path

import pytest

from tests.faults.storm import storm
from tests.waiting import SOON

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells who the workers are")


def test_what_is_broken_leaves_no_file_that_lies_and_no_row_lost_or_doubled() -> None:
    told = storm(4, seed=3, pairs=300, recovery=SOON)
    assert told.faults == []
    assert sum(times for what, times in told.done.items() if what.startswith("x ")) == 4
    assert told.done["files clean"] > 0
