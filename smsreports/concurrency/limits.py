"""All limits of concurrent work in one server process, in one table.

A system check holds them to `threads_in_use() + MIN_FREE_THREADS <= THREADS`, and a test holds the sizing formula in
`docs/operators/operations.md` to them.
"""

from dataclasses import dataclass

# Threads of a server process. gunicorn's sync worker has one, and would be killed in the middle of a long export.
THREADS = 21
# Threads that no long work may take: they answer lists.
MIN_FREE_THREADS = 2
# Requests that wait while every thread is busy. With lists alone, the last of them is answered within half a second.
MAX_QUEUED_REQUESTS = 32
# Threads that only answer 503 to further requests.
REJECT_THREADS = 2
# Database connections of the health probes. Each thread and each running export has one more.
PROBE_CONNECTIONS = 1


@dataclass(frozen=True)
class SlotLimits:
    """Limits of one kind of long work in one server process. Waiting work holds a thread too."""

    # Label of the metric, and the name in error messages.
    name: str
    max_running: int
    max_running_per_account: int
    max_waiting: int
    # Seconds to wait for a slot, unless the caller gives a timeout.
    wait_seconds: float
    # An account at its own limit gets 429 instead of 503.
    throttles_account: bool = False


# Loads of one account are merged one at a time. A second one is read and checked meanwhile; a third would only hold a
# thread. Many may wait, because a gateway cannot hold back its callbacks.
LOADS = SlotLimits("loads", max_running=4, max_running_per_account=2, max_waiting=6, wait_seconds=0)
# Most exports are small, so a short wait is worth it. The limit per account holds over all processes
# (`audit.recorder`).
EXPORTS = SlotLimits("exports", max_running=3, max_running_per_account=3, max_waiting=1, wait_seconds=2)
# Queries that read many rows for one answer: by part of a number, by hours, by several filters. Most take milliseconds,
# so a caller that sends four at once is served.
SLOW_QUERIES = SlotLimits(
    "queries", max_running=3, max_running_per_account=2, max_waiting=2, wait_seconds=1, throttles_account=True
)
ALL_SLOTS = (LOADS, EXPORTS, SLOW_QUERIES)


def threads_in_use() -> int:
    """Return how many threads long work takes at most, running and waiting."""
    return sum(limits.max_running + limits.max_waiting for limits in ALL_SLOTS)


def connections_of_process() -> int:
    """Return how many database connections a server process opens at most."""
    return THREADS + EXPORTS.max_running + PROBE_CONNECTIONS
