"""Parameters that dialects share, as the OpenAPI document describes them. `QueryString` parses them."""

from smsreports.openapi.schemas import DAY, enum_of, positive_int, reference_to
from smsreports.openapi.spec import Parameter
from smsreports.queries.query_string import MAX_BIGINT
from smsreports.sources import get_source_words

PAGE = Parameter(
    "page", "Page number, starting at 1 (default). Pages past the end are empty.", positive_int(MAX_BIGINT)
)
CURSOR = Parameter("cursor", "Copied unchanged from a `Link` header; not together with `page`.", reference_to("Cursor"))
FIRST_DAY = Parameter("from", "First day (UTC), inclusive. Without `to`, the window ends today. Not after `to`.", DAY)
LAST_DAY = Parameter("to", "Last day (UTC), inclusive. Without `from`, the window has no start.", DAY)


def build_size_parameter(name: str, rows: str, default: int, maximum: int) -> Parameter:
    """Return the parameter for the number of rows on a page. `rows` is the dialect's word for them."""
    description = f"{rows} per page. Values above {maximum} are treated as {maximum}."
    return Parameter(name, description, positive_int(MAX_BIGINT) | {"default": default})


def build_source_parameter(default: str) -> Parameter:
    return Parameter("source", "Source of the SMS.", enum_of(get_source_words()) | {"default": default})
