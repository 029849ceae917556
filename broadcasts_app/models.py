"""A broadcast, one campaign, and its sends, one SMS to one recipient each."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from broadcasts_app.querysets import BroadcastQuerySet, BroadcastSendQuerySet
from smsreports import statuses
from smsreports.accounts.binding import OfAccount
from smsreports.accounts.models import Account


class Broadcast(models.Model):
    """A campaign: one text to many recipients."""

    # No index of its own: those below begin with it.
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    # The account's own word for it, once per account.
    key = models.CharField(max_length=128)
    name = models.CharField(max_length=200)
    text = models.TextField()
    segments = models.PositiveSmallIntegerField()
    sender_id = models.CharField(max_length=32)
    contact_group_id = models.CharField(max_length=64, null=True)
    created_at = models.DateTimeField()

    everyones = models.Manager["Broadcast"]()
    objects = OfAccount(BroadcastQuerySet)

    class Meta:
        ordering = ("-created_at", "-id")
        default_manager_name = "everyones"
        constraints = [
            models.UniqueConstraint("account", "key", name="broadcast_known_once"),
            models.CheckConstraint(condition=Q(segments__gte=1), name="broadcast_has_segments"),
        ]
        indexes = [
            # The Laravel dialect's list: an account's campaigns, newest first.
            models.Index("account", F("created_at").desc(), F("id").desc(), name="broadcast_newest"),
        ]

    def __str__(self) -> str:
        return self.name


class BroadcastSend(models.Model):
    """One SMS of a broadcast. Its status lives as a message's does; beyond it, the recipient may act::

        pending ──> sent ──> ENROUTE / ACCEPTD ──> a final status
                                                      └──> clicked ──> action (registration, …)

    Clicks and actions do not wait for a receipt: a phone can be quicker than its network.
    """

    # No index of its own: those below begin with it.
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="+", db_index=False)
    # The carrier's id: the key under which the send is known, once per account.
    message_id = models.CharField(max_length=128)
    recipient = models.CharField(max_length=16)
    country = models.CharField(max_length=2, null=True)
    sender_id = models.CharField(max_length=32)
    text = models.TextField()
    status = models.CharField(max_length=8, choices=[(name, name) for name in statuses.NAMES])
    status_group = statuses.group_field()
    status_code = models.CharField(max_length=16, blank=True)
    segments = models.PositiveSmallIntegerField()
    # In the account's currency, exact.
    cost = models.DecimalField(max_digits=12, decimal_places=6)
    # The send's own time: lists, windows and days go by it.
    sent_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    # When the status came about, by the report that won.
    status_at = models.DateTimeField()
    # The earliest click and the earliest action, and how many of each there were.
    clicked_at = models.DateTimeField(null=True)
    click_count = models.PositiveIntegerField(default=0, db_default=0)
    action_type = models.CharField(max_length=64, null=True)
    action_at = models.DateTimeField(null=True)
    action_count = models.PositiveIntegerField(default=0, db_default=0)

    everyones = models.Manager["BroadcastSend"]()
    objects = OfAccount(BroadcastSendQuerySet)

    class Meta:
        ordering = ("-sent_at", "-id")
        default_manager_name = "everyones"
        constraints = [
            models.UniqueConstraint("account", "message_id", name="send_known_once"),
            models.CheckConstraint(condition=Q(status__in=statuses.NAMES), name="send_status_known"),
            models.CheckConstraint(condition=Q(segments__gte=1), name="send_has_segments"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="send_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(country__isnull=True) | Q(country__regex=r"^[A-Z]{2}$"), name="send_country_iso"
            ),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(status__in=statuses.FINAL),
                name="send_delivered_when_final",
            ),
            models.CheckConstraint(
                condition=Q(action_type__isnull=True, action_at__isnull=True)
                | Q(action_type__isnull=False, action_at__isnull=False),
                name="send_action_has_time",
            ),
        ]
        indexes = [
            # The unified view and the exports: an account's rows, newest first.
            models.Index("account", F("sent_at").desc(), F("id").desc(), name="send_newest"),
            # The same narrowed to a status group, which may be rare; most rows are delivered, and those the list
            # above finds as fast.
            models.Index(
                "account",
                "status_group",
                F("sent_at").desc(),
                F("id").desc(),
                condition=~Q(status_group=statuses.Group.DELIVERED),
                name="send_newest_of_group",
            ),
            # The same of one sender, and of one country.
            models.Index("account", "sender_id", F("sent_at").desc(), F("id").desc(), name="send_newest_of_sender"),
            models.Index("account", "country", F("sent_at").desc(), F("id").desc(), name="send_newest_of_country"),
            # Part of a number, in every list and figure; three digits or more.
            GinIndex(
                fields=["account", "recipient"], opclasses=["int8_ops", "gin_trgm_ops"], name="send_by_part_of_number"
            ),
            # The receivers of a broadcast, in the Laravel dialect and in the admin.
            models.Index("broadcast", "id", name="send_of_broadcast"),
        ]

    def __str__(self) -> str:
        return self.message_id
