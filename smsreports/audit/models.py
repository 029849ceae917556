"""Exports and their results. The database refuses to change or delete either."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from smsreports.accounts.managers import AccountScopedManager
from smsreports.accounts.models import Account, ApiKey


class Export(models.Model):
    """Start of an export of an account's rows, by an API key or by a member of staff.

    Its id is the file's `X-Export-Id`. `filter` holds the client's own parameters, with phone numbers redacted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="+", null=True, db_index=False)
    # Users who exported a file are deactivated, not deleted.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, db_index=False)
    address = models.CharField(max_length=45, blank=True)
    filter = models.JSONField(default=dict)
    format = models.CharField(max_length=16)
    # Number of rows that matched, and the maximum number in the file.
    total = models.BigIntegerField()
    limit = models.BigIntegerField()
    begun_at = models.DateTimeField(db_default=Now())

    unscoped = models.Manager["Export"]()
    objects: ClassVar[AccountScopedManager[models.QuerySet["Export"]]] = AccountScopedManager.for_queryset(
        models.QuerySet["Export"]
    )

    class Meta:
        default_manager_name = "unscoped"
        ordering = ("-begun_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(key__isnull=True, user__isnull=False) | Q(key__isnull=False, user__isnull=True),
                name="audit_export_by_one",
            ),
        ]
        indexes = [
            # The audit log of the API, and the admin's list of one account.
            models.Index("account", F("begun_at").desc(), F("id").desc(), name="audit_export_of_account"),
            # The admin's list of every account.
            models.Index(F("begun_at").desc(), F("id").desc(), name="audit_export_newest"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def lock(self) -> int:
        """Key (63 random bits) of the advisory lock that the export's transaction holds while it is running."""
        return self.id.int >> 65

    @property
    def truncated(self) -> bool:
        return self.total > self.limit


class ExportEnd(models.Model):
    """Result of an export: rows and bytes sent, and whether the file is complete."""

    # No constraint, because the row is written in the export's snapshot, which does not see the export's own row.
    export = models.OneToOneField(
        Export, models.PROTECT, primary_key=True, related_name="end", db_constraint=False, editable=False
    )
    rows = models.BigIntegerField()
    # Size of the file itself, before any Content-Encoding.
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    is_whole = models.BooleanField()
    ended_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.export_id)
