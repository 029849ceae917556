"""Endpoints of Ersaal's dialect."""

from smsreports.dialects.base import Endpoint
from smsreports.dialects.laravel import params, rows
from smsreports.openapi.schemas import TEXT
from smsreports.openapi.spec import JSON, Parameter

PREFIX = "api/sms/"
ENDPOINTS = (
    Endpoint(
        "messages",
        "items",
        "list",
        "Requests and broadcasts with their receipts, newest first, and the totals of the window",
        parameters=params.LIST,
        parse_query=params.parse_items_query,
        render_row=rows.render_item,
    ),
    Endpoint(
        "messages/<str:key>",
        "items",
        "retrieve",
        "One request or broadcast, as an array of length 1",
        parameters=(Parameter("key", "The id of a request or the key of a broadcast.", TEXT, "r-77"),),
        render_row=rows.render_single_item,
        content={JSON: rows.SINGLE_ANSWER},
    ),
)
