"""Wait for what happens in another process or thread, instead of sleeping for a time that should do."""

import time
from collections.abc import Callable

# Seconds. Only a test that fails waits so long, so that a busy machine fails none.
SOON = 60


def within(seconds: float, holds: Callable[[], object]) -> None:
    """Return as soon as `holds` does; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.02)
