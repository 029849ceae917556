"""What is published of Ersaal's dialect: its addresses, parameters, answers and errors.

A new address is described here, and named in `paths`; its parameters are those that `params` reads.
"""

from smsreports.dialects.described import JSON, Described, Header, Manners, Parameter
from smsreports.dialects.laravel import examples, params
from smsreports.dialects.laravel.errors import CODES, INTERNAL
from smsreports.dialects.laravel.pagination import DEFAULT_PER_PAGE, MOST_PER_PAGE
from smsreports.dialects.laravel.rows import RECEIPT_STATUSES
from smsreports.dialects.query import GREATEST_NUMBER
from smsreports.dialects.shapes import (
    ADDRESS,
    COUNT,
    DAY,
    FLAG,
    ID,
    MOMENT,
    MONEY,
    TEXT,
    WAIT,
    Schema,
    keyed,
    listed,
    maybe,
    ref,
    whole,
    words,
)
from smsreports.sources import ALL, FIRST_RECEIVERS


def error(status: int) -> Schema:
    none = {"type": "object", "maxProperties": 0}
    reasons = {"type": "object", "additionalProperties": listed(TEXT), "description": "The reasons by parameter."}
    details = reasons if status == 400 else none
    return keyed({"message": TEXT, "code": words([CODES.get(status, INTERNAL)]), "details": details})


MANNERS = Manners(
    title="Ersaal",
    says="Credentials as a Bearer token; pages by `page` and `per_page`, as Laravel has them; "
    "errors as `message`, `code` and `details`. An empty parameter is read as absent. "
    "Answers are JSON whatever `Accept` says.",
    error=error,
    headers={
        "X-RateLimit-Limit": Header("Requests a minute of the account.", ID),
        "X-RateLimit-Remaining": Header("How many of them are left.", COUNT),
    },
    exceeded={
        "Retry-After": Header("Seconds until the next minute.", WAIT),
        "X-RateLimit-Reset": Header("The Unix second in which the next minute begins.", COUNT),
    },
)

RECEIPT = keyed(
    {
        "number": {"type": "string", "pattern": "^00[0-9]{1,15}$"},
        "sent_at": maybe(MOMENT),
        "delivered_at": maybe(MOMENT),
        "status": words(dict.fromkeys(RECEIPT_STATUSES.values())),
        "delivery_report": maybe(TEXT) | {"description": "The carrier's status code."},
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)
ITEM_KEYS = {
    "short_message": TEXT,
    "message_type": words(["sms"]),
    "send_type": words(["single", "multiple"]),
    "contact_group_id": maybe(TEXT),
    "message_consumption": COUNT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "receiver": listed(ref("Receipt"), FIRST_RECEIVERS),
    "receiver_total": COUNT | {"description": f"`receiver` holds the first {FIRST_RECEIVERS}."},
}
SINGLE = keyed({name: shape for name, shape in ITEM_KEYS.items() if name not in ("created_at", "updated_at")})
LINK = keyed({"url": maybe(ADDRESS), "label": TEXT, "page": maybe(ID), "active": FLAG})
PAGINATOR = keyed(
    {
        "current_page": ID,
        "data": listed(ref("Item"), MOST_PER_PAGE),
        "first_page_url": ADDRESS,
        "from": maybe(ID),
        "last_page": ID,
        "last_page_url": ADDRESS,
        "links": listed(LINK),
        "next_page_url": maybe(ADDRESS),
        "path": ADDRESS,
        "per_page": ID | {"maximum": MOST_PER_PAGE},
        "prev_page_url": maybe(ADDRESS),
        "to": maybe(ID),
        "total": COUNT,
    }
)
SUMMARY = keyed({"total_cost": MONEY, **dict.fromkeys(("total_messages", "delivered", "failed", "pending"), COUNT)})

PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter("page", "From 1 on; left out: 1. Past the end is an empty page.", whole(GREATEST_NUMBER)),
        Parameter(
            "per_page",
            f"Items a page; above {MOST_PER_PAGE} means {MOST_PER_PAGE}.",
            whole(GREATEST_NUMBER) | {"default": DEFAULT_PER_PAGE},
        ),
        Parameter("cursor", "From a `Link` header as it stands; not together with `page`.", ref("Cursor")),
        Parameter("from", "First day, UTC, included; alone it ends today. Not after `to`.", DAY),
        Parameter("to", "Last day, UTC, included; alone it has no beginning.", DAY),
        Parameter("source", "Which traffic.", words(params.SOURCE_WORDS) | {"default": ALL}),
    )
}

ITEMS = Described(
    "Requests and broadcasts with their receipts, newest first, and the sums of the window",
    {JSON: keyed({"data": PAGINATOR, "summary": SUMMARY})},
    parameters=tuple(PARAMETERS[name] for name in params.LIST),
    headers={"Link": Header("`first`, `prev`, `next` and `last` page (RFC 8288).", TEXT)},
    examples={JSON: examples.ITEMS},
)
ONE_ITEM = Described(
    "One request or broadcast, in an array of its own",
    {JSON: listed(SINGLE, 1) | {"minItems": 1}},
    parameters=(Parameter("key", "The request's id, or the broadcast's key, as it was loaded.", TEXT, "r-77"),),
    examples={JSON: examples.SINGLE},
)
# What stands under `components` for all of them.
SHAPES = {"Item": keyed(ITEM_KEYS), "Receipt": RECEIPT}
