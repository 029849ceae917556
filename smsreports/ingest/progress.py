"""Progress of a load: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from typing import TextIO, cast

from django.core.management.base import OutputWrapper
from tqdm import tqdm

from smsreports.ingest.load import BatchResult

# Seconds between two plain lines: frequent enough to show progress, rare enough for a log.
REPORT_SECONDS = 5.0


def with_progress(results: Iterable[BatchResult], stream: TextIO, total: int | None = None) -> Iterator[BatchResult]:
    """Yield the results unchanged, and report on `stream` the number of lines done, out of `total` if given."""
    return _show_bar(results, stream, total) if stream.isatty() else _write_lines(results, stream, total)


def unwrap_stream(stream: TextIO | OutputWrapper) -> TextIO:
    """Return the stream inside Django's OutputWrapper, which adds a newline to each write and so breaks a bar."""
    return cast(TextIO, stream._out) if isinstance(stream, OutputWrapper) else stream


def count_lines(result: BatchResult) -> int:
    return result.accepted + result.duplicates + len(result.rejected)


def _show_bar(results: Iterable[BatchResult], stream: TextIO, total: int | None) -> Iterator[BatchResult]:
    # Disable tqdm's monitor thread: the process may fork later.
    tqdm.monitor_interval = 0
    with tqdm(total=total, unit=" lines", unit_scale=True, file=stream) as bar:
        for result in results:
            bar.update(count_lines(result))
            yield result


def _write_lines(results: Iterable[BatchResult], stream: TextIO, total: int | None) -> Iterator[BatchResult]:
    done, reported_at = 0, time.monotonic()
    for result in results:
        done += count_lines(result)
        if time.monotonic() - reported_at >= REPORT_SECONDS:
            reported_at = time.monotonic()
            stream.write(f"{done} of {total} lines\n" if total else f"{done} lines\n")
            stream.flush()
        yield result
