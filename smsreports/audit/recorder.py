"""Entries of exports: who takes what, in whose place, and how it ended."""

import logging
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import Error, connection
from rest_framework.exceptions import Throttled

from smsreports.accounts.masking import mask_number
from smsreports.accounts.models import Account, ApiKey
from smsreports.audit.models import Export, ExportEnd
from smsreports.concurrency.slots import export_slots
from smsreports.database.compiled import CompiledQuery
from smsreports.exceptions import RETRY_AFTER_SECONDS
from smsreports.export.observer import ExportStats

logger = logging.getLogger(__name__)
# Of the advisory locks with two numbers, those of accounts' places: this one and the next ones, and the account.
# Nobody else's begin here.
FIRST_LOCK = 0x45580000
# So many digits may be somebody's number.
MIN_NUMBER_DIGITS = 7


@dataclass(frozen=True)
class ExportRecorder:
    """The ledger of one export: of `account`, taken by a key or by one of the staff.

    `filter` is what the caller asked, by the wire's names. A place is one of this process's, and one of the
    account's, of all processes; that one is a lock, which ends with the export's transaction, however that ends.
    """

    account: Account
    by: ApiKey | Any
    address: str
    filter: Mapping[str, str]
    format: str
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    def acquire_slot(self) -> AbstractContextManager[None]:
        return export_slots.acquire_slot(self.account.pk)

    def authorize_export(self, cursor: Any) -> None:
        locks = _slots_sql(settings.EXPORTS_AT_ONCE, self.account, self._build_export())
        cursor.execute(locks.sql, locks.params)
        if not cursor.fetchone()[0]:
            most = settings.EXPORTS_AT_ONCE
            raise Throttled(
                RETRY_AFTER_SECONDS, f"An account can run {most} exports at once. Try again when one has ended."
            )

    def on_start(self, total: int, limit: int) -> None:
        begun = self._build_export()
        begun.total, begun.limit = total, limit
        begun.save(force_insert=True)

    def on_finish(self, cursor: Any, stats: ExportStats) -> None:
        end = _result_sql(self.id, stats)
        cursor.execute(end.sql, end.params)

    def on_failure(self, stats: ExportStats) -> None:
        """The connection may be as broken as the export was; a new one may not be to be had."""
        for _ in range(2):
            try:
                ExportEnd.objects.create(
                    export_id=self.id, rows=stats.rows, bytes=stats.bytes, sha256=stats.sha256, is_whole=False
                )
                return
            except Error as fault:
                logger.warning("no end of export %s was kept: %s", self.id, type(fault).__name__)
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
    """The filters without whole numbers: of a number only that there was one, of a sender that may be one its ends.
    The others have words and days for values."""
    hidden = {"phone": lambda value: "…", "sender": _redact_sender}
    return {name: hidden.get(name, str)(value) for name, value in filters.items()}


def _redact_sender(sender: str) -> str:
    return mask_number(sender) if sum(map(str.isdigit, sender)) >= MIN_NUMBER_DIGITS else sender


def _slots_sql(most: int, account: Account, export: Export) -> CompiledQuery:
    """The first free one of the account's `most` places, if any, and the export's own lock. The ORM knows no locks.

    A CASE looks at its conditions in order and stops at the first that holds.
    """
    # The lock has 31 bits for the account.
    tries = [number for slot in range(most) for number in (FIRST_LOCK + slot, account.pk % 2**31)]
    free = " ".join(["WHEN pg_try_advisory_xact_lock(%s, %s) THEN true"] * most)
    return CompiledQuery(
        f"SELECT CASE {free} ELSE false END, pg_try_advisory_xact_lock(%s::bigint)", [*tries, export.lock]
    )


def _result_sql(export: uuid.UUID, tally: ExportStats) -> CompiledQuery:
    """The entry of a whole file, for the export's own connection, which the ORM does not know."""
    return CompiledQuery(
        "INSERT INTO audit_exportend (export_id, rows, bytes, sha256, is_whole) VALUES (%s, %s, %s, %s, true)",
        [export, tally.rows, tally.bytes, tally.sha256],
    )
