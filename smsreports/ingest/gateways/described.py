"""What is published of the gateways' address: which there are, and what each says."""

from collections.abc import Iterator

from smsreports.dialects.described import Body, Parameter, Traits
from smsreports.dialects.shapes import words
from smsreports.ingest.gateways import gateways
from smsreports.ingest.gateways.base import CLIENT_ID


def traits(form: str) -> Traits:
    said = tuple(_said())
    properties = {one.name: {**one.schema, "description": one.says} for one in said}
    return Traits(
        body=Body(form, "What the address does not say.", {"type": "object", "properties": properties}),
        parameters=(Parameter("gateway", "Which of them calls.", words(gateways())), *said),
    )


def _said() -> Iterator[Parameter]:
    yield CLIENT_ID
    for gateway in gateways().values():
        for one in gateway.parameters:
            yield Parameter(one.name, f"{gateway.slug.capitalize()}: {one.says}", one.schema, one.example)
