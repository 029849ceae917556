"""Replacing a key by another while both are good, so that nobody who calls with it is ever refused."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from smsreports.accounts.keys import save_new_key
from smsreports.accounts.models import ApiKey

# For as long as a day's shift needs to put the new key everywhere.
DEFAULT_OVERLAP = timedelta(hours=24)


class RotationError(Exception):
    """The key cannot be replaced; the text says why."""


@transaction.atomic
def rotate_key(key: ApiKey, overlap: timedelta) -> tuple[ApiKey, str]:
    """Makes the successor of `key`, which may do the same for as long, and returns it with its secret: the only time
    that this is seen. The old one expires after `overlap`, or when it would have anyway. Raises NotRotated."""
    old = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if fault := _find_obstacle(old):
        raise RotationError(f"{old.prefix}… {fault}")
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
