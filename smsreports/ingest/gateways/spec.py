"""OpenAPI description of the callback endpoint: the gateways and their parameters."""

from collections.abc import Iterator

from smsreports.ingest.gateways import load_gateways
from smsreports.ingest.gateways.base import CLIENT_ID_PARAMETER
from smsreports.openapi.schemas import TEXT, enum_of
from smsreports.openapi.spec import Body, Parameter, ViewSpec


def build_view_spec(media_type: str) -> ViewSpec:
    """Return the description; callbacks by POST are forms of the `media_type`."""
    return ViewSpec(
        body=Body(media_type, "Each field may be in the URL instead, but not in both."),
        path_parameters=(Parameter("gateway", "The calling gateway.", enum_of(load_gateways())),),
        parameters=tuple(_list_parameters()),
    )


def _list_parameters() -> Iterator[Parameter]:
    """Yield the parameters of all gateways.

    Each parameter is read only for its own gateway, and an unknown value elsewhere is no error. So the allowed values
    are in the description and not in the schema.
    """
    yield Parameter(CLIENT_ID_PARAMETER.name, CLIENT_ID_PARAMETER.description, TEXT)
    for gateway in load_gateways().values():
        for parameter in gateway.parameters:
            values = parameter.schema.get("enum")
            choices = "".join(f" `{value}`" for value in values) if isinstance(values, list) else ""
            description = f"{gateway.slug.capitalize()}: {parameter.description}" + (choices and f" One of{choices}.")
            yield Parameter(parameter.name, description, TEXT, parameter.example)
