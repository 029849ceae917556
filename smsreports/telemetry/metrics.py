"""Everything that is counted. No label holds an account, a number, an id or a path: each has few values."""

from __future__ import annotations

import os
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

# The folder in which workers keep their counts, so that any of them tells all; prometheus_client's own name for it.
SHARED_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Seconds; a list takes hundredths, an export minutes.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)

# Of a gauge: the sum over the workers that live.
SUM_OF_LIVE_WORKERS: Final = "livesum"


class Metrics:
    """The counts. Made once a process, see `meters`."""

    def __init__(self) -> None:
        # When it is imported, the library decides whether counts are shared between processes. `serve` makes their
        # folder long after this module is imported.
        from prometheus_client import Counter, Gauge, Histogram

        of = ("dialect", "route", "method")
        self.requests = Counter("smsreports_requests", "Requests answered", (*of, "status"))
        self.seconds = Histogram(
            "smsreports_request_seconds", "Seconds until the last byte of an answer was sent", of, buckets=BUCKETS
        )
        self.underway = Gauge(
            "smsreports_requests_under_way", "Requests in progress", multiprocess_mode=SUM_OF_LIVE_WORKERS
        )
        self.exports_underway = Gauge(
            "smsreports_exports_under_way", "Exports in progress", multiprocess_mode=SUM_OF_LIVE_WORKERS
        )
        self.exports = Counter("smsreports_exports", "Exports that ended, whole or broken", ("ended",))
        self.export_rows = Counter("smsreports_export_rows", "Rows of whole exports")
        self.export_bytes = Counter("smsreports_export_bytes", "Bytes of exports as sent, including broken ones")
        self.lines = Counter("smsreports_ingested_lines", "Records received by HTTP, by outcome", ("outcome",))
        self.receipts = Counter("smsreports_gateway_receipts", "Gateway callbacks accepted", ("gateway",))
        self.refused = Counter(
            "smsreports_callers_refused", "Requests refused for their credentials, by reason", ("reason",)
        )
        self.limited = Counter("smsreports_rate_limited", "Requests over an account's rate limit", ("dialect",))
        self.turned_away = Counter(
            "smsreports_turned_away",
            "Requests refused because too many loads, exports, queries or requests were in progress",
            ("what",),
        )
        self.database_faults = Counter(
            "smsreports_database_faults", "Requests that failed because the database did not answer"
        )
        for ended in ("whole", "broken"):
            self.exports.labels(ended)

    def record_response(self, dialect: str, route: str, method: str, status: int, seconds: float) -> None:
        """One request less under way, and one more of its kind."""
        of = dialect, route, method
        self.requests.labels(*of, status).inc()
        self.seconds.labels(*of).observe(seconds)
        self.underway.dec()

    @cached_property
    def registry(self) -> CollectorRegistry:
        """What `generate_latest` reads: the counts of all workers, else of this process."""
        from prometheus_client import REGISTRY, CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        if not os.environ.get(SHARED_FOLDER_VARIABLE):
            return REGISTRY
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return shared


_lock = Lock()
_metrics: Metrics | None = None


def get_metrics() -> Metrics:
    global _metrics
    if _metrics is None:
        with _lock:
            _metrics = _metrics or Metrics()
    return _metrics
