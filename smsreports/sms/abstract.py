"""What every kind of stored SMS has: its columns, the rows that cannot be, and the indexes of the lists."""

from datetime import timedelta

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import BooleanField, Expression, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from smsreports.accounts.models import Account
from smsreports.sms import statuses

# An SMS that arrives later than this has failed for most of what SMS are for: codes, alerts, reminders. Whatever the
# final receipt says, at this age every SMS can be judged, and no day is judged more kindly for being older.
IN_TIME_LIMIT = timedelta(minutes=15)


class Sms(models.Model):
    """One SMS to one recipient. A source adds its key, its own time and whatever else it knows."""

    # No index of its own: those below begin with it.
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    recipient = models.CharField(max_length=16)
    country = models.CharField(max_length=2, null=True)
    sender_id = models.CharField(max_length=32)
    text = models.TextField()
    status = models.CharField(max_length=8, choices=[(name, name) for name in statuses.NAMES])
    status_group = statuses.build_group_field()
    status_code = models.CharField(max_length=16, blank=True)
    segments = models.PositiveSmallIntegerField()
    # In the account's currency, exact.
    cost = models.DecimalField(max_digits=12, decimal_places=6)
    delivered_at = models.DateTimeField(null=True)
    # When the status came about, by the report that won.
    status_at = models.DateTimeField()

    class Meta:
        abstract = True


def build_in_time_expression(time: str) -> Expression:
    """Whether an SMS was delivered within IN_TIME of its own `time`; true or false, never null. Where a receipt
    gave no time of delivery, that of the status stands for it."""
    arrived, due = Coalesce("delivered_at", "status_at"), F(time) + Value(IN_TIME_LIMIT)
    delivered = Q(status_group=statuses.StatusGroup.DELIVERED) & Q(LessThanOrEqual(arrived, due))
    return ExpressionWrapper(delivered, output_field=BooleanField())


def build_constraints(prefix: str) -> list[models.BaseConstraint]:
    """The rows that cannot be, by names that begin with `prefix`."""
    return [
        models.CheckConstraint(condition=Q(status__in=statuses.NAMES), name=f"{prefix}_status_known"),
        models.CheckConstraint(condition=Q(segments__gte=1), name=f"{prefix}_has_segments"),
        models.CheckConstraint(condition=Q(cost__gte=0), name=f"{prefix}_cost_not_negative"),
        models.CheckConstraint(
            condition=Q(country__isnull=True) | Q(country__regex=r"^[A-Z]{2}$"), name=f"{prefix}_country_iso"
        ),
        models.CheckConstraint(
            condition=Q(delivered_at__isnull=True) | Q(status__in=statuses.FINAL),
            name=f"{prefix}_delivered_when_final",
        ),
    ]


def build_indexes(prefix: str, time: str) -> list[models.Index]:
    """The indexes of a source whose own time is `time`, by names that begin with `prefix`."""
    newest = (F(time).desc(), F("id").desc())
    return [
        # Every list, the unified view and the exports: an account's rows, newest first.
        models.Index("account", *newest, name=f"{prefix}_newest"),
        # The same narrowed to a status group, which may be rare. Most rows are delivered: those, the list above
        # finds as fast.
        models.Index(
            "account",
            "status_group",
            *newest,
            condition=~Q(status_group=statuses.StatusGroup.DELIVERED),
            name=f"{prefix}_newest_of_group",
        ),
        # The same of one sender, and of one country.
        models.Index("account", "sender_id", *newest, name=f"{prefix}_newest_of_sender"),
        models.Index("account", "country", *newest, name=f"{prefix}_newest_of_country"),
        # Part of a number, in every list and figure; three digits or more.
        GinIndex(
            fields=["account", "recipient"],
            opclasses=["int8_ops", "gin_trgm_ops"],
            name=f"{prefix}_by_part_of_number",
        ),
    ]
