"""Prometheus metrics. Each label has few values: none contains an account, a telephone number, an id or a path."""

from __future__ import annotations

import os
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

# Folder in which all workers keep their metrics, so that each can report them all. The name is prometheus_client's.
SHARED_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Seconds. A list takes hundredths of a second, an export minutes.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)

# Mode of a gauge: the sum over the running workers.
SUM_OF_LIVE_WORKERS: Final = "livesum"


class Metrics:
    """All metrics. There is one instance per process; see `get_metrics`."""

    def __init__(self) -> None:
        # The library decides at its import if metrics are shared between processes. `serve` creates their folder after
        # this module is imported.
        from prometheus_client import Counter, Gauge, Histogram

        labels = ("dialect", "route", "method")
        self.requests = Counter("smsreports_requests", "Requests answered", (*labels, "status"))
        self.seconds = Histogram(
            "smsreports_request_seconds", "Seconds until the last byte of an answer was sent", labels, buckets=BUCKETS
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
        """Count a request that has ended."""
        labels = dialect, route, method
        self.requests.labels(*labels, status).inc()
        self.seconds.labels(*labels).observe(seconds)
        self.underway.dec()

    @cached_property
    def registry(self) -> CollectorRegistry:
        """Registry for `generate_latest`: of all workers if they share a folder, else of this process."""
        from prometheus_client import REGISTRY, CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        if not os.environ.get(SHARED_FOLDER_VARIABLE):
            return REGISTRY
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry


_lock = Lock()
_metrics: Metrics | None = None


def get_metrics() -> Metrics:
    """Return the metrics of this process; the first call creates them."""
    global _metrics
    if _metrics is None:
        with _lock:
            _metrics = _metrics or Metrics()
    return _metrics
