"""What is published of 23 Telecom's dialect: its addresses, parameters, answers and errors.

A new address is described here, and named in `paths`; its parameters are those that `params` reads.
"""

from collections.abc import Iterable, Mapping

from smsreports.dialects.described import JSON, Described, Header, Manners, Parameter
from smsreports.dialects.query import GREATEST_NUMBER
from smsreports.dialects.shapes import (
    COUNT,
    DAY,
    FILE,
    FLAG,
    HASH,
    ID,
    MARK,
    MOMENT,
    MONEY,
    TEXT,
    WAIT,
    WITHOUT_NUL,
    Schema,
    keyed,
    listed,
    maybe,
    only,
    ref,
    whole,
    words,
)
from smsreports.dialects.telecom23 import entries, examples, params, rows, stats
from smsreports.dialects.telecom23.errors import CODES, INTERNAL, KEY_CODES
from smsreports.dialects.telecom23.pagination import DEFAULT_LIMIT, MOST_LIMIT
from smsreports.sources import ALL
from smsreports.statuses import NAMES
from smsreports.windows import PERIODS


def error(status: int) -> Schema:
    codes = [*dict.fromkeys(KEY_CODES.values())] if status == 401 else [CODES.get(status, INTERNAL)]
    return keyed({"status": only(False), "error_code": words(codes), "description": TEXT})


MANNERS = Manners(
    title="23 Telecom",
    says="Credentials in `X-API-Key`; pages by `page` and `limit`; errors as `error_code` and `description`.",
    error=error,
    headers={},
    exceeded={"Retry-After": Header("Seconds until the next minute.", WAIT)},
)

# By our names of columns.
COLUMNS: Mapping[str, Schema] = {
    "id": ID,
    "source": words(("api", "campaign")),
    "client_message_id": maybe(TEXT),
    "message_id": maybe(TEXT),
    "recipient": TEXT,
    "sender_id": TEXT,
    "text": TEXT,
    "status": words(NAMES),
    "status_code": TEXT,
    "segments": ID,
    "cost": MONEY,
    "created_at": MOMENT,
    "sent_at": MOMENT,
    "delivered_at": maybe(MOMENT),
    "clicked": FLAG,
    "clicked_at": maybe(MOMENT),
    "action_type": maybe(TEXT),
    "action_at": maybe(MOMENT),
    "broadcast_id": maybe(ID),
    "broadcast_name": maybe(TEXT),
    "timeline": listed(ref("TimelineEntry")),
}


def row(keys: Mapping[str, str], **others: Schema) -> Schema:
    """A row with these keys of theirs; some hold something else than our column."""
    return keyed({theirs: COLUMNS[ours] for theirs, ours in keys.items()} | others)


MESSAGE = row(rows.MESSAGE, client_message_id=TEXT)
UNIFIED = row(rows.UNIFIED, id={"type": "string", "pattern": "^[0-9]+$"})
STATES = words(entries.STATES)
SENT: Mapping[str, Schema] = {
    "id": MARK,
    "state": STATES,
    "rows": maybe(COUNT),
    "bytes": maybe(COUNT),
    "sha256": maybe(HASH),
    "total": COUNT,
    "truncated": FLAG,
    "started_at": MOMENT,
    "ended_at": maybe(MOMENT),
}
ENTRY: Mapping[str, Schema] = {
    "id": TEXT,
    "kind": words(entries.KINDS),
    "at": MOMENT,
    "by": {"type": "object", "maxProperties": 1, "minProperties": 1, "additionalProperties": TEXT},
    "address": TEXT,
    "filter": {"type": ["object", "null"], "additionalProperties": TEXT},
    "format": maybe(TEXT),
    "rows": maybe(COUNT),
    "bytes": maybe(COUNT),
    "sha256": maybe(HASH),
    "state": maybe(STATES),
    "reason": maybe(TEXT),
    "reference": maybe(TEXT),
}
COUNTERS = {name: COUNT if isinstance(zero, int) else MONEY for name, zero in stats.counters({}).items()}
PERIOD = keyed({"from": maybe(DAY), "to": maybe(DAY)})

PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter("status", "`sent` means `pending`, `failed` means `undelivered`.", words(params.STATUS_WORDS)),
        Parameter("phone", "Part of the number.", ref("PartOfNumber")),
        Parameter("country", "ISO code, in any case.", ref("Country")),
        Parameter(
            "sender", "The whole sender ID, exactly.", {"type": "string", "minLength": 1, "pattern": WITHOUT_NUL}
        ),
        Parameter(
            "period",
            "In UTC days. `Nd` is from N days before today to today, both included. Not together with `from` or `to`; "
            f"without any of the three it is `{params.DEFAULT_PERIOD}`.",
            words(PERIODS),
        ),
        Parameter("from", "First day, UTC, included; alone it ends today. Not after `to`.", DAY),
        Parameter("to", "Last day, UTC, included; alone it has no beginning.", DAY),
        Parameter("page", "From 1 on; left out: 1. Past the end is an empty page.", whole(GREATEST_NUMBER)),
        Parameter(
            "limit",
            f"Rows a page; above {MOST_LIMIT} means {MOST_LIMIT}.",
            whole(GREATEST_NUMBER) | {"default": DEFAULT_LIMIT},
        ),
        Parameter("cursor", "From a `Link` header as it stands; not together with `page`.", ref("Cursor")),
        Parameter("source", "Which traffic.", words(params.SOURCE_WORDS) | {"default": ALL}),
        Parameter("format", "Of the file.", words(params.FILE_FORMATS) | {"default": params.FILE_FORMATS[0]}),
        Parameter(
            "dialect",
            "Of CSV. `excel`: with a BOM, and a cell that a spreadsheet would run begins with `'`. `strict`: neither.",
            words(params.CSV_DIALECTS) | {"default": params.CSV_DIALECTS[0]},
        ),
    )
}
API_SOURCE = Parameter("source", "Which traffic.", words(params.SOURCE_WORDS) | {"default": "api"})


def asked(names: Iterable[str]) -> tuple[Parameter, ...]:
    return tuple(PARAMETERS[name] for name in names)


SIZES = {"total": COUNT, "page": ID, "limit": ID | {"maximum": MOST_LIMIT}, "total_pages": COUNT}


def page(shape: Schema) -> Mapping[str, Schema]:
    return {JSON: keyed({"messages": listed(shape, MOST_LIMIT), **SIZES})}


def figures(name: str, shape: Schema) -> Mapping[str, Schema]:
    return {JSON: keyed({"status": only(True), name: shape, "period": PERIOD})}


LINKED = {"Link": Header("`first`, `prev`, `next` and `last` page (RFC 8288); `next` and `prev` by cursors.", TEXT)}
STATS = (*asked(params.FILTERS), API_SOURCE)

MESSAGES = Described(
    "API messages, newest first",
    page(ref("Message")),
    parameters=asked(params.LIST),
    headers=LINKED,
    examples={JSON: examples.MESSAGES},
)
UNIFIED_LIST = Described(
    "API messages and broadcast sends in one list, newest first",
    page(ref("UnifiedRow")),
    parameters=asked(params.UNIFIED),
    headers=LINKED,
    examples={JSON: examples.UNIFIED},
)
EXPORT = Described(
    "The unified list as a file",
    {
        "text/csv": FILE | {"description": f"A header row, then the list's rows: {', '.join(rows.UNIFIED)}."},
        "application/x-ndjson": FILE | {"contentSchema": ref("UnifiedRow"), "description": "One JSON object a line."},
    },
    says="One consistent snapshot, told by its headers before the first byte. It holds every row: `page` and `limit`, "
    "as a list has them, are taken without effect, and a `cursor` is a 400. Packed with `Accept-Encoding: gzip`. Its "
    "receipt proves that it is whole.",
    parameters=asked(name for name in params.EXPORT if name not in params.PAGING),
)
RECEIPT = Described(
    "The receipt of a file: what it must come to",
    {JSON: keyed({"status": only(True), "receipt": keyed(SENT)})},
    says="`bytes` and `sha256` are of the file itself, before any Content-Encoding. While it is `running`, nothing is "
    "known of them.",
    parameters=(Parameter("export_id", "The file's `X-Export-Id`.", MARK, examples.EXPORT_ID),),
)
AUDIT = Described(
    "Who took which file, and who of the staff looked at which SMS, newest first",
    {JSON: keyed({"status": only(True), "entries": listed(ref("AuditEntry"), MOST_LIMIT), **SIZES})},
    parameters=asked(params.AUDIT),
)
TOTAL = Described(
    "The sums of all that the filters leave",
    figures("stats", keyed({**COUNTERS, "currency": TEXT})),
    parameters=STATS,
    examples={JSON: examples.STATS},
)
DAILY = Described(
    "The sums of each day, oldest first; days without traffic too",
    figures("days", listed(keyed({"date": DAY, **COUNTERS}))),
    parameters=STATS,
)
BY_COUNTRY = Described(
    "The sums of each country, most traffic first",
    figures("countries", listed(keyed({"country": maybe(TEXT), **COUNTERS}))),
    parameters=STATS,
)
STATUS = Described(
    "One message by the id its client gave it, with its receipts",
    {JSON: keyed({"status": only(True), "message": row(rows.STATUS)})},
    parameters=(Parameter("client_message_id", "As it was sent.", TEXT, examples.CODE),),
    examples={JSON: examples.STATUS},
)
INGEST = Described(
    "Load records",
    {JSON: keyed({"status": only(True), "accepted": COUNT, "duplicates": COUNT, "rejected": listed(ref("Rejected"))})},
    says="Each line is loaded, or named with its number and the reason. What was answered as accepted is on disk; "
    "loading it again changes nothing. A 413 or a 503 loaded nothing.",
    examples={JSON: {"status": True, "accepted": 1, "duplicates": 0, "rejected": []}},
)
GATEWAY = Described(
    "A gateway's callback: one receipt",
    {"text/plain": TEXT},
    says="What the gateway wants to hear is the answer. The same said twice is one receipt.",
)
# What stands under `components` for all of them.
SHAPES = {
    "Message": MESSAGE,
    "AuditEntry": keyed(ENTRY),
    "UnifiedRow": UNIFIED,
    "Rejected": keyed({"line": ID, "error": TEXT}),
}
