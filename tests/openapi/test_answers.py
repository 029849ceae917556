"""Every answer is one that the description has, whatever was asked: good, bad, without a key, too often, too much."""

from typing import Any

import pytest
import requests
from rest_framework.exceptions import APIException, NotAuthenticated

from smsreports.accounts.keys import AuthFailure
from smsreports.accounts.models import Scope
from smsreports.api.errors import get_dialects
from smsreports.dialects.base import Dialect
from smsreports.exceptions import InvalidParams, ServiceUnavailable
from tests.conftest import CLIENT, DAY, Person, person
from tests.contracts.doors import Door
from tests.openapi.doors import contracts, loads
from tests.openapi.held import Description
from tests.server import Server

pytestmark = pytest.mark.usefixtures("traffic")
every_door = pytest.mark.parametrize("door", contracts(), ids=lambda door: door.name)
showing = pytest.mark.parametrize("door", [door for door in contracts() if not loads(door)], ids=lambda door: door.name)
loading = pytest.mark.parametrize("door", [door for door in contracts() if loads(door)], ids=lambda door: door.name)


@pytest.fixture
def who(db: None) -> Person:
    return person("acme", *Scope)


@every_door
def test_what_it_answers_to_its_own_question(description: Description, who: Person, door: type[Door]) -> None:
    answer: Any = door.deliver(door(), who) if loads(door) else who.get(door().asked(who), getattr(door, "params", {}))  # type: ignore[attr-defined]
    assert answer.status_code == 200
    description.hold(answer.request["REQUEST_METHOD"], door.path, answer)


@showing
@pytest.mark.parametrize("days", ["to=9999-12-31", f"from={DAY}&to={DAY}", "from=2020-01-01&to=2020-01-02"])
def test_what_it_answers_about_all_kinds_of_traffic(
    description: Description, who: Person, door: type[Door], days: str
) -> None:
    for more in ("", "&source=broadcasts", "&format=ndjson", "&phone=4&limit=100", "&page=999"):
        for method in ("GET", "HEAD"):
            description.hold(method, door.path, who.ask(method, f"{door.path}?{days}{more}"))


@pytest.mark.parametrize(
    "path", ["/api/v1/sms/status/m-bare", "/api/sms/messages/m-bare", "/api/sms/messages?to=9999-12-31"]
)
def test_what_it_answers_of_a_message_that_is_told_of_nothing(description: Description, who: Person, path: str) -> None:
    answer = who.ask("GET", path)
    assert answer.status_code == 200
    description.hold("GET", path.split("?")[0], answer)


@every_door
def test_what_it_answers_to_who_may_not_ask(description: Description, door: type[Door]) -> None:
    for method in door.methods:
        for answer in (CLIENT.generic(method, door.path), person("acme").ask(method, door.path)):
            description.hold(method, door.path, answer)
        stranger = person("acme", *(scope for scope in Scope if scope != door.scope)).ask(method, door.path)
        assert stranger.status_code == 403
        description.hold(method, door.path, stranger)


@every_door
def test_what_it_answers_to_odd_questions(description: Description, who: Person, door: type[Door]) -> None:
    for method in door.methods:
        for query in ("?from=odd&page=0&type=odd", "?%ff=1", "?" + "&".join(f"a{n}=1" for n in range(200))):
            description.hold(method, door.path, who.ask(method, door.path + query))
        for headers in ({"Accept": "image/png"}, {"Content_Type": "text/plain"}, {"Content_Encoding": "br"}):
            description.hold(method, door.path, who.ask(method, door.path, b"odd", **headers))


@loading
def test_what_it_answers_to_too_much(description: Description, who: Person, door: type[Door]) -> None:
    (kind,) = description.operation("POST", door.path)["requestBody"]["content"]
    answer = who.post(door.path, b"\n1" * 5_300_000, kind)
    assert answer.status_code == 413
    description.hold("POST", door.path, answer)


@every_door
def test_what_it_answers_when_the_minute_is_spent(
    description: Description, who: Person, door: type[Door], settings: Any
) -> None:
    settings.RATE_LIMIT = 1
    who.ask("GET", door.path)
    for method in door.methods:
        answer = who.ask(method, door.path)
        assert answer.status_code == 429
        description.hold(method, door.path, answer)


@every_door
def test_what_it_answers_without_its_database(
    description: Description, without_database: Server, door: type[Door]
) -> None:
    for method in door.methods:
        headers = {"X-API-Key": "sk_prod_any", "Authorization": "Bearer sk_prod_any"}
        answer = requests.request(method, without_database.url + door.path, headers=headers, timeout=30)
        assert answer.status_code == 503
        description.hold(method, door.path, answer)


@pytest.mark.parametrize(
    "path", ["/api/v1/sms/status/nothing", "/api/sms/messages/nothing", "/api/v1/gateways/nothing"]
)
def test_what_it_answers_where_there_is_nothing(description: Description, who: Person, path: str) -> None:
    answer = who.ask("GET", path)
    assert answer.status_code == 404
    description.hold("GET", path, answer)


@pytest.mark.parametrize("dialect", get_dialects(), ids=lambda dialect: dialect.slug)
def test_every_error_that_a_dialect_can_write_is_of_its_described_shape(
    description: Description, dialect: Dialect
) -> None:
    problems = [(one, None) for one in (APIException(), ServiceUnavailable(), InvalidParams({"page": ["must be odd"]}))]
    for problem, refusal in [*problems, *((NotAuthenticated(one.value), one) for one in AuthFailure)]:
        description.measure(dialect.spec.error_schema(problem.status_code), dialect.render_error(problem, refusal))
