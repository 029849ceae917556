"""How many requests an account has left in this minute, counted once for all workers."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from smsreports.accounts.models import Account

SECONDS = 60


@dataclass(frozen=True)
class Allowance:
    """`remaining` requests of `limit` are left until the Unix second `resets_at`, `wait` seconds away."""

    limit: int
    remaining: int
    resets_at: int
    wait: int
    exceeded: bool


def spend(account: Account, dialect: str) -> Allowance:
    """Counts one request of `account` at `dialect` and says what is left of its minute."""
    with connection.cursor() as cursor:
        cursor.execute(*_count_sql(account, dialect))
        spent, now = cursor.fetchone()
    wait = SECONDS - int(now) % SECONDS
    limit = account.rate_limit or settings.RATE_LIMIT
    return Allowance(limit, max(limit - spent, 0), int(now) + wait, wait, spent > limit)


def untouched() -> Allowance:
    """The allowance of a caller who is not counted, since nobody knows who they are."""
    return Allowance(settings.RATE_LIMIT, settings.RATE_LIMIT, 0, SECONDS, exceeded=False)


def _count_sql(account: Account, dialect: str) -> tuple[str, list[Any]]:
    """One statement, so that two workers never read the same count; the ORM has no upsert that adds."""
    return (
        """
        INSERT INTO accounts_requestcount AS c (account_id, dialect, minute, spent)
        VALUES (%s, %s, date_trunc('minute', now()), 1)
        ON CONFLICT (account_id, dialect) DO UPDATE SET
            minute = EXCLUDED.minute,
            spent = CASE WHEN c.minute = EXCLUDED.minute THEN c.spent + 1 ELSE 1 END
        RETURNING spent, extract(epoch FROM now())
        """,
        [account.pk, dialect],
    )
