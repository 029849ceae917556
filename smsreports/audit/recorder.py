"""Records exports in the audit log, and enforces the limit of concurrent exports per account."""

import logging
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import Error, connection
from django.db.backends.utils import CursorWrapper
from rest_framework.exceptions import Throttled

from smsreports.accounts.masking import mask_number
from smsreports.accounts.models import Account, ApiKey
from smsreports.audit.models import Export, ExportEnd
from smsreports.concurrency.slots import export_slots
from smsreports.database.compiled import CompiledQuery
from smsreports.exceptions import RETRY_AFTER_SECONDS
from smsreports.export.observer import ExportStats

logger = logging.getLogger(__name__)
# Each export slot of an account is an advisory lock with the key pair (FIRST_LOCK + number of the slot, account).
# No other advisory lock uses this range.
FIRST_LOCK = 0x45580000
# A sender with this many digits or more may be a phone number.
MIN_NUMBER_DIGITS = 7


@dataclass(frozen=True)
class ExportRecorder:
    """Observer of one export of `account`, by an API key or a member of staff.

    `filter` holds the client's parameters by their names on the wire. An export needs a slot of this process, and one
    of the account across all processes. The latter is an advisory lock, which is released when the export's
    transaction ends, even by a crash.
    """

    account: Account
    by: ApiKey | User | AnonymousUser
    address: str
    filter: Mapping[str, str]
    format: str
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    def acquire_slot(self) -> AbstractContextManager[None]:
        return export_slots.acquire_slot(self.account.pk)

    def authorize_export(self, cursor: CursorWrapper) -> None:
        max_exports = settings.EXPORTS_AT_ONCE
        query = _build_lock_query(max_exports, self.account, self._build_export())
        cursor.execute(query.sql, query.params)
        if not cursor.fetchone()[0]:
            raise Throttled(
                RETRY_AFTER_SECONDS, f"An account can run {max_exports} exports at once. Try again when one has ended."
            )

    def on_start(self, total: int, limit: int) -> None:
        export = self._build_export()
        export.total, export.limit = total, limit
        export.save(force_insert=True)

    def on_finish(self, cursor: CursorWrapper, stats: ExportStats) -> None:
        """Insert the result of a complete file on the export's own connection, which the ORM does not know."""
        cursor.execute(
            "INSERT INTO audit_exportend (export_id, rows, bytes, sha256, is_whole) VALUES (%s, %s, %s, %s, true)",
            [self.id, stats.rows, stats.bytes, stats.sha256],
        )

    def on_failure(self, stats: ExportStats) -> None:
        """Record the failure, with a second attempt on a new connection if this one is broken too."""
        for _ in range(2):
            try:
                ExportEnd.objects.create(
                    export_id=self.id, rows=stats.rows, bytes=stats.bytes, sha256=stats.sha256, is_whole=False
                )
                return
            except Error as error:
                logger.warning("could not record the end of export %s: %s", self.id, type(error).__name__)
                if not connection.in_atomic_block:
                    connection.close()

    def _build_export(self) -> Export:
        by = {"key": self.by} if isinstance(self.by, ApiKey) else {"user": self.by}
        return Export(
            id=self.id,
            account=self.account,
            address=self.address,
            filter=redact_filters(self.filter),
            format=self.format,
            **by,
        )


def redact_filters(filters: Mapping[str, str]) -> dict[str, str]:
    """Return the filters with phone numbers hidden, and senders masked that may be phone numbers.

    The values of all other filters are words and days.
    """
    redactions = {"phone": lambda value: "…", "sender": _redact_sender}
    return {name: redactions.get(name, str)(value) for name, value in filters.items()}


def _redact_sender(sender: str) -> str:
    return mask_number(sender) if sum(map(str.isdigit, sender)) >= MIN_NUMBER_DIGITS else sender


def _build_lock_query(max_exports: int, account: Account, export: Export) -> CompiledQuery:
    """Build the query that takes the first free slot of the account, if any, and the export's own lock.

    The ORM has no advisory locks. A CASE evaluates its conditions in order and stops at the first that is true.
    """
    # The key pair has 31 bits for the account.
    keys = [key for slot in range(max_exports) for key in (FIRST_LOCK + slot, account.pk % 2**31)]
    conditions = " ".join(["WHEN pg_try_advisory_xact_lock(%s, %s) THEN true"] * max_exports)
    return CompiledQuery(
        f"SELECT CASE {conditions} ELSE false END, pg_try_advisory_xact_lock(%s::bigint)", [*keys, export.lock]
    )
