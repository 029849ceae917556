"""JSON rendering with exact decimals and times in UTC, to the second."""

from collections.abc import Mapping
from decimal import Decimal

import orjson
from rest_framework.renderers import BaseRenderer

# Stored times are UTC with microseconds. Rendered ones have whole seconds and end in `Z`.
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def format_decimal(number: Decimal) -> str:
    """Return the number without exponent and trailing zeros: `0.0085`, `12`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def dump_json(data: object) -> bytes:
    return orjson.dumps(data, default=_encode_default, option=OPTIONS)


def _encode_default(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(format_decimal(value))
    return str(value)


class ExactJsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, object] | None = None,
    ) -> bytes:
        return dump_json(data)
