"""A message: one SMS to one recipient, sent through the API."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from messages_app.querysets import MessageQuerySet
from smsreports import statuses
from smsreports.accounts.binding import OfAccount
from smsreports.accounts.models import Account


class Message(models.Model):
    """One SMS to one recipient. One API call to send is a *request*: it made one message, or several
    with the same text, which share a `request_key`; the first of them heads the request.

    The life of a message; it never goes back, and `smsreports.statuses` decides between two reports::

        pending ──> sent ──> ENROUTE / ACCEPTD ──> DELIVRD
           │          │               └──────────> UNDELIV  REJECTD  DELETED  EXPIRED  UNKNOWN
           │          └──────────────────────────> (a receipt may skip the stations between)
           └─────────────────────────────────────> failed
    """

    # No index of its own: those below begin with it.
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    # The id that the client chose: the key under which the message is known, once per account.
    client_message_id = models.CharField(max_length=128)
    # The API call that made it; its own client_message_id where the call made one message.
    request_key = models.CharField(max_length=128)
    # True for one message of each request, the first by (created_at, client_message_id).
    heads_request = models.BooleanField()
    # The carrier's id, null until the carrier has given one.
    message_id = models.CharField(max_length=128, null=True)
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
    contact_group_id = models.CharField(max_length=64, null=True)
    # The message's own time: lists, windows and days go by it.
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    # When the status came about, by the report that won.
    status_at = models.DateTimeField()

    everyones = models.Manager["Message"]()
    objects = OfAccount(MessageQuerySet)

    class Meta:
        ordering = ("-created_at", "-id")
        # Staff pages and constraint checks see every account; `objects` never does.
        default_manager_name = "everyones"
        constraints = [
            models.UniqueConstraint("account", "client_message_id", name="message_known_once"),
            # Also finds a request by its key: the Laravel dialect's single item.
            models.UniqueConstraint(
                "account", "request_key", condition=Q(heads_request=True), name="message_heads_once"
            ),
            models.CheckConstraint(condition=Q(status__in=statuses.NAMES), name="message_status_known"),
            models.CheckConstraint(condition=Q(segments__gte=1), name="message_has_segments"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="message_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(country__isnull=True) | Q(country__regex=r"^[A-Z]{2}$"),
                name="message_country_iso",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(status__in=statuses.FINAL),
                name="message_delivered_when_final",
            ),
        ]
        indexes = [
            # Every list, the unified view and the exports: an account's rows, newest first.
            models.Index("account", F("created_at").desc(), F("id").desc(), name="message_newest"),
            # The same narrowed to a status group, which may be rare; most rows are delivered, and those the list
            # above finds as fast.
            models.Index(
                "account",
                "status_group",
                F("created_at").desc(),
                F("id").desc(),
                condition=~Q(status_group=statuses.Group.DELIVERED),
                name="message_newest_of_group",
            ),
            # The same of one sender, and of one country.
            models.Index(
                "account", "sender_id", F("created_at").desc(), F("id").desc(), name="message_newest_of_sender"
            ),
            models.Index(
                "account", "country", F("created_at").desc(), F("id").desc(), name="message_newest_of_country"
            ),
            # Part of a number, in every list and figure; three digits or more.
            GinIndex(
                fields=["account", "recipient"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="message_by_part_of_number",
            ),
            # The other receivers of a request, in the Laravel dialect.
            models.Index("account", "request_key", "id", condition=Q(heads_request=False), name="message_of_request"),
            # Receipts that name the carrier's id.
            models.Index("account", "message_id", condition=Q(message_id__isnull=False), name="message_by_carrier_id"),
        ]

    def __str__(self) -> str:
        return self.client_message_id
