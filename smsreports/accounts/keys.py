"""Create API keys and authenticate callers by them."""

import hmac
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import connection
from django.db.models import Q

from smsreports.accounts import nonces, signing
from smsreports.accounts.models import Account, ApiKey
from smsreports.accounts.signing import SignedRequest
from smsreports.database.compiled import CompiledQuery, Param

# The prefix of 23 Telecom's live keys, which clients and secret scanners know.
KEY_PREFIX = "sk_prod_"
# 32 random bytes cannot be guessed, so a fast hash is safe.
KEY_BYTES = 32
PREFIX_LENGTH = len(KEY_PREFIX) + 6
# Longer keys are unknown without hashing: no valid key is this long.
MAX_KEY_LENGTH = 128
# `last_used_at` shows whether a key is still in use, for which a minute is exact enough.
LAST_USED_RESOLUTION = timedelta(minutes=1)
KEY_FIELDS = [field.attname for field in ApiKey._meta.concrete_fields]
ACCOUNT_FIELDS = [field.attname for field in Account._meta.concrete_fields]


class AuthFailure(StrEnum):
    """Reason why authentication failed."""

    NO_KEY = "no API key was given"
    UNKNOWN_KEY = "the API key is unknown"
    INACTIVE_KEY = "the API key has been revoked"
    EXPIRED_KEY = "the API key has expired"
    INACTIVE_ACCOUNT = "the account is not active"
    FOREIGN_ADDRESS = "the API key may not be used from this IP address"
    NO_SIGNATURE = "the API key requires signed requests: send X-Timestamp and X-Signature"
    UNTIMELY_SIGNATURE = "X-Timestamp must be the Unix time of the request, at most 5 minutes off"
    WRONG_SIGNATURE = "X-Signature does not match the key, method, path, timestamp and body"
    USED_SIGNATURE = "the signature was used before; sign every request anew"


class AuthenticationError(Exception):
    """The caller is not authenticated, for this `reason`."""

    def __init__(self, reason: AuthFailure) -> None:
        super().__init__(reason)
        self.reason = reason


def hash_key(key: str, secret: str) -> str:
    """Return the keyed hash under which a key is stored: 64 hex digits."""
    return hmac.new(b"smsreports.api-key:" + secret.encode(), key.encode(), sha256).hexdigest()


def create_key(
    account: Account,
    scopes: Sequence[str],
    *,
    name: str = "",
    allowed_networks: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> str:
    """Create a key of `account` and return it. It cannot be shown again."""
    return save_new_key(
        ApiKey(
            account=account,
            name=name,
            scopes=list(scopes),
            allowed_networks=list(allowed_networks),
            expires_at=expires_at,
        )
    )


def save_new_key(api_key: ApiKey) -> str:
    """Generate a key for the new row `api_key`, save the row and return the key. It cannot be shown again."""
    key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    api_key.prefix, api_key.digest = key[:PREFIX_LENGTH], hash_key(key, settings.SECRET_KEY)
    api_key.save(force_insert=True)
    return key


def credentials_to_show(api_key: ApiKey, key: str) -> list[str]:
    """Return the new `key` and, if it requires signed requests, its signing secret."""
    if not api_key.requires_signature:
        return [key]
    return [key, signing.derive_signing_secret(api_key.digest, settings.SECRET_KEY)]


def authenticate_key(
    key: str | None, address: str, build_signed_request: Callable[[ApiKey], SignedRequest] | None = None
) -> ApiKey:
    """Return the ApiKey, with its account, of the secret `key` used from the IP `address`.

    `build_signed_request` is called only if the key requires signed requests. Raises AuthenticationError. The lookup is
    by hash, so its duration reveals nothing about stored keys.
    """
    if not key:
        raise AuthenticationError(AuthFailure.NO_KEY)
    api_key = _find_key(key)
    if api_key is None:
        raise AuthenticationError(AuthFailure.UNKNOWN_KEY)
    if failure := _check_key(api_key, address):
        raise AuthenticationError(failure)
    if api_key.requires_signature and (failure := _check_signature(key, api_key, build_signed_request)):
        raise AuthenticationError(failure)
    touch_last_used(api_key)
    return api_key


def find_unsigned_failure(key: str, address: str) -> AuthFailure | None:
    """Return the reason why an unsigned request with `key` from `address` would be refused; None if it would not.

    `last_used_at` is not updated.
    """
    api_key = _find_key(key)
    if api_key is None:
        return AuthFailure.UNKNOWN_KEY
    return _check_key(api_key, address) or (AuthFailure.NO_SIGNATURE if api_key.requires_signature else None)


def _find_key(key: str) -> ApiKey | None:
    if len(key) > MAX_KEY_LENGTH:
        return None
    digests = [hash_key(key, secret) for secret in _iterate_server_secrets()]
    query = _compile_lookup(len(digests))
    for row in query.bind({f"digest{number}": digest for number, digest in enumerate(digests)}).fetch_all():
        api_key = ApiKey.from_db(connection.alias, KEY_FIELDS, row[: len(KEY_FIELDS)])
        api_key.account = Account.from_db(connection.alias, ACCOUNT_FIELDS, row[len(KEY_FIELDS) :])
        return api_key
    return None


@cache
def _compile_lookup(digest_count: int) -> CompiledQuery:
    """Compile the query for the key, with its account, by any of `digest_count` digests. Every request runs it."""
    keys = ApiKey.objects.filter(digest__in=[Param(f"digest{number}") for number in range(digest_count)]).order_by()
    return CompiledQuery.from_queryset(keys.values_list(*KEY_FIELDS, *(f"account__{name}" for name in ACCOUNT_FIELDS)))


def _check_key(key: ApiKey, address: str) -> AuthFailure | None:
    if not key.is_active:
        return AuthFailure.INACTIVE_KEY
    if key.has_expired():
        return AuthFailure.EXPIRED_KEY
    if not key.account.is_active:
        return AuthFailure.INACTIVE_ACCOUNT
    if key.allowed_networks and not _is_in_networks(address, key.allowed_networks):
        return AuthFailure.FOREIGN_ADDRESS
    return None


def _check_signature(
    key: str, api_key: ApiKey, build_signed_request: Callable[[ApiKey], SignedRequest] | None
) -> AuthFailure | None:
    """Return the failure of the request's signature, or record a valid signature as used and return None.

    An invalid signature writes nothing. The body is read first, so that the client gets the error response: a
    connection that is closed while the client still sends is reset.
    """
    request = build_signed_request(api_key) if build_signed_request else None
    if request is None or not (request.timestamp and request.signature):
        return AuthFailure.NO_SIGNATURE
    now = time.time()
    if not request.is_within_tolerance(now):
        return AuthFailure.UNTIMELY_SIGNATURE
    # A key that was created under a former SECRET_KEY keeps the signing secret that was shown then.
    server_secret = next(secret for secret in _iterate_server_secrets() if hash_key(key, secret) == api_key.digest)
    if not request.has_valid_signature(signing.derive_signing_secret(api_key.digest, server_secret)):
        return AuthFailure.WRONG_SIGNATURE
    return None if nonces.consume_once(request, now) else AuthFailure.USED_SIGNATURE


def _is_in_networks(address: str, networks: Sequence[str]) -> bool:
    try:
        client = ip_address(address)
    except ValueError:  # no address, such as over a Unix socket
        return False
    # A server that listens on IPv6 sees its IPv4 clients as ::ffff:a.b.c.d.
    client = getattr(client, "ipv4_mapped", None) or client
    return any(client in ip_network(network, strict=False) for network in networks)


def touch_last_used(key: ApiKey) -> None:
    """Set `last_used_at` to now if it is older than LAST_USED_RESOLUTION.

    Of several concurrent uses the first one writes; the condition is false for the others.
    """
    now = datetime.now(UTC)
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_RESOLUTION:
        due = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_RESOLUTION)
        ApiKey.objects.filter(due, pk=key.pk).update(last_used_at=now)


def _iterate_server_secrets() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS
