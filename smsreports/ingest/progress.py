"""How far a load has come: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from tqdm import tqdm

from smsreports.ingest.load import Outcome

# Seconds between two plain lines: often enough to see that it goes on, seldom enough for a log.
STEP = 5.0


def shown(outcomes: Iterable[Outcome], stream: TextIO, total: int | None = None) -> Iterator[Outcome]:
    """Passes outcomes on and tells on `stream` how many lines they make up, of `total` if that is known."""
    return _bar(outcomes, stream, total) if stream.isatty() else _plain(outcomes, stream, total)


def terminal(stream: Any) -> TextIO:
    """The stream under Django's wrapper, which ends every write with a new line: no bar survives that."""
    wrapped: TextIO = getattr(stream, "_out", stream)
    return wrapped


def lines_of(outcome: Outcome) -> int:
    return outcome.accepted + outcome.duplicates + len(outcome.rejected)


def _bar(outcomes: Iterable[Outcome], stream: TextIO, total: int | None) -> Iterator[Outcome]:
    # Without the thread that tqdm watches its bars with: who shows a bar may fork later.
    tqdm.monitor_interval = 0
    with tqdm(total=total, unit=" lines", unit_scale=True, file=stream) as bar:
        for outcome in outcomes:
            bar.update(lines_of(outcome))
            yield outcome


def _plain(outcomes: Iterable[Outcome], stream: TextIO, total: int | None) -> Iterator[Outcome]:
    done, told = 0, time.monotonic()
    for outcome in outcomes:
        done += lines_of(outcome)
        if time.monotonic() - told >= STEP:
            told = time.monotonic()
            stream.write(f"{done} of {total} lines\n" if total else f"{done} lines\n")
            stream.flush()
        yield outcome
