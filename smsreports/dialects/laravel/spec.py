"""OpenAPI description of Ersaal's dialect: endpoints, parameters, responses and errors.

A new endpoint is described here and listed in `endpoints`; its parameters are those that `params` parses.
"""

from smsreports.dialects.laravel import examples, params
from smsreports.dialects.laravel.errors import CODES, INTERNAL
from smsreports.dialects.laravel.pagination import DEFAULT_PER_PAGE, MAX_PER_PAGE
from smsreports.dialects.laravel.rows import RECEIPT_STATUSES
from smsreports.openapi.schemas import (
    ADDRESS,
    COUNT,
    DATETIME,
    DAY,
    FLAG,
    ID,
    MONEY,
    SECONDS,
    TEXT,
    Schema,
    array_of,
    enum_of,
    nullable,
    object_of,
    positive_int,
    reference_to,
)
from smsreports.openapi.spec import JSON, DialectSpec, Header, OperationSpec, Parameter
from smsreports.queries.query_string import MAX_BIGINT
from smsreports.sources import ALL_SOURCES, MAX_RECEIVERS, get_source_words


def build_error_schema(status: int) -> Schema:
    empty = {"type": "object", "maxProperties": 0}
    reasons = {"type": "object", "additionalProperties": array_of(TEXT), "description": "The reasons by parameter."}
    details = reasons if status == 400 else empty
    return object_of({"message": TEXT, "code": enum_of([CODES.get(status, INTERNAL)]), "details": details})


DIALECT = DialectSpec(
    title="Ersaal",
    description="Credentials as a Bearer token; pages by `page` and `per_page`, as in Laravel; "
    "errors as `message`, `code` and `details`. An empty parameter is treated as absent. "
    "Responses are JSON for any `Accept` header.",
    error_schema=build_error_schema,
    headers={
        "X-RateLimit-Limit": Header("Requests per minute of the account.", ID),
        "X-RateLimit-Remaining": Header("Requests that remain in this minute.", COUNT),
    },
    throttled_headers={
        "Retry-After": Header("Seconds after which to try again.", SECONDS),
        "X-RateLimit-Reset": Header("Unix time at which the next minute begins.", COUNT),
    },
)

RECEIPT = object_of(
    {
        "number": {"type": "string", "pattern": "^00[0-9]{1,15}$"},
        "sent_at": nullable(DATETIME),
        "delivered_at": nullable(DATETIME),
        "status": enum_of(dict.fromkeys(RECEIPT_STATUSES.values())),
        "delivery_report": nullable(TEXT) | {"description": "The carrier's status code."},
        "created_at": DATETIME,
        "updated_at": DATETIME,
    }
)
ITEM_KEYS = {
    "short_message": TEXT,
    "message_type": enum_of(["sms"]),
    "send_type": enum_of(["single", "multiple"]),
    "contact_group_id": nullable(TEXT),
    "message_consumption": COUNT,
    "created_at": DATETIME,
    "updated_at": DATETIME,
    "receiver": array_of(reference_to("Receipt"), MAX_RECEIVERS),
    "receiver_total": COUNT | {"description": f"`receiver` holds the first {MAX_RECEIVERS}."},
}
SINGLE = object_of({name: schema for name, schema in ITEM_KEYS.items() if name not in ("created_at", "updated_at")})
LINK = object_of({"url": nullable(ADDRESS), "label": TEXT, "page": nullable(ID), "active": FLAG})
PAGINATOR = object_of(
    {
        "current_page": ID,
        "data": array_of(reference_to("Item"), MAX_PER_PAGE),
        "first_page_url": ADDRESS,
        "from": nullable(ID),
        "last_page": ID,
        "last_page_url": ADDRESS,
        "links": array_of(LINK),
        "next_page_url": nullable(ADDRESS),
        "path": ADDRESS,
        "per_page": ID | {"maximum": MAX_PER_PAGE},
        "prev_page_url": nullable(ADDRESS),
        "to": nullable(ID),
        "total": COUNT,
    }
)
SUMMARY = object_of({"total_cost": MONEY, **dict.fromkeys(("total_messages", "delivered", "failed", "pending"), COUNT)})

PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter(
            "page", "Page number, starting at 1 (default). Pages past the end are empty.", positive_int(MAX_BIGINT)
        ),
        Parameter(
            "per_page",
            f"Items per page. Values above {MAX_PER_PAGE} are treated as {MAX_PER_PAGE}.",
            positive_int(MAX_BIGINT) | {"default": DEFAULT_PER_PAGE},
        ),
        Parameter("cursor", "Copied unchanged from a `Link` header; not together with `page`.", reference_to("Cursor")),
        Parameter("from", "First day (UTC), inclusive. Without `to`, the window ends today. Not after `to`.", DAY),
        Parameter("to", "Last day (UTC), inclusive. Without `from`, the window has no start.", DAY),
        Parameter("source", "Source of the SMS.", enum_of(get_source_words()) | {"default": ALL_SOURCES}),
    )
}

ITEMS = OperationSpec(
    "Requests and broadcasts with their receipts, newest first, and the totals of the window",
    {JSON: object_of({"data": PAGINATOR, "summary": SUMMARY})},
    parameters=tuple(PARAMETERS[name] for name in params.LIST),
    headers={"Link": Header("`first`, `prev`, `next` and `last` page (RFC 8288).", TEXT)},
    examples={JSON: examples.ITEMS},
)
ONE_ITEM = OperationSpec(
    "One request or broadcast, as an array of length 1",
    {JSON: array_of(SINGLE, 1) | {"minItems": 1}},
    parameters=(Parameter("key", "The id of a request or the key of a broadcast.", TEXT, "r-77"),),
    examples={JSON: examples.SINGLE},
)
# Entries under `components`.
SCHEMAS = {"Item": object_of(ITEM_KEYS), "Receipt": RECEIPT}
