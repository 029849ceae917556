"""Waiting for a condition that another process or thread brings about, instead of sleeping."""

import time
from collections.abc import Callable

# Seconds. Only a failing test waits this long, so a busy machine does not make tests fail.
SOON = 60


def within(seconds: float, holds: Callable[[], object]) -> None:
    """Return as soon as `holds` returns a true value. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.02)
