"""Events reported about an SMS after it was sent, and demo loads."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from smsreports.accounts.managers import AccountScopedManager
from smsreports.accounts.models import Account
from smsreports.ingest.querysets import EventQuerySet
from smsreports.sms import statuses


class Event(models.Model):
    """A receipt, a click or an action. Each is stored once, and waits until its SMS is known.

    `reference` is the client_message_id of a message, or the carrier's message_id of a message or a send.
    Columns that do not belong to the kind are empty, so that one unique constraint finds repetitions, which
    `times_received` counts. `EventQuerySet.with_verdict` tells what each receipt did to the status.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt"
        CLICK = "click"
        ACTION = "action"

    class ReferenceKind(models.TextChoices):
        CLIENT = "client_message_id"
        CARRIER = "message_id"

    # No foreign key check: the loader looks the account up once per batch, and a check per receipt would add 10 %.
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    reference_kind = models.CharField(max_length=17, choices=ReferenceKind.choices)
    reference = models.CharField(max_length=128)
    status = models.CharField(max_length=8, blank=True)
    status_code = models.CharField(max_length=16, blank=True)
    action_type = models.CharField(max_length=64, blank=True)
    # Time of the event, by the reporter's clock.
    at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    # 0 for an event known only from a send's record.
    times_received = models.PositiveIntegerField(default=1, db_default=1)
    # Time of the last repetition, if any.
    repeated_at = models.DateTimeField(null=True)
    # True until the referenced SMS is known.
    waits = models.BooleanField(default=True)

    unscoped = models.Manager["Event"]()
    objects: ClassVar[AccountScopedManager[EventQuerySet]] = AccountScopedManager.for_queryset(EventQuerySet)

    class Meta:
        default_manager_name = "unscoped"
        constraints = [
            # Also finds the events of an SMS by its id.
            models.UniqueConstraint(
                "account", "reference_kind", "reference", "kind", "at", "status", "status_code", "action_type",
                name="event_known_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="receipt", status__in=statuses.NAMES, action_type="")
                | Q(kind="click", status="", status_code="", action_type="")
                | (Q(kind="action", status="", status_code="") & ~Q(action_type="")),
                name="event_says_what_its_kind_says",
            ),
        ]  # fmt: skip
        indexes = [
            # Finds earlier events of an SMS that arrives.
            models.Index("account", "reference_kind", "reference", condition=Q(waits=True), name="event_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.reference}"


class DemoLoad(models.Model):
    """Demo traffic from `since` to `until`, or of the 90 days before `until` when `since` is null.

    It is saved before the first row is loaded, so that an interrupted load can be completed with the same records.
    """

    # Consecutive loads share these three values; the counts are per 90 days.
    seed = models.CharField(max_length=64)
    messages = models.PositiveBigIntegerField()
    sends = models.PositiveBigIntegerField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    is_complete = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"demo traffic {self.seed} until {self.until:%Y-%m-%d %H:%M}"
