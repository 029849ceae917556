"""Outcome of a run of fault injection: counts of what happened, failures, and times of recovery."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock


@dataclass
class Outcome:
    """Results that all threads of a run report to."""

    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    # Seconds until lists were served again, and the fault before.
    recoveries: list[tuple[float, str]] = field(default_factory=list)
    # Set after the last fault: clients finish what they are doing.
    is_over: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def count(self, what: str, times: int = 1) -> None:
        with self._lock:
            self.done[what] += times

    def add_failure(self, reason: str) -> None:
        """Record a failure and print it at once, while its surroundings can still be inspected."""
        with self._lock:
            self.failures.append(reason)
            sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {reason}\n")

    def run_guarded(self, run: Callable[[], None]) -> None:
        """Call `run` and record any exception as a failure."""
        try:
            run()
        except Exception as error:  # every exception is a finding
            self.add_failure(f"{type(error).__name__}: {error}")

    def describe_slowest_recovery(self) -> str:
        seconds, fault = max(self.recoveries, default=(0.0, "nothing"))
        return f"{seconds:.1f} s at most until lists were served, after: {fault}"
