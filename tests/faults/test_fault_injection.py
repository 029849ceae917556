"""A few random faults; `make soak` injects five hundred."""

from pathlib import Path

import pytest

from tests.faults.fault_injection import inject_faults
from tests.waiting import SOON

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finding the workers needs Linux")


def test_faults_leave_no_wrong_file_and_no_lost_or_doubled_row() -> None:
    outcome = inject_faults(4, seed=3, pairs=300, max_recovery=SOON)
    assert outcome.failures == []
    assert sum(times for name, times in outcome.done.items() if name.startswith("x ")) == 4
    assert outcome.done["files clean"] > 0
