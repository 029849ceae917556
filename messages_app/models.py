"""Model of messages sent through the API."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from messages_app.querysets import MessageQuerySet
from smsreports.accounts.managers import AccountScopedManager
from smsreports.sms import abstract


class Message(abstract.Sms):
    """One SMS to one recipient, sent through the API.

    One API call to send is a *request*. It creates one message, or several with the same text, which share a
    `request_key`; the first of them has `heads_request` set and represents the request in lists.

    Life of a message. The status never goes back; `smsreports.sms.statuses` decides between two receipts::

        pending ──> sent ──> ENROUTE / ACCEPTD ──> DELIVRD
           │          │               └──────────> UNDELIV  REJECTD  DELETED  EXPIRED  UNKNOWN
           │          └──────────────────────────> (a receipt may skip the stations between)
           └─────────────────────────────────────> failed
    """

    # The id chosen by the client: the natural key of the message, unique per account.
    client_message_id = models.CharField(max_length=128)
    # Key of the request; equal to client_message_id if the request created one message.
    request_key = models.CharField(max_length=128)
    # True for one message of each request, the first by (created_at, client_message_id).
    heads_request = models.BooleanField()
    # The carrier's id; null until it is known.
    message_id = models.CharField(max_length=128, null=True)
    contact_group_id = models.CharField(max_length=64, null=True)
    # Time of the message, by which lists, windows and days are defined.
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    unscoped = models.Manager["Message"]()
    objects: ClassVar[AccountScopedManager[MessageQuerySet]] = AccountScopedManager.for_queryset(MessageQuerySet)

    class Meta:
        ordering = ("-created_at", "-id")
        # Admin pages and constraint checks need every account's rows. `objects` requires an account.
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint("account", "client_message_id", name="message_known_once"),
            # Also finds a request by its key, for the Laravel dialect's single item.
            models.UniqueConstraint(
                "account", "request_key", condition=Q(heads_request=True), name="message_heads_once"
            ),
            *abstract.build_constraints("message"),
        ]
        indexes = [
            *abstract.build_indexes("message", "created_at"),
            # The other receivers of a request, in the Laravel dialect.
            models.Index("account", "request_key", "id", condition=Q(heads_request=False), name="message_of_request"),
            # Match receipts by the carrier's id.
            models.Index("account", "message_id", condition=Q(message_id__isnull=False), name="message_by_carrier_id"),
        ]

    def __str__(self) -> str:
        return self.client_message_id
