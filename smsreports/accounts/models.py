"""Accounts, API keys, request counts, used signatures and reveals."""

from datetime import UTC, datetime
from ipaddress import ip_network

import phonenumbers
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F
from django.db.models.functions import Now

# Account names appear on command lines, in file names and in records: letters, digits, `.`, `_` and `-`.
# `\Z` and not `$`, which would accept a trailing newline.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
# Bounds of a rate limit in requests per minute, the same as those of SMSREPORTS_RATE_LIMIT.
MIN_RATE_LIMIT, MAX_RATE_LIMIT = 1, 100_000_000


def validate_country(code: str) -> None:
    """Raise ValidationError unless `code` is that of a country which has phone numbers."""
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(f"{code!r} is not the code of a country with phone numbers, such as GB")


def validate_network(text: str) -> None:
    """Raise ValidationError unless `text` is an IP address or a CIDR network. Host bits are allowed."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValidationError(f"{text!r} is not an IP address or a network such as 10.0.0.0/8") from None


class Scope(models.TextChoices):
    """Permission of an API key. A key without a scope may do nothing."""

    READ = "sms.read"
    WRITE = "sms.write"


class Account(models.Model):
    """Customer. Every stored SMS, key, counter and export belongs to one account."""

    name = models.CharField(max_length=64, unique=True, validators=[RegexValidator(NAME_PATTERN)])
    # ISO 4217. All costs of the account are in this currency.
    currency = models.CharField(max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")])
    # ISO 3166-1, or empty.
    default_country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[validate_country],
        help_text="Country code, such as GB, of numbers that are written without a calling code. May be empty.",
    )
    is_active = models.BooleanField(default=True)
    # Requests per minute in each dialect; null means settings.RATE_LIMIT.
    rate_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(MIN_RATE_LIMIT), MaxValueValidator(MAX_RATE_LIMIT)],
        help_text="Requests per minute in each dialect. Leave empty to use the default.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rate_limit__range=(MIN_RATE_LIMIT, MAX_RATE_LIMIT)),
                name="account_rate_limit_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """API key of an account, valid in every dialect.

    The key itself is shown once, when it is created. The row holds its keyed hash for the lookup and its first
    characters, so that people can tell keys apart. A rotated key keeps working until it expires.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, blank=True)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope.choices), default=list)
    # CIDR networks; empty means any address.
    allowed_networks = ArrayField(
        models.CharField(max_length=43, validators=[validate_network]), default=list, blank=True
    )
    # The signing secret is shown once, together with the key.
    requires_signature = models.BooleanField(default=False, db_default=False)
    is_active = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    # The key that this one replaces. A key has at most one successor.
    replaces = models.OneToOneField("self", models.SET_NULL, null=True, editable=False, related_name="successor")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("account", "id")
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.account}"

    def has_expired(self) -> bool:
        """Return True from the moment `expires_at` on."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


class RequestCount(models.Model):
    """Number of requests of an account in one dialect, in the last minute with a request.

    There is one row per account and dialect, overwritten every minute. The table is unlogged, so counting writes
    nothing to the WAL. A crash of the database empties it, and every account then starts a fresh minute.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    dialect = models.CharField(max_length=32)
    minute = models.DateTimeField()
    spent = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("account", "dialect", name="request_count_once"),
        ]


class UsedSignature(models.Model):
    """Signature of an accepted request, stored to reject a replay.

    Rows with a timestamp that no server accepts any more are deleted while new ones are added. The table is logged, so
    a replay is rejected after a crash as well.
    """

    # One index serves both lookups: a given signature and the oldest rows.
    pk = models.CompositePrimaryKey("signed_at", "signature")
    # The X-Timestamp, and the 32 bytes of the X-Signature.
    signed_at = models.DateTimeField()
    signature = models.BinaryField()


class Reveal(models.Model):
    """Record of a staff member who viewed the number and text of one SMS, with the reason given.

    The number and the text are not stored here. A database trigger rejects changes and deletions.
    """

    # A user with reveals can be deactivated, not deleted.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    # The model's label, the primary key and the `str()` of the revealed row.
    model = models.CharField(max_length=64)
    row = models.BigIntegerField()
    reference = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)
    # IP address of the browser; empty if unknown.
    address = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-id",)
        permissions = [("see_numbers", "Can see whole numbers and texts of every SMS")]
        # The audit list of an account, newest first.
        indexes = [models.Index("account", F("at").desc(), F("id").desc(), name="reveal_of_account")]

    def __str__(self) -> str:
        return self.reference
