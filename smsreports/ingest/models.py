"""What was reported about an SMS after it was sent, and sends that wait for their broadcast."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from smsreports.accounts.managers import AccountScopedManager
from smsreports.accounts.models import Account
from smsreports.ingest.querysets import EventQuerySet
from smsreports.sms import statuses


class Event(models.Model):
    """A receipt, a click or an action. Each is kept once, and waits until its SMS is known.

    It names its SMS by `reference`: a client_message_id, or a carrier's message_id, which may be a
    message's or a send's. What does not belong to its kind is empty, so that one constraint can
    tell a repetition; that is counted. What became of a receipt, `EventQuerySet.with_verdict` tells.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt"
        CLICK = "click"
        ACTION = "action"

    class ReferenceKind(models.TextChoices):
        CLIENT = "client_message_id"
        CARRIER = "message_id"

    # The loader has looked its account up for the whole batch; a check for each receipt would cost a tenth of it.
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    reference_kind = models.CharField(max_length=17, choices=ReferenceKind.choices)
    reference = models.CharField(max_length=128)
    status = models.CharField(max_length=8, blank=True)
    status_code = models.CharField(max_length=16, blank=True)
    action_type = models.CharField(max_length=64, blank=True)
    # When it happened, by the reporter's clock.
    at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    # How often it came, and when for the last time if that was not once; 0 of what a send's record alone tells.
    times_received = models.PositiveIntegerField(default=1, db_default=1)
    repeated_at = models.DateTimeField(null=True)
    # True until the SMS it names is known.
    waits = models.BooleanField(default=True)

    everyones = models.Manager["Event"]()
    objects = AccountScopedManager(EventQuerySet)

    class Meta:
        default_manager_name = "everyones"
        constraints = [
            # Also finds what an SMS was told, by its id.
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
            # A message that comes in looks for what was reported of it before.
            models.Index("account", "reference_kind", "reference", condition=Q(waits=True), name="event_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.reference}"


class WaitingSend(models.Model):
    """A send whose broadcast is not known yet; it is loaded with the broadcast, whenever that comes."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    broadcast_key = models.CharField(max_length=128)
    message_id = models.CharField(max_length=128)
    # The row of the staging table, as it was read, and a hash of it: the same send may come again with more.
    staged = models.JSONField()
    digest = models.CharField(max_length=32)

    everyones = models.Manager["WaitingSend"]()
    objects = AccountScopedManager()

    class Meta:
        default_manager_name = "everyones"
        constraints = [
            # Also finds the sends of a broadcast that comes in.
            models.UniqueConstraint("account", "broadcast_key", "message_id", "digest", name="waiting_send_once"),
        ]

    def __str__(self) -> str:
        return self.message_id


class DemoLoad(models.Model):
    """Demo traffic from `since` to `until`, or of 90 days where `since` is null. It is put on record before the first
    row is loaded, so that a load that was broken off can be completed with the same records."""

    # Loads that follow each other share these three; the counts are those of 90 days.
    seed = models.CharField(max_length=64)
    messages = models.PositiveBigIntegerField()
    sends = models.PositiveBigIntegerField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    is_complete = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"demo traffic {self.seed} until {self.until:%Y-%m-%d %H:%M}"
