"""Model of WhatsApp messages."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from smsreports.accounts.managers import AccountScopedManager
from smsreports.sms import abstract
from tests.toy_source.querysets import WhatsAppMessageQuerySet


class WhatsAppMessage(abstract.Sms):
    """One message to one recipient. It is a list's item, too: no API call makes several."""

    # The id chosen by the client: the natural key of the message, unique per account.
    client_message_id = models.CharField(max_length=128)
    # The provider's id; null until it is known.
    message_id = models.CharField(max_length=128, null=True)
    # The approved template that the text was made from; null for free text.
    template = models.CharField(max_length=64, null=True)
    created_at = models.DateTimeField()

    unscoped: ClassVar[models.Manager["WhatsAppMessage"]] = models.Manager()
    objects: ClassVar[AccountScopedManager[WhatsAppMessageQuerySet]] = AccountScopedManager.for_queryset(
        WhatsAppMessageQuerySet
    )

    class Meta:
        verbose_name = "WhatsApp message"
        ordering = ("-created_at", "-id")
        # Admin pages and constraint checks need every account's rows. `objects` requires an account.
        default_manager_name = "unscoped"
        constraints = [
            models.UniqueConstraint("account", "client_message_id", name="whatsapp_known_once"),
            *abstract.build_constraints("whatsapp"),
        ]
        indexes = [
            *abstract.build_indexes("whatsapp", "created_at"),
            # Match receipts by the provider's id.
            models.Index("account", "message_id", condition=Q(message_id__isnull=False), name="whatsapp_by_carrier_id"),
        ]

    def __str__(self) -> str:
        return self.client_message_id
