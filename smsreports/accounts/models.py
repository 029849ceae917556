"""An account, its keys, the minute in which its requests are counted, and who of the staff saw what of it."""

from datetime import UTC, datetime
from ipaddress import ip_network

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F
from django.db.models.functions import Now

# Accounts are named on command lines, in file names and in records: letters, digits, `.`, `_` and `-`.
# `$` would let a line end pass behind them.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
# Requests a minute, within which a limit is one: as SMSREPORTS_RATE_LIMIT has it.
MIN_RATE_LIMIT, MAX_RATE_LIMIT = 1, 100_000_000


def validate_network(text: str) -> None:
    """A validator: an address or a network in CIDR, host bits allowed."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValidationError(f"{text!r} is not an IP address or a network such as 10.0.0.0/8") from None


class Scope(models.TextChoices):
    """What a key may do; a key without a scope may do nothing."""

    READ = "sms.read"
    WRITE = "sms.write"


class Account(models.Model):
    """The customer whose traffic it is: every row, key, figure and file belongs to one."""

    name = models.CharField(max_length=64, unique=True, validators=[RegexValidator(NAME_PATTERN)])
    # ISO 4217; every cost of the account is in it.
    currency = models.CharField(max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")])
    is_active = models.BooleanField(default=True)
    # Requests a minute at one dialect; null means the setting, which is everybody's.
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
    """A secret that speaks for an account, in every dialect.

    The secret is shown once, by `smsreports.accounts.keys.create`; here are its keyed hash, by which
    it is found, and its first characters, by which people tell keys apart. A key that is replaced by another lives on
    until it expires.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, blank=True)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope.choices), default=list)
    # CIDR; empty means from anywhere.
    allowed_networks = ArrayField(
        models.CharField(max_length=43, validators=[validate_network]), default=list, blank=True
    )
    # Whether its requests must be signed; the secret for it is shown with the key, and can be shown no later.
    requires_signature = models.BooleanField(default=False, db_default=False)
    is_active = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    # The key that this one took over from. A key has one successor.
    replaces = models.OneToOneField("self", models.SET_NULL, null=True, editable=False, related_name="successor")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("account", "id")
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.account}"

    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


class RequestCount(models.Model):
    """How many requests an account made at one dialect in the minute it last called.

    One row per account and dialect, overwritten from minute to minute, in an unlogged table: losing
    it in a crash gives a caller a fresh minute, and counting costs no write to disk.
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
    """A signed request that came, so that it does not come again.

    Rows that nobody would take any more are deleted as others are added. The table is an ordinary one: also after a
    crash each signature is good once.
    """

    # The one index finds a signature again, and the oldest.
    pk = models.CompositePrimaryKey("signed_at", "signature")
    # The X-Timestamp, and the 32 bytes of the X-Signature.
    signed_at = models.DateTimeField()
    signature = models.BinaryField()


class Reveal(models.Model):
    """Somebody of the staff looked at the number and the text of one SMS, and said why.

    The number and the text are not kept here. The database refuses to change or delete a row.
    """

    # People who looked are switched off, not deleted.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    # The kind of row, as Django names it, its key, and what it called itself.
    model = models.CharField(max_length=64)
    row = models.BigIntegerField()
    reference = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)
    # Where from; empty where it was not known.
    address = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-id",)
        permissions = [("see_numbers", "Can see whole numbers and texts of every SMS")]
        # The account's own list of what was taken out.
        indexes = [models.Index("account", F("at").desc(), F("id").desc(), name="reveal_of_account")]

    def __str__(self) -> str:
        return self.reference
