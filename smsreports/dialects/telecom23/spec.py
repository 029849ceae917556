"""OpenAPI description of 23 Telecom's dialect: endpoints, parameters, responses and errors.

A new endpoint is described here and listed in `endpoints`; its parameters are those that `params` parses.
"""

from collections.abc import Iterable, Mapping

from smsreports.dialects.telecom23 import audit, examples, params, rows, stats
from smsreports.dialects.telecom23.errors import CODES, INTERNAL, KEY_CODES
from smsreports.dialects.telecom23.pagination import DEFAULT_LIMIT, MAX_LIMIT
from smsreports.openapi.schemas import (
    COUNT,
    DATETIME,
    DAY,
    FILE,
    FLAG,
    HASH,
    ID,
    MONEY,
    SECONDS,
    TEXT,
    UUID,
    WITHOUT_NUL,
    Schema,
    array_of,
    const_of,
    enum_of,
    nullable,
    object_of,
    positive_int,
    reference_to,
)
from smsreports.openapi.spec import JSON, DialectSpec, Header, OperationSpec, Parameter
from smsreports.queries.query_string import MAX_BIGINT
from smsreports.sms.statuses import NAMES
from smsreports.sms.windows import PERIODS
from smsreports.sources import ALL_SOURCES, get_source_words


def build_error_schema(status: int) -> Schema:
    codes = [*dict.fromkeys(KEY_CODES.values())] if status == 401 else [CODES.get(status, INTERNAL)]
    return object_of({"status": const_of(False), "error_code": enum_of(codes), "description": TEXT})


DIALECT = DialectSpec(
    title="23 Telecom",
    description="Credentials in `X-API-Key`; pages by `page` and `limit`; errors as `error_code` and `description`.",
    error_schema=build_error_schema,
    headers={},
    throttled_headers={"Retry-After": Header("Seconds after which to try again.", SECONDS)},
)

STATUS_SCHEMAS: Mapping[str, Schema] = {
    **dict.fromkeys(("recipient", "text", "sender_id", "status_code"), TEXT),
    **dict.fromkeys(("client_message_id", "message_id"), nullable(TEXT)),
    "segments": ID,
    "status": enum_of(NAMES),
    "cost": MONEY,
    "created_at": DATETIME,
    "delivered_at": nullable(DATETIME),
    "timeline": array_of(reference_to("TimelineEntry")),
}
MESSAGE = object_of({theirs: STATUS_SCHEMAS[ours] for theirs, ours in rows.STATUS.items()})
STATES = enum_of(audit.STATES)
MANIFEST: Mapping[str, Schema] = {
    "id": UUID,
    "state": STATES,
    "rows": nullable(COUNT),
    "bytes": nullable(COUNT),
    "sha256": nullable(HASH),
    "total": COUNT,
    "truncated": FLAG,
    "started_at": DATETIME,
    "ended_at": nullable(DATETIME),
}
ENTRY: Mapping[str, Schema] = {
    "id": TEXT,
    "kind": enum_of(audit.KINDS),
    "at": DATETIME,
    "by": {"type": "object", "maxProperties": 1, "minProperties": 1, "additionalProperties": TEXT},
    "address": TEXT,
    "filter": {"type": ["object", "null"], "additionalProperties": TEXT},
    "format": nullable(TEXT),
    "rows": nullable(COUNT),
    "bytes": nullable(COUNT),
    "sha256": nullable(HASH),
    "state": nullable(STATES),
    "reason": nullable(TEXT),
    "reference": nullable(TEXT),
}
COUNTERS = {name: COUNT if isinstance(zero, int) else MONEY for name, zero in stats.render_counters({}).items()}
PERIOD = object_of({"from": nullable(DAY), "to": nullable(DAY)})

SOURCE = enum_of(get_source_words())
PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter("status", "`sent` means `pending`, `failed` means `undelivered`.", enum_of(params.STATUS_WORDS)),
        Parameter("phone", "Part of the number.", reference_to("PartOfNumber")),
        Parameter("country", "ISO code, in any case.", reference_to("Country")),
        Parameter(
            "sender", "The whole sender ID, exactly.", {"type": "string", "minLength": 1, "pattern": WITHOUT_NUL}
        ),
        Parameter(
            "period",
            "In UTC days. `Nd` is from N days before today to today, both included. Not together with `from` or `to`; "
            f"without any of the three it is `{params.DEFAULT_PERIOD}`.",
            enum_of(PERIODS),
        ),
        Parameter("from", "First day (UTC), inclusive. Without `to`, the window ends today. Not after `to`.", DAY),
        Parameter("to", "Last day (UTC), inclusive. Without `from`, the window has no start.", DAY),
        Parameter(
            "page", "Page number, starting at 1 (default). Pages past the end are empty.", positive_int(MAX_BIGINT)
        ),
        Parameter(
            "limit",
            f"Rows per page. Values above {MAX_LIMIT} are treated as {MAX_LIMIT}.",
            positive_int(MAX_BIGINT) | {"default": DEFAULT_LIMIT},
        ),
        Parameter("cursor", "Copied unchanged from a `Link` header; not together with `page`.", reference_to("Cursor")),
        Parameter("source", "Source of the SMS.", SOURCE | {"default": ALL_SOURCES}),
        Parameter("format", "Format of the file.", enum_of(params.FILE_FORMATS) | {"default": params.FILE_FORMATS[0]}),
        Parameter(
            "dialect",
            "Dialect of CSV. `excel`: with a BOM, and `'` before cells that a spreadsheet would run as a formula. "
            "`strict`: neither.",
            enum_of(params.CSV_DIALECTS) | {"default": params.CSV_DIALECTS[0]},
        ),
    )
}
API_SOURCE = Parameter("source", "Source of the SMS.", SOURCE | {"default": params.STATS_SOURCE})


def select_parameters(names: Iterable[str]) -> tuple[Parameter, ...]:
    return tuple(PARAMETERS[name] for name in names)


SIZES = {"total": COUNT, "page": ID, "limit": ID | {"maximum": MAX_LIMIT}, "total_pages": COUNT}


def build_page_content(rows_key: str, row_schema: Schema) -> Mapping[str, Schema]:
    return {JSON: object_of({rows_key: array_of(row_schema, MAX_LIMIT), **SIZES})}


def build_stats_content(name: str, schema: Schema) -> Mapping[str, Schema]:
    return {JSON: object_of({"status": const_of(True), name: schema, "period": PERIOD})}


LINK_HEADERS = {
    "Link": Header("`first`, `prev`, `next` and `last` page (RFC 8288); `next` and `prev` by cursors.", TEXT)
}
STATS = (*select_parameters(params.FILTERS), API_SOURCE)

UNIFIED_LIST = OperationSpec(
    "API messages and broadcast sends in one list, newest first",
    build_page_content("messages", reference_to("UnifiedRow")),
    parameters=select_parameters(params.UNIFIED),
    headers=LINK_HEADERS,
    examples={JSON: examples.UNIFIED},
)
EXPORT = OperationSpec(
    "The unified list as a file",
    {
        "text/csv": FILE | {"description": f"A header row, then the list's rows: {', '.join(rows.UNIFIED)}."},
        "application/x-ndjson": FILE
        | {"contentSchema": reference_to("UnifiedRow"), "description": "One JSON object a line."},
    },
    description="The file is one consistent snapshot of every matching row; the headers contain its size. `page` and "
    "`limit` are accepted without effect, and a `cursor` is refused with a 400. The file is compressed if the request "
    "has `Accept-Encoding: gzip`. Its receipt proves that it is complete.",
    parameters=select_parameters(name for name in params.EXPORT if name not in params.PAGING),
)
RECEIPT = OperationSpec(
    "The receipt of an export: the size and hash of its file",
    {JSON: object_of({"status": const_of(True), "receipt": object_of(MANIFEST)})},
    description="`bytes` and `sha256` are those of the file itself, before any Content-Encoding. They are null while "
    "the export is `running`.",
    parameters=(Parameter("export_id", "The file's `X-Export-Id`.", UUID, examples.EXPORT_ID),),
)
AUDIT = OperationSpec(
    "Audit log of exports, and of SMS revealed to staff, newest first",
    {JSON: object_of({"status": const_of(True), "entries": array_of(reference_to("AuditEntry"), MAX_LIMIT), **SIZES})},
    parameters=select_parameters(params.AUDIT),
)
TOTAL = OperationSpec(
    "Totals of all SMS that match the filters",
    build_stats_content("stats", object_of({**COUNTERS, "currency": TEXT})),
    parameters=STATS,
    examples={JSON: examples.STATS},
)
DAILY = OperationSpec(
    "Totals of each day, oldest first, including days without traffic",
    build_stats_content("days", array_of(object_of({"date": DAY, **COUNTERS}))),
    parameters=STATS,
)
BY_COUNTRY = OperationSpec(
    "Totals of each country, most traffic first",
    build_stats_content("countries", array_of(object_of({"country": nullable(TEXT), **COUNTERS}))),
    parameters=STATS,
)
STATUS = OperationSpec(
    "One message by its client's id, with its receipts",
    {JSON: object_of({"status": const_of(True), "message": MESSAGE})},
    parameters=(Parameter("client_message_id", "As it was sent.", TEXT, examples.CODE),),
    examples={JSON: examples.STATUS},
)
INGEST = OperationSpec(
    "Load records",
    {
        JSON: object_of(
            {
                "status": const_of(True),
                "accepted": COUNT,
                "duplicates": COUNT,
                "rejected": array_of(reference_to("Rejected")),
            }
        )
    },
    description="Each line is loaded, or rejected with its number and the reason. Accepted lines are on disk when the "
    "response is sent; loading them again changes nothing. After a 413 or a 503 nothing was loaded.",
    examples={JSON: {"status": True, "accepted": 1, "duplicates": 0, "rejected": []}},
)
GATEWAY = OperationSpec(
    "Callback of a gateway with one receipt",
    {"text/plain": TEXT},
    description="The response is the text that the gateway expects. A repeated callback is stored as one receipt.",
)
# Entries under `components`.
SCHEMAS = {
    "AuditEntry": object_of(ENTRY),
    "Rejected": object_of({"line": ID, "error": TEXT}),
}
