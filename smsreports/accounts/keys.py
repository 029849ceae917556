"""Making keys, and telling from a key who is calling."""

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

# What 23 Telecom's live keys begin with; clients and secret scanners know the form.
KEY_PREFIX = "sk_prod_"
# 32 random bytes: no guessing, so the hash may be fast.
KEY_BYTES = 32
PREFIX_LENGTH = len(KEY_PREFIX) + 6
# No key that was ever made is longer; what is longer is not worth hashing.
MAX_KEY_LENGTH = 128
# `last_used_at` answers "is it still in use?", for which a minute is exact enough.
LAST_USED_RESOLUTION = timedelta(minutes=1)
KEY_FIELDS = [field.attname for field in ApiKey._meta.concrete_fields]
ACCOUNT_FIELDS = [field.attname for field in Account._meta.concrete_fields]


class AuthFailure(StrEnum):
    """Why a caller is not let in."""

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
    """The caller's key does not let them in, for this `reason`."""

    def __init__(self, reason: AuthFailure) -> None:
        super().__init__(reason)
        self.reason = reason


def hash_key(key: str, secret: str) -> str:
    """The keyed hash under which a key is stored, 64 hex digits."""
    return hmac.new(b"smsreports.api-key:" + secret.encode(), key.encode(), sha256).hexdigest()


def create_key(
    account: Account,
    scopes: Sequence[str],
    *,
    name: str = "",
    allowed_networks: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> str:
    """Makes a key of `account` and returns it: the only time that it is seen."""
    return save_new_key(
        ApiKey(
            account=account,
            name=name,
            scopes=list(scopes),
            allowed_networks=list(allowed_networks),
            expires_at=expires_at,
        )
    )


def save_new_key(row: ApiKey) -> str:
    """Saves the new `row` with a secret of its own and returns that: the only time that it is seen."""
    key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    row.prefix, row.digest = key[:PREFIX_LENGTH], hash_key(key, settings.SECRET_KEY)
    row.save(force_insert=True)
    return key


def credentials_to_show(row: ApiKey, key: str) -> list[str]:
    """What whoever made the new `row` is shown: the `key`, and the secret with which its requests are signed, if they
    must be."""
    return [key, signing.derive_signing_secret(row.digest, settings.SECRET_KEY)] if row.requires_signature else [key]


def authenticate_key(
    key: str | None, address: str, build_signed_request: Callable[[ApiKey], SignedRequest] | None = None
) -> ApiKey:
    """The ApiKey (with its account) behind the secret `key`, used from the IP `address`.

    `signed` tells how the request was signed, and is asked only if the key demands it. Raises AccessRefused. The lookup
    is by hash, so its time tells nothing about stored keys.
    """
    if not key:
        raise AuthenticationError(AuthFailure.NO_KEY)
    found = _find_key(key)
    if found is None:
        raise AuthenticationError(AuthFailure.UNKNOWN_KEY)
    if fault := _find_key_failure(found, address):
        raise AuthenticationError(fault)
    if found.requires_signature and (fault := _find_signature_failure(key, found, build_signed_request)):
        raise AuthenticationError(fault)
    touch_last_used(found)
    return found


def refusal_of(key: str, address: str) -> AuthFailure | None:
    """Return why an unsigned request with `key` from `address` would be refused; None if it would not. No use of the
    key is noted."""
    found = _find_key(key)
    if found is None:
        return AuthFailure.UNKNOWN_KEY
    return _find_key_failure(found, address) or (AuthFailure.NO_SIGNATURE if found.requires_signature else None)


def _find_key(key: str) -> ApiKey | None:
    if len(key) > MAX_KEY_LENGTH:
        return None
    hashes = [hash_key(key, secret) for secret in _server_secrets()]
    for row in (
        _compile_lookup(len(hashes)).bind({f"hash{number}": one for number, one in enumerate(hashes)}).fetch_all()
    ):
        found = ApiKey.from_db(connection.alias, KEY_FIELDS, row[: len(KEY_FIELDS)])
        found.account = Account.from_db(connection.alias, ACCOUNT_FIELDS, row[len(KEY_FIELDS) :])
        return found
    return None


@cache
def _compile_lookup(hashes: int) -> CompiledQuery:
    """The key and its account by any of so many hashes. Every request asks this."""
    found = ApiKey.objects.filter(digest__in=[Param(f"hash{number}") for number in range(hashes)]).order_by()
    return CompiledQuery.from_queryset(found.values_list(*KEY_FIELDS, *(f"account__{name}" for name in ACCOUNT_FIELDS)))


def _find_key_failure(key: ApiKey, address: str) -> AuthFailure | None:
    if not key.is_active:
        return AuthFailure.INACTIVE_KEY
    if key.has_expired():
        return AuthFailure.EXPIRED_KEY
    if not key.account.is_active:
        return AuthFailure.INACTIVE_ACCOUNT
    if key.allowed_networks and not _is_within(address, key.allowed_networks):
        return AuthFailure.FOREIGN_ADDRESS
    return None


def _find_signature_failure(
    key: str, found: ApiKey, build_signed_request: Callable[[ApiKey], SignedRequest] | None
) -> AuthFailure | None:
    """What is wrong writes nothing; what is right is used up. The body comes in before any verdict: whoever is refused
    while still sending sees the connection break, and not why."""
    request = build_signed_request(found) if build_signed_request else None
    if request is None or not (request.timestamp and request.signature):
        return AuthFailure.NO_SIGNATURE
    now = time.time()
    if not request.is_within_tolerance(now):
        return AuthFailure.UNTIMELY_SIGNATURE
    # A key that was made under a former SECRET_KEY signs with the secret that was shown then.
    server_secret = next(secret for secret in _server_secrets() if hash_key(key, secret) == found.digest)
    if not request.has_valid_signature(signing.derive_signing_secret(found.digest, server_secret)):
        return AuthFailure.WRONG_SIGNATURE
    return None if nonces.consume_once(request, now) else AuthFailure.USED_SIGNATURE


def _is_within(address: str, networks: Sequence[str]) -> bool:
    try:
        caller_address = ip_address(address)
    except ValueError:  # no address, as over a Unix socket: not one that was allowed
        return False
    # A server that listens on IPv6 sees its IPv4 callers as ::ffff:a.b.c.d.
    caller_address = getattr(caller_address, "ipv4_mapped", None) or caller_address
    return any(caller_address in ip_network(network, strict=False) for network in networks)


def touch_last_used(key: ApiKey) -> None:
    """Of many uses at once, the first to come is noted: the others find it done, and write nothing."""
    now = datetime.now(UTC)
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_RESOLUTION:
        due = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_RESOLUTION)
        ApiKey.objects.filter(due, pk=key.pk).update(last_used_at=now)


def _server_secrets() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS
