"""Steps of a merge, which turn staged rows into rows of the tables."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.backends.utils import CursorWrapper


@dataclass(frozen=True)
class RejectedLine:
    """A line that was not loaded, with its error. If `waited`, a row that waited for the row of that line."""

    line: int
    error: str
    waited: bool = False


@dataclass(frozen=True)
class MergeResult:
    """Result of a step: the number of new lines, and the rejected lines."""

    accepted: int = 0
    rejected: list[RejectedLine] = field(default_factory=list)


@dataclass(frozen=True)
class MergeStep:
    """One step, and the names of the staging tables that it reads. It is skipped if none of them has rows."""

    merge: Callable[[CursorWrapper], MergeResult]
    stages: frozenset[str]
