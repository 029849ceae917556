"""The statuses of an SMS: what each means, which are final, and which of two reports wins."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.db.models import Case, Value, When


class StatusGroup(StrEnum):
    """What a caller may ask for; every raw status is in exactly one group."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Status:
    """One raw status; `order` decides between two reports of the same moment."""

    name: str
    group: StatusGroup
    order: int

    @property
    def is_final(self) -> bool:
        return self.group is not StatusGroup.PENDING

    @property
    def precedence(self) -> int:
        """Delivered beats every other final status, and a final one beats every other."""
        return 2 if self.group is StatusGroup.DELIVERED else int(self.is_final)


_IN_ORDER = (
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
STATUSES = {name: Status(name, group, order) for order, (name, group) in enumerate(_IN_ORDER)}
PENDING = "pending"
NAMES = tuple(STATUSES)
FINAL = tuple(status.name for status in STATUSES.values() if status.is_final)
# What is said of an SMS of which nobody said anything final.
UNREPORTED = "UNDELIV"
# What a receipt says while the message is on its way: the moment it left us.
SUBMITTED = ("sent", "ENROUTE", "ACCEPTD")


def statuses_in_groups(groups: Iterable[StatusGroup]) -> tuple[str, ...]:
    """The raw statuses of these groups, in the table's order."""
    wanted = frozenset(groups)
    return tuple(status.name for status in STATUSES.values() if status.group in wanted)


def build_rank_sql(column: str) -> tuple[str, str]:
    """SQL for the precedence and the order of the status in `column`, so that the database merges
    reports by this table. The names are the constants above, never a caller's words."""
    cases = [
        " ".join(f"WHEN '{status.name}' THEN {value}" for status, value in pairs)
        for pairs in (
            [(status, status.precedence) for status in STATUSES.values()],
            [(status, status.order) for status in STATUSES.values()],
        )
    ]
    return f"(CASE {column} {cases[0]} END)", f"(CASE {column} {cases[1]} END)"


def build_group_field(column: str = "status") -> models.GeneratedField:
    """A stored column with the status group of `column`, so that filters and counters need no list of statuses."""
    cases = [When(**{f"{column}__in": statuses_in_groups([group])}, then=Value(group.value)) for group in StatusGroup]
    output = models.CharField(max_length=16)
    return models.GeneratedField(expression=Case(*cases, output_field=output), output_field=output, db_persist=True)
