"""Rate limit: requests per account, dialect and minute, counted in the database for all workers."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from smsreports.accounts.models import Account

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class RateLimitState:
    """`remaining` requests of `limit` are left until the Unix second `resets_at`, `retry_after` seconds from now."""

    limit: int
    remaining: int
    resets_at: int
    retry_after: int
    is_exceeded: bool


def consume_request(account: Account, dialect: str) -> RateLimitState:
    """Count one request of `account` in `dialect` and return the state of the current minute."""
    with connection.cursor() as cursor:
        cursor.execute(*_consume_sql(account, dialect))
        spent, now = cursor.fetchone()
    retry_after = WINDOW_SECONDS - int(now) % WINDOW_SECONDS
    limit = account.rate_limit or settings.RATE_LIMIT
    return RateLimitState(limit, max(limit - spent, 0), int(now) + retry_after, retry_after, spent > limit)


def unlimited_state() -> RateLimitState:
    """Return the state of an unauthenticated caller, whose requests are not counted."""
    return RateLimitState(settings.RATE_LIMIT, settings.RATE_LIMIT, 0, WINDOW_SECONDS, is_exceeded=False)


def _consume_sql(account: Account, dialect: str) -> tuple[str, list[int | str]]:
    """Return the statement that counts a request, with its parameters.

    It is one statement so that two workers never read the same count. Raw SQL, because the ORM has no upsert that
    increments.
    """
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
