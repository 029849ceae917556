"""Metrics of exports in progress and of how they ended."""

from collections.abc import Generator

from smsreports.telemetry.metrics import get_metrics
from smsreports.telemetry.request_context import add_log_fields


def track_export(blocks: Generator[bytes], rows: int) -> Generator[bytes]:
    """Yield the blocks of a file of `rows`, and record how the export ended.

    It ended whole if the server has asked for a block after the last one. If the server closes it earlier, it is
    broken. An export whose first block is never requested is not counted.
    """
    size, ended, metrics = 0, "broken", get_metrics()
    metrics.exports_underway.inc()
    try:
        for block in blocks:
            size += len(block)
            yield block
        ended = "whole"
    finally:
        blocks.close()
        metrics.exports_underway.dec()
        metrics.exports.labels(ended).inc()
        metrics.export_rows.inc(rows if ended == "whole" else 0)
        metrics.export_bytes.inc(size)
        add_log_fields(ended=ended, bytes=size)
