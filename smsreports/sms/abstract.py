"""Columns, constraints and indexes shared by all kinds of stored SMS."""

from datetime import timedelta

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import BooleanField, Expression, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from smsreports.accounts.models import Account
from smsreports.sms import statuses

# An SMS that arrives later is useless for most purposes: codes, alerts, reminders. Every SMS can be judged at this age,
# so rates of recent and of older days are comparable.
IN_TIME_LIMIT = timedelta(minutes=15)


class Sms(models.Model):
    """One SMS to one recipient. Each source adds its key, its time column and its own columns."""

    # No index of its own: the indexes below begin with it.
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    recipient = models.CharField(max_length=16)
    country = models.CharField(max_length=2, null=True)
    sender_id = models.CharField(max_length=32)
    text = models.TextField()
    status = models.CharField(max_length=8, choices=[(name, name) for name in statuses.NAMES])
    status_group = statuses.build_group_field()
    status_code = models.CharField(max_length=16, blank=True)
    segments = models.PositiveSmallIntegerField()
    # In the account's currency.
    cost = models.DecimalField(max_digits=12, decimal_places=6)
    delivered_at = models.DateTimeField(null=True)
    # Time of the status, from the delivery receipt with the highest precedence.
    status_at = models.DateTimeField()

    class Meta:
        abstract = True


def build_in_time_expression(time: str) -> Expression:
    """Return the condition that an SMS was delivered within IN_TIME_LIMIT of its column `time`; never null.

    `status_at` is used if the delivery receipt gave no time of delivery.
    """
    arrived_at, deadline = Coalesce("delivered_at", "status_at"), F(time) + Value(IN_TIME_LIMIT)
    delivered = Q(status_group=statuses.StatusGroup.DELIVERED) & Q(LessThanOrEqual(arrived_at, deadline))
    return ExpressionWrapper(delivered, output_field=BooleanField())


def build_constraints(prefix: str) -> list[models.BaseConstraint]:
    """Return the constraints of a source, with names that begin with `prefix`."""
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
    """Return the indexes of a source with the time column `time`, with names that begin with `prefix`."""
    newest = (F(time).desc(), F("id").desc())
    return [
        # Every list, the unified list and the exports: the rows of an account, newest first.
        models.Index("account", *newest, name=f"{prefix}_newest"),
        # The same filtered by a status group, which may be rare. Delivered rows are so common that the index above
        # finds them as fast.
        models.Index(
            "account",
            "status_group",
            *newest,
            condition=~Q(status_group=statuses.StatusGroup.DELIVERED),
            name=f"{prefix}_newest_of_group",
        ),
        # The same filtered by a sender, and by a country.
        models.Index("account", "sender_id", *newest, name=f"{prefix}_newest_of_sender"),
        models.Index("account", "country", *newest, name=f"{prefix}_newest_of_country"),
        # Search by part of a number, three digits or more, in lists and statistics.
        GinIndex(
            fields=["account", "recipient"],
            opclasses=["int8_ops", "gin_trgm_ops"],
            name=f"{prefix}_by_part_of_number",
        ),
    ]
