"""What a storm tells: what was done how often, and what was wrong."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock


@dataclass
class Told:
    """Everybody in it tells from a thread of their own."""

    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    # Seconds until lists were answered, and after what.
    recoveries: list[tuple[float, str]] = field(default_factory=list)
    # The injuries are over: who is at something brings it to its end.
    over: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def did(self, what: str, times: int = 1) -> None:
        with self._lock:
            self.done[what] += times

    def failed(self, why: str) -> None:
        """Said at once, too: the storm goes on, and what was around it is still there to be looked at."""
        with self._lock:
            self.faults.append(why)
            sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {why}\n")

    def keep(self, run: Callable[[], None]) -> None:
        """Whatever is raised is a fault."""
        try:
            run()
        except Exception as fault:  # any at all is what is looked for
            self.failed(f"{type(fault).__name__}: {fault}")

    def slowest(self) -> str:
        took, what = max(self.recoveries, default=(0.0, "nothing"))
        return f"{took:.1f} s at most until lists were answered, after: {what}"
