"""What is published of the gateways' address: which there are, and what each says."""

from collections.abc import Iterator

from smsreports.ingest.gateways import load_gateways
from smsreports.ingest.gateways.base import CLIENT_ID_PARAMETER
from smsreports.openapi.schemas import TEXT, enum_of
from smsreports.openapi.spec import Body, Parameter, ViewSpec


def build_view_spec(media_type: str) -> ViewSpec:
    parameters = tuple(_list_parameters())
    properties = {one.name: {**one.schema, "description": one.description} for one in parameters}
    return ViewSpec(
        body=Body(
            media_type,
            "Each field may stand in the address instead, but not in both.",
            {"type": "object", "properties": properties},
        ),
        parameters=(Parameter("gateway", "Which of them calls.", enum_of(load_gateways())), *parameters),
    )


def _list_parameters() -> Iterator[Parameter]:
    """Every gateway's parameters. Each is read only where its gateway calls and needs it, so one that is odd elsewhere
    is no fault: the values that its gateway knows stand in the words."""
    yield Parameter(CLIENT_ID_PARAMETER.name, CLIENT_ID_PARAMETER.description, TEXT)
    for gateway in load_gateways().values():
        for one in gateway.parameters:
            known = "".join(f" `{word}`" for word in one.schema.get("enum", ()))
            says = f"{gateway.slug.capitalize()}: {one.description}" + (known and f" One of{known}.")
            yield Parameter(one.name, says, TEXT, one.example)
