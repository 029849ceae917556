"""Statuses of an SMS: their groups, which are final, and the precedence between two delivery receipts."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.db.models import Case, Value, When


class StatusGroup(StrEnum):
    """Group of statuses, used by filters and statistics. Every raw status is in exactly one group."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Status:
    """One raw status. `order` decides between two delivery receipts with the same time."""

    name: str
    group: StatusGroup
    order: int

    @property
    def is_final(self) -> bool:
        return self.group is not StatusGroup.PENDING

    @property
    def precedence(self) -> int:
        """Precedence over other statuses: 2 for delivered, 1 for other final ones, 0 for pending ones."""
        return 2 if self.group is StatusGroup.DELIVERED else int(self.is_final)


_GROUPS_BY_NAME = (
    ("pending", StatusGroup.PENDING),
    ("sent", StatusGroup.PENDING),
    ("ENROUTE", StatusGroup.PENDING),
    ("ACCEPTD", StatusGroup.PENDING),
    ("UNKNOWN", StatusGroup.UNKNOWN),
    ("EXPIRED", StatusGroup.EXPIRED),
    ("failed", StatusGroup.UNDELIVERED),
    ("DELETED", StatusGroup.UNDELIVERED),
    ("REJECTD", StatusGroup.UNDELIVERED),
    ("UNDELIV", StatusGroup.UNDELIVERED),
    ("DELIVRD", StatusGroup.DELIVERED),
)
STATUSES = {name: Status(name, group, order) for order, (name, group) in enumerate(_GROUPS_BY_NAME)}
PENDING = "pending"
NAMES = tuple(STATUSES)
FINAL = tuple(status.name for status in STATUSES.values() if status.is_final)
# The status of an SMS that expired without a final delivery receipt.
UNREPORTED = "UNDELIV"
# The statuses of a message on its way. A receipt with one of them gives the time at which the message was submitted.
SUBMITTED = ("sent", "ENROUTE", "ACCEPTD")


def statuses_in_groups(groups: Iterable[StatusGroup]) -> tuple[str, ...]:
    """Return the raw statuses of `groups`, in the order of STATUSES."""
    selected = frozenset(groups)
    return tuple(status.name for status in STATUSES.values() if status.group in selected)


def build_rank_sql(column: str) -> tuple[str, str]:
    """Return the SQL of the precedence and of the order of the status in `column`.

    The database merges delivery receipts by them. The SQL contains only the constants above, no input.
    """
    cases = [
        " ".join(f"WHEN '{status.name}' THEN {value}" for status, value in pairs)
        for pairs in (
            [(status, status.precedence) for status in STATUSES.values()],
            [(status, status.order) for status in STATUSES.values()],
        )
    ]
    return f"(CASE {column} {cases[0]} END)", f"(CASE {column} {cases[1]} END)"


def build_group_field(column: str = "status") -> models.GeneratedField:
    """Return a stored generated column with the status group of `column`, for filters and counters."""
    cases = [When(**{f"{column}__in": statuses_in_groups([group])}, then=Value(group.value)) for group in StatusGroup]
    output = models.CharField(max_length=16)
    return models.GeneratedField(expression=Case(*cases, output_field=output), output_field=output, db_persist=True)
