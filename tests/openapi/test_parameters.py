"""What the description says of a parameter is how it is read: what it allows is taken, what it forbids is refused."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from smsreports.accounts.models import Scope
from smsreports.ingest.gateways import load_gateways
from smsreports.queries.query_string import MAX_BIGINT
from tests.conftest import CLIENT, DAY, Person, person
from tests.contracts.doors import Door
from tests.openapi.doors import contracts, loads
from tests.openapi.held import Description, Json

pytestmark = pytest.mark.usefixtures("traffic")
showing = pytest.mark.parametrize("door", [door for door in contracts() if not loads(door)], ids=lambda door: door.name)
# Candidates of every kind; the description says which of them a parameter takes.
WORDS = (
    "odd",
    "",
    "Delivered",
    "US",
    "us",
    "USA",
    "U1",
    "2026-02-13",
    "2026-2-13",
    "13.02.2026",
    "7d",
    "8d",
    "api",
    "all",
)
NUMBERS = ("0", "1", "25", "100", "101", "-1", "1.0", "1e2", str(MAX_BIGINT), str(MAX_BIGINT + 1))
PHONES = ("4155", "+1 (415) 555-12", "()", "1" * 15, "1" * 16, "4x5")
# An empty value has its own test there.
EMPTY_IS_ABSENT = "/api/sms/"
CANDIDATES = (*WORDS, *NUMBERS, *PHONES, "csv", "ndjson", "xlsx", "excel", "strict", "sent", "broadcasts")


def parameters(description: Description, door: type[Door]) -> Iterator[tuple[str, Json]]:
    for parameter in description.operation("GET", door.path).get("parameters", ()):
        if parameter["in"] == "query":
            yield parameter["name"], description.resolved(parameter["schema"])


def as_said(text: str, shape: Json) -> Any:
    """A value of the query string as the description's type has it."""
    if shape["type"] != "integer":
        return text
    return int(text) if text.isdecimal() else text


@showing
def test_what_it_allows_is_taken_and_what_it_forbids_is_refused(
    description: Description, owner: Person, door: type[Door]
) -> None:
    for name, shape in parameters(description, door):
        if shape.get("format") == "cursor":
            continue
        for text in CANDIDATES:
            if text == "" and EMPTY_IS_ABSENT in door.path:
                continue
            taken = owner.ask("HEAD", f"{door.path}?{urlencode({name: text})}").status_code == 200
            assert taken == description.fits(shape, as_said(text, shape)), (name, text)


@showing
def test_a_parameter_that_is_described_is_known(description: Description, owner: Person, door: type[Door]) -> None:
    """What is not known is ignored, whatever it says and however often."""
    for name, _ in parameters(description, door):
        assert owner.ask("GET", f"{door.path}?{name}=1&{name}=1").status_code == 400, name


@showing
def test_a_cursor_is_taken_as_it_was_given(description: Description, owner: Person, door: type[Door]) -> None:
    if "cursor" in dict(parameters(description, door)):
        assert owner.get(door.path, {"cursor": "made-up"}).status_code == 400
        page = owner.get(door.path, {"to": "9999-12-31"})
        if "Link" in page.headers:
            following = next(part for part in page["Link"].split(", ") if 'rel="next"' in part)
            assert owner.ask("GET", following[1:].split(">")[0]).status_code == 200


@showing
def test_a_default_is_what_leaving_it_out_means(description: Description, owner: Person, door: type[Door]) -> None:
    bare = owner.get(door.path)
    for name, shape in parameters(description, door):
        if "default" in shape:
            said = owner.get(door.path, {name: str(shape["default"])})
            assert said.status_code == bare.status_code
            assert figures(said) == figures(bare), name


@pytest.mark.parametrize("more", ["", f"from={DAY}&to={DAY}", f"from={DAY}", "period=30d", "cursor"])
@pytest.mark.parametrize("door", contracts(), ids=lambda door: door.name)
def test_a_client_that_sends_every_default_is_answered_as_if_it_sent_none(
    description: Description, db: None, door: type[Door], more: str
) -> None:
    """Generated clients and the page do, whatever else they send."""
    who, asks = person("acme", *Scope), door()
    for method in door.methods - {"HEAD"}:
        said = description.operation(method, door.path)["parameters"]
        if not {part.partition("=")[0] for part in more.split("&") if part} <= {one["name"] for one in said}:
            continue
        defaults = {one["name"]: str(one["schema"]["default"]) for one in said if "default" in one["schema"]}
        if loads(door):
            assert defaults == {}
            assert door.deliver(asks, who).status_code == 200  # type: ignore[attr-defined]
            continue
        asked = f"cursor={cursor_of(who, door)}" if more == "cursor" else more
        bare, full = (who.ask(method, f"{asks.asked(who)}?{asked}&{urlencode(sent)}") for sent in ({}, defaults))
        assert (bare.status_code, full.status_code) == (200, 200), full.content
        if defaults:
            assert figures(full) == figures(bare)


def cursor_of(who: Person, door: type[Door]) -> str:
    """The place of the second page of a list, as its `Link` header has it."""
    header: str = who.get(door.path, {"to": "9999-12-31"})["Link"]
    return next(part for part in header.split(", ") if "next" in part).split("cursor=")[1].split(">")[0]


@pytest.mark.parametrize("name", ["page", "per_page", "cursor", "from", "to", "source"])
def test_an_empty_parameter_is_read_as_absent_where_the_dialect_says_so(
    description: Description, owner: Person, name: str
) -> None:
    path = "/api/sms/messages"
    assert name in {one["name"] for one in description.operation("GET", path)["parameters"]}
    empty, absent = owner.ask("GET", f"{path}?{name}="), owner.ask("GET", path)
    assert empty.status_code == 200
    assert empty.json() == absent.json()


def figures(answer: Any) -> Any:
    """What was found, without the addresses that repeat the question."""
    if answer["Content-Type"] != "application/json":
        return answer.body
    body = answer.json()
    return body.get("summary", body)


@pytest.mark.parametrize(
    ("gateway", "good"),
    [
        ("kannel", {"client_message_id": "m-1", "type": "1", "at": "1770984000", "text": "any"}),
        ("jasmin", {"client_message_id": "m-1", "level": "2", "message_status": "DELIVRD", "err": "000", "tz": "UTC"}),
    ],
)
def test_what_a_gateway_is_described_to_say_is_read(
    description: Description, writer: Person, gateway: str, good: dict[str, str]
) -> None:
    path = f"/api/v1/gateways/{gateway}"
    described = {one["name"] for one in description.operation("GET", path)["parameters"]}
    assert set(good) <= described
    assert writer.get(path, good).status_code == 200
    for parameter in load_gateways()[gateway].parameters:
        assert parameter.name in described
        for text in ("odd!", "1"):
            if parameter.name in good and not description.fits(parameter.schema, text):
                assert writer.get(path, good | {parameter.name: text}).status_code == 400, (parameter.name, text)


@pytest.mark.parametrize(
    ("gateway", "good"),
    [
        ("kannel", {"message_id": "c-1", "type": "1", "at": "1770984000"}),
        ("jasmin", {"id": "c-1", "level": "2", "message_status": "DELIVRD"}),
    ],
)
def test_what_another_gateway_says_by_a_parameter_is_no_fault(
    description: Description, writer: Person, gateway: str, good: dict[str, str]
) -> None:
    """One address is described for all gateways: what it forbids would have to be refused whoever calls."""
    path = f"/api/v1/gateways/{gateway}"
    for method in ("GET", "POST"):
        operation = description.operation(method, path)
        body = operation.get("requestBody", {"content": {}})["content"]
        fields = {name: shape for content in body.values() for name, shape in content["schema"]["properties"].items()}
        shapes = fields | {one["name"]: one["schema"] for one in operation["parameters"] if one["in"] == "query"}
        assert set(good) <= set(shapes)
        for name in set(shapes) - set(good):
            for text in ("", "odd!", "x" * 129) if name != "tz" else ("",):
                if writer.get(path, good | {name: text}).status_code == 200:
                    assert description.fits(shapes[name], text), (method, name, text)


def test_each_scheme_lets_a_key_in(description: Description, owner: Person, writer: Person) -> None:
    """Wherever the description says that a key may stand."""
    schemes = description.document["components"]["securitySchemes"]
    said = {
        "ApiKey": ("/api/v1/sms/messages", {"X-API-Key": owner.key}),
        "Bearer": ("/api/sms/messages", {"Authorization": f"Bearer {owner.key}"}),
    }
    assert schemes["ApiKey"]["name"] == "X-API-Key"
    for path, headers in said.values():
        assert CLIENT.get(path, headers=headers).status_code == 200
    for path, method, operation in description.operations():
        assert {name for each in operation["security"] for name in each} <= set(schemes), (path, method)
