"""Counter model: a total per account, source, UTC day and dimensions."""

from decimal import Decimal
from typing import ClassVar, TypedDict

from django.db import models
from django.db.models import Q, QuerySet

from smsreports.accounts.managers import AccountScopedManager
from smsreports.accounts.models import Account


class Measures(TypedDict, total=False):
    """Summed columns. A measure that does not apply to a source is 0; one that was not asked for is absent."""

    sms: int
    requests: int
    segments: int
    cost: Decimal
    clicks: int
    unique_clicks: int
    actions: int


MEASURES = tuple(Measures.__annotations__)
DIMENSIONS = ("status_group", "sender_id", "country", "broadcast_id")
# Country of a number that has none.
NO_COUNTRY = ""


class Grain(models.IntegerChoices):
    """Dimensions of a counter beside account, source and day. All grains sum up to the same totals."""

    # The status group alone: few rows, read by lists and statistics without other filters.
    DAY = 0
    # Status group, sender and country.
    ROUTE = 1
    # Status group and broadcast.
    BROADCAST = 2


class Counter(models.Model):
    """Part of a total. The total of a key is the sum of its rows.

    Triggers on the sources' tables insert deltas, so that writers never wait for each other.
    `smsreports.counters.squash` merges the deltas of a key into one row. A dimension that the grain does not have is ''
    or 0, and so is the country of a number that has none.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=16)
    grain = models.PositiveSmallIntegerField(choices=Grain.choices)
    day = models.DateField()
    status_group = models.CharField(max_length=16)
    sender_id = models.CharField(max_length=32)
    country = models.CharField(max_length=2)
    broadcast_id = models.BigIntegerField()
    sms = models.BigIntegerField()
    requests = models.BigIntegerField()
    segments = models.BigIntegerField()
    cost = models.DecimalField(max_digits=24, decimal_places=6)
    clicks = models.BigIntegerField()
    unique_clicks = models.BigIntegerField()
    actions = models.BigIntegerField()
    # False for a delta that a trigger wrote and that has not been squashed yet.
    squashed = models.BooleanField()

    unscoped = models.Manager["Counter"]()
    objects: ClassVar[AccountScopedManager[QuerySet["Counter"]]] = AccountScopedManager.for_queryset(
        QuerySet["Counter"]
    )

    class Meta:
        default_manager_name = "unscoped"
        constraints = [
            # The row that `squash_counters` adds deltas to.
            models.UniqueConstraint(
                "account",
                "source",
                "grain",
                "day",
                *DIMENSIONS,
                condition=Q(squashed=True),
                name="counter_squashed_once",
            ),
        ]
        indexes = [
            # Totals of lists and statistics, also by day, without sender or country. It includes the measures, because
            # the counters of a month are scattered over the table.
            models.Index(
                fields=["account", "day", "source"],
                include=["status_group", *MEASURES],
                condition=Q(grain=Grain.DAY),
                name="counter_of_days",
            ),
            # The same by country and by sender; then for one sender, and for one country.
            models.Index(
                fields=["account", "day", "source"],
                include=["status_group", "sender_id", "country", *MEASURES],
                condition=Q(grain=Grain.ROUTE),
                name="counter_of_routes",
            ),
            models.Index(
                fields=["account", "sender_id", "day", "source"],
                include=["status_group", "country", *MEASURES],
                condition=Q(grain=Grain.ROUTE),
                name="counter_of_sender",
            ),
            models.Index(
                fields=["account", "country", "day", "source"],
                include=["status_group", "sender_id", *MEASURES],
                condition=Q(grain=Grain.ROUTE),
                name="counter_of_country",
            ),
            # Totals of a broadcast.
            models.Index("account", "broadcast_id", condition=Q(grain=Grain.BROADCAST), name="counter_by_broadcast"),
            # Deltas that `squash_counters` has to merge.
            models.Index("id", condition=Q(squashed=False), name="counter_unsquashed"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.day} {self.status_group}"


KEY: tuple[str, ...] = ("account_id", "source", "grain", "day", *DIMENSIONS)
COLUMNS: tuple[str, ...] = (*KEY, *MEASURES)
