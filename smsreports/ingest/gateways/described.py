"""What is published of the gateways' address: which there are, and what each says."""

from collections.abc import Iterator

from smsreports.dialects.described import Body, Parameter, Traits
from smsreports.dialects.shapes import TEXT, words
from smsreports.ingest.gateways import gateways
from smsreports.ingest.gateways.base import CLIENT_ID


def traits(form: str) -> Traits:
    said = tuple(_said())
    properties = {one.name: {**one.schema, "description": one.says} for one in said}
    return Traits(
        body=Body(
            form,
            "Each field may stand in the address instead, but not in both.",
            {"type": "object", "properties": properties},
        ),
        parameters=(Parameter("gateway", "Which of them calls.", words(gateways())), *said),
    )


def _said() -> Iterator[Parameter]:
    """Every gateway's parameters. Each is read only where its gateway calls and needs it, so one that is odd elsewhere
    is no fault: the values that its gateway knows stand in the words."""
    yield Parameter(CLIENT_ID.name, CLIENT_ID.says, TEXT)
    for gateway in gateways().values():
        for one in gateway.parameters:
            known = "".join(f" `{word}`" for word in one.schema.get("enum", ()))
            says = f"{gateway.slug.capitalize()}: {one.says}" + (known and f" One of{known}.")
            yield Parameter(one.name, says, TEXT, one.example)
