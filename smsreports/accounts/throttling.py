"""How many requests an account has left in this minute, counted once for all workers."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from smsreports.accounts.models import Account

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class RateLimitState:
    """`remaining` requests of `limit` are left until the Unix second `resets_at`, `wait` seconds away."""

    limit: int
    remaining: int
    resets_at: int
    retry_after: int
    exceeded: bool


def consume_request(account: Account, dialect: str) -> RateLimitState:
    """Counts one request of `account` at `dialect` and says what is left of its minute."""
    with connection.cursor() as cursor:
        cursor.execute(*_consume_sql(account, dialect))
        spent, now = cursor.fetchone()
    wait = WINDOW_SECONDS - int(now) % WINDOW_SECONDS
    limit = account.rate_limit or settings.RATE_LIMIT
    return RateLimitState(limit, max(limit - spent, 0), int(now) + wait, wait, spent > limit)


def unlimited_state() -> RateLimitState:
    """The allowance of a caller who is not counted, since nobody knows who they are."""
    return RateLimitState(settings.RATE_LIMIT, settings.RATE_LIMIT, 0, WINDOW_SECONDS, exceeded=False)


def _consume_sql(account: Account, dialect: str) -> tuple[str, list[Any]]:
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
