"""How an export goes out: counted while it does, and whether it ended whole."""

from collections.abc import Generator

from smsreports.telemetry.metrics import get_metrics
from smsreports.telemetry.request_context import add_log_fields


def track_export(blocks: Generator[bytes], rows: int) -> Generator[bytes]:
    """Passes on the blocks of a file of `rows`. It is whole when the server comes back for more than the last; who
    closes it before has broken it off. What nobody begins to read is not counted."""
    size, ended, counts = 0, "broken", get_metrics()
    counts.exports_underway.inc()
    try:
        for block in blocks:
            size += len(block)
            yield block
        ended = "whole"
    finally:
        blocks.close()
        counts.exports_underway.dec()
        counts.exports.labels(ended).inc()
        counts.export_rows.inc(rows if ended == "whole" else 0)
        counts.export_bytes.inc(size)
        add_log_fields(ended=ended, bytes=size)
