"""Rotation of API keys. The old key keeps working for a while, so that no client is refused."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from smsreports.accounts.keys import save_new_key
from smsreports.accounts.models import ApiKey

# Enough time to deploy the new key everywhere.
DEFAULT_OVERLAP = timedelta(hours=24)


class RotationError(Exception):
    """The key cannot be rotated; the message gives the reason."""


@transaction.atomic
def rotate_key(key: ApiKey, overlap: timedelta) -> tuple[ApiKey, str]:
    """Create a successor of `key` with the same permissions and expiry, and return it with its secret.

    The secret cannot be shown again. The old key expires after `overlap`, or earlier if it would have anyway. Raises
    RotationError if the key is revoked, expired or already rotated.
    """
    old = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if obstacle := _find_obstacle(old):
        raise RotationError(f"{old.prefix}… {obstacle}")
    successor = ApiKey(
        account_id=old.account_id,
        name=old.name,
        scopes=old.scopes,
        allowed_networks=old.allowed_networks,
        requires_signature=old.requires_signature,
        expires_at=old.expires_at,
        replaces=old,
    )
    secret = save_new_key(successor)
    end = datetime.now(UTC) + overlap
    old.expires_at = min(old.expires_at or end, end)
    old.save(update_fields=["expires_at"])
    return successor, secret


def _find_obstacle(key: ApiKey) -> str:
    if not key.is_active:
        return "has been revoked"
    if key.has_expired():
        return "has expired"
    successor = ApiKey.objects.filter(replaces=key).first()
    return f"has already been replaced by {successor.prefix}…" if successor else ""
