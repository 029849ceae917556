"""Models of broadcasts and their sends, and of sends that wait for their broadcast."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from broadcasts_app.querysets import BroadcastQuerySet, BroadcastSendQuerySet
from smsreports.accounts.managers import AccountScopedManager
from smsreports.accounts.models import Account
from smsreports.sms import abstract

# Indexes of a broadcast's sends, with their conditions.
NEWEST_OF_BROADCAST = {
    "send_newest_of_broadcast": None,
    "send_clicked_of_broadcast": Q(clicked_at__isnull=False),
    "send_acted_of_broadcast": Q(action_at__isnull=False),
}


class Broadcast(models.Model):
    """Campaign: one text to many recipients."""

    # No index of its own, because the indexes below begin with it.
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    # The account's own id of the broadcast, unique per account.
    key = models.CharField(max_length=128)
    name = models.CharField(max_length=200)
    text = models.TextField()
    segments = models.PositiveSmallIntegerField()
    sender_id = models.CharField(max_length=32)
    contact_group_id = models.CharField(max_length=64, null=True)
    created_at = models.DateTimeField()

    unscoped = models.Manager["Broadcast"]()
    objects: ClassVar[AccountScopedManager[BroadcastQuerySet]] = AccountScopedManager.for_queryset(BroadcastQuerySet)

    class Meta:
        ordering = ("-created_at", "-id")
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint("account", "key", name="broadcast_known_once"),
            models.CheckConstraint(condition=Q(segments__gte=1), name="broadcast_has_segments"),
        ]
        indexes = [
            # The Laravel dialect's list of an account's broadcasts, newest first.
            models.Index("account", F("created_at").desc(), F("id").desc(), name="broadcast_newest"),
        ]

    def __str__(self) -> str:
        return self.name


class BroadcastSend(abstract.Sms):
    """One SMS of a broadcast. Its status changes like that of a message, and the recipient may act on it::

        pending ──> sent ──> ENROUTE / ACCEPTD ──> a final status
                                                      └──> clicked ──> action (registration, …)

    Clicks and actions may come before the delivery receipt, because a phone can be faster than its network.
    """

    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="+", db_index=False)
    # The carrier's id: the natural key of the send, unique per account.
    message_id = models.CharField(max_length=128)
    # Time of the send, by which lists, windows and days are defined.
    sent_at = models.DateTimeField()
    # Times of the first click and the first action, and the number of each.
    clicked_at = models.DateTimeField(null=True)
    click_count = models.PositiveIntegerField(default=0, db_default=0)
    action_type = models.CharField(max_length=64, null=True)
    action_at = models.DateTimeField(null=True)
    action_count = models.PositiveIntegerField(default=0, db_default=0)

    unscoped = models.Manager["BroadcastSend"]()
    objects: ClassVar[AccountScopedManager[BroadcastSendQuerySet]] = AccountScopedManager.for_queryset(
        BroadcastSendQuerySet
    )

    class Meta:
        ordering = ("-sent_at", "-id")
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint("account", "message_id", name="send_known_once"),
            *abstract.build_constraints("send"),
            models.CheckConstraint(
                condition=Q(action_type__isnull=True, action_at__isnull=True)
                | Q(action_type__isnull=False, action_at__isnull=False),
                name="send_action_has_time",
            ),
        ]
        indexes = [
            *abstract.build_indexes("send", "sent_at"),
            # The receivers of a broadcast in the Laravel dialect, and its sends in the admin.
            models.Index("broadcast", "id", name="send_of_broadcast"),
            # The report pages' list of a broadcast's SMS, newest first: all, those clicked, those that led to an
            # action. The account comes first, as in every list, so that a total is read from the index alone.
            *(
                models.Index(
                    "account", "broadcast", F("sent_at").desc(), F("id").desc(), condition=condition, name=name
                )
                for name, condition in NEWEST_OF_BROADCAST.items()
            ),
        ]

    def __str__(self) -> str:
        return self.message_id


class WaitingSend(models.Model):
    """A send whose broadcast is not known yet. It is loaded together with the broadcast."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    broadcast_key = models.CharField(max_length=128)
    message_id = models.CharField(max_length=128)
    # The parsed staging row and its hash. The same send may come again with more values.
    staged = models.JSONField()
    digest = models.CharField(max_length=32)

    unscoped = models.Manager["WaitingSend"]()
    objects: ClassVar[AccountScopedManager[models.QuerySet["WaitingSend"]]] = AccountScopedManager.for_queryset(
        models.QuerySet["WaitingSend"]
    )

    class Meta:
        default_manager_name = "unscoped"
        constraints = [
            # Also finds the waiting sends of a broadcast that arrives.
            models.UniqueConstraint("account", "broadcast_key", "message_id", "digest", name="waiting_send_once"),
        ]

    def __str__(self) -> str:
        return self.message_id
