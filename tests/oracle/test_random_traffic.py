"""Random traffic through the real loader and the real server, every answer compared with the slow model's."""

import csv
import io
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any, Protocol

import pytest
import requests

from . import queries, traffic
from .model import Model
from .queries import Bad, Query, Questions

SEED = 20260213
# Enough to meet each door with each filter several times, few enough for a test run.
QUERIES = 300
FAULTS_SHOWN = 5
EVERYTHING = {"to": queries.LAST_DAY}
# The same traffic once more, under names of its own, for the load in another order.
OTHER_NAMES = dict(zip(traffic.ACCOUNTS, ("finch", "robin"), strict=True))
FILE_NAME = r'attachment; filename="messages_export_\d{8}T\d{6}Z\.%s"'


class Live(Protocol):
    """A running server with a real loader behind it."""

    url: str

    def load(self, lines: Iterable[str]) -> None:
        """Run the file command over the lines, creating accounts."""

    def key(self, account: str) -> str:
        """Create an API key."""


@dataclass
class World:
    """Loaded traffic, the model of it, and a client for each account."""

    live: Live
    records: list[traffic.Record]
    today: date
    model: Model
    keys: dict[str, str]
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def accounts(self) -> list[str]:
        return sorted(self.keys)

    def get(self, account: str, path: str, params: Iterable[tuple[str, str]] = ()) -> requests.Response:
        ersaal = path.startswith(queries.ERSAAL)
        headers = credentials(self.keys[account], ersaal=ersaal)
        answer = self.session.get(
            self.live.url + path, params=list(params), headers=headers, allow_redirects=False, timeout=30
        )
        if answer.status_code == 429:
            pytest.fail(f"the rate limit is too low for this test: {answer.url}")
        return answer

    def body(self, account: str, path: str, params: dict[str, str] | None = None) -> Any:
        answer = self.get(account, path, (params or {}).items())
        assert answer.status_code == 200, f"{answer.url}: {answer.status_code} {answer.text[:500]}"
        return exact(answer.content.decode())

    def pages(self, account: str, path: str, params: dict[str, str], rows: str) -> Iterator[list[Any]]:
        """Every page of a dialect A list until an empty one."""
        for number in count(1):
            page = self.body(account, path, {**params, "page": str(number)})[rows]
            if not page:
                return
            yield page

    def walk(self, account: str, path: str, params: dict[str, str]) -> list[Any]:
        return [row for page in self.pages(account, path, params, "messages") for row in page]

    def walk_items(self, account: str, params: dict[str, str]) -> list[Any]:
        """Every item of the Ersaal list, by following `next_page_url`."""
        found: list[Any] = []
        answer = self.body(account, queries.ERSAAL, params)
        while True:
            found += answer["data"]["data"]
            if answer["data"]["next_page_url"] is None:
                return found
            answer = self.body(account, answer["data"]["next_page_url"].removeprefix(self.live.url))


WORLDS: list[World] = []


@pytest.fixture
def world(live: Live) -> World:
    """The traffic loaded once for each server, however long the server lives."""
    for known in WORLDS:
        if known.live is live:
            return known
    today = datetime.now(UTC).date()
    records = traffic.generate(SEED, today)
    live.load(traffic.lines(records, SEED))
    WORLDS.append(learned(live, records, today))
    return WORLDS[-1]


def learned(live: Live, records: list[traffic.Record], today: date) -> World:
    """The model of the records with the ids that the service gave them."""
    model = Model(records, today)
    made = World(live, records, today, model, {account: live.key(account) for account in model.accounts})
    for account in made.accounts:
        learn(made, account)
    return made


def learn(world: World, account: str) -> None:
    """Ids may be anything as long as they are whole, unique within their source and the same everywhere."""
    wide = {**EVERYTHING, "limit": "100"}
    messages = world.walk(account, queries.MESSAGES, wide)
    sends = world.walk(account, queries.UNIFIED, {**wide, "source": "broadcasts"})
    learn_ids(world, account, "api", [(row["client_message_id"], row["id"]) for row in messages])
    learn_ids(world, account, "campaign", [(row["message_id"], int(row["id"])) for row in sends])
    for row in sends:
        world.model.learn_broadcast_id(account, row["message_id"], row["broadcast_id"])
    names = {row["broadcast_id"]: row["broadcast_name"] for row in sends}
    assert len(names) == sum(size > 0 for size in traffic.BROADCAST_SIZES), f"broadcasts share ids: {names}"
    world.model.learn_item_order(account, world.walk_items(account, {"per_page": "100"}))


def learn_ids(world: World, account: str, source: str, pairs: list[tuple[str, int]]) -> None:
    ids = dict(pairs)
    expected = {key for row_source, key in world.model.accounts[account].rows if row_source == source}
    assert len(pairs) == len(ids), f"{source} rows of {account} are listed twice"
    assert set(ids) == expected, f"{source} rows of {account} are missing or foreign"
    assert len(set(ids.values())) == len(ids), f"{source} ids of {account} are not unique"
    world.model.learn_ids(account, source, ids)


def test_every_answer_is_the_models(world: World) -> None:
    asked = Questions(world.records, world.today, SEED).draw(QUERIES)
    report(world, (fault(world, query) for query in asked))


@pytest.mark.parametrize("seed", range(4))
def test_a_list_walked_page_by_page_is_its_total_and_its_file(world: World, seed: int) -> None:
    questions = Questions(world.records, world.today, seed)
    for account in world.accounts:
        filters = questions.filters(source=True, mostly_wide=True)
        walked = world.walk(account, queries.UNIFIED, {**filters, "limit": str(29 + seed)})
        first = world.body(account, queries.UNIFIED, filters)
        file = world.get(account, queries.EXPORT, {**filters, "format": "ndjson"}.items())
        assert walked == [exact(line) for line in file.content.decode().split("\n")[:-1]], filters
        assert len(walked) == first["total"] == int(file.headers["X-Export-Total"]), filters
        assert len({(row["source"], row["id"]) for row in walked}) == len(walked), filters


def test_the_sources_add_up_to_everything(world: World) -> None:
    for account in world.accounts:
        sums: dict[str, Decimal] = {}
        for source in queries.SOURCES:
            rows = world.walk(account, queries.UNIFIED, {**EVERYTHING, "source": source, "limit": "100"})
            summary = world.body(account, queries.ERSAAL, {"source": source})["summary"]
            sums[source] = sum((Decimal(row["cost"]) for row in rows), Decimal(0))
            assert summary["total_cost"] == sums[source]
            assert summary["total_messages"] == len(rows)
        assert sums["all"] == sums["api"] + sums["broadcasts"]


@pytest.mark.parametrize("size", ["7", "100"])
def test_the_ersaal_list_followed_by_its_links_holds_every_item_once(world: World, size: str) -> None:
    for account in world.accounts:
        expected = [world.model.item_body(item) for item in world.model.items(account, {})]
        assert difference(expected, world.walk_items(account, {"per_page": size})) is None


def test_every_bad_request_is_refused_in_its_own_dialect(world: World) -> None:
    questions = Questions(world.records, world.today, SEED)
    message, request = (questions.foreign(ids) for ids in (questions.message_ids, questions.request_ids))
    report(world, (bad_fault(world, bad) for bad in queries.bad_requests(message, request)))


def test_loading_the_same_file_twice_changes_nothing(world: World) -> None:
    before = snapshot(world)
    world.live.load(traffic.lines(world.records, SEED + 1))
    assert difference(before, snapshot(world)) is None


def test_a_shuffled_file_in_several_parts_gives_the_same_answers(world: World) -> None:
    records = traffic.shuffled(traffic.moved(world.records, OTHER_NAMES), SEED)
    lines = traffic.lines(records, SEED)
    third = len(lines) // 3
    for part in (lines[:third], lines[third : 2 * third], lines[2 * third :]):
        world.live.load(part)
    other = learned(world.live, records, world.today)
    asked = Questions(records, world.today, SEED + 1).draw(QUERIES // 3)
    report(other, (fault(other, query) for query in asked))


# Asking and comparing.


def fault(world: World, query: Query) -> str | None:
    """What is wrong with the answer to a good request, or nothing."""
    answer = world.get(query.account, query.path, query.params)
    if answer.status_code != 200:
        return f"{query.account} {answer.url}\n    {answer.status_code} {answer.text[:300]}"
    try:
        found = COMPARE[query.door](world, query, answer)
    except (ValueError, KeyError, TypeError, AssertionError) as unreadable:
        found = f"unreadable: {unreadable!r} in {answer.text[:300]!r}"
    return found and f"{query.account} {answer.url}\n    {found}"


def compare_list(world: World, query: Query, answer: requests.Response) -> str | None:
    ask = world.model.messages if query.door == "messages" else world.model.unified
    return difference(ask(query.account, dict(query.params)), exact(answer.content.decode()), ordered=True)


def compare_csv(world: World, query: Query, answer: requests.Response) -> str | None:
    params = dict(query.params)
    expected = world.model.csv(query.account, params)
    marked = answer.content.startswith(b"\xef\xbb\xbf")
    text = answer.content.decode("utf-8-sig")
    if marked == (params.get("dialect") == "strict"):
        return f"byte order mark: {marked}"
    if text.split("\n")[0].endswith("\r") or not text.endswith("\n"):
        return f"line ends: {text[:300]!r} … {text[-50:]!r}"
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    wrong = file_headers(answer, len(expected) - 1, "text/csv; charset=utf-8", "csv")
    return wrong or difference(expected, rows)


def compare_ndjson(world: World, query: Query, answer: requests.Response) -> str | None:
    expected = world.model.export(query.account, dict(query.params))
    *rows, end = answer.content.decode().split("\n")
    if end:
        return f"the last line does not end: {end[:100]!r}"
    wrong = file_headers(answer, len(expected), "application/x-ndjson", "ndjson")
    return wrong or difference(expected, [exact(row) for row in rows], ordered=True)


def file_headers(answer: requests.Response, total: int, kind: str, ending: str) -> str | None:
    """The headers of a file that is known to be whole before its first byte."""
    headers = answer.headers
    limit = int(headers["X-Export-Limit"])
    expected = {"X-Export-Total": str(total), "X-Export-Truncated": "false"}
    given = {name: headers.get(name) for name in expected}
    if not re.fullmatch(FILE_NAME % ending, headers["Content-Disposition"]):
        return f"Content-Disposition: {headers['Content-Disposition']}"
    if not headers["Content-Type"].startswith(kind) or limit < total:
        return f"Content-Type: {headers['Content-Type']}, X-Export-Limit: {limit}"
    return difference(expected, given)


def compare_status(world: World, query: Query, answer: requests.Response) -> str | None:
    """Without the timeline, of which other tests know more."""
    expected, found = world.model.status(query.account, query.id), exact(answer.content.decode())
    last, timeline = found["message"].popitem()
    wrong = None if last == "timeline" and isinstance(timeline, list) else f"{last} is the last key: {timeline}"
    return wrong or difference(expected, found, ordered=True)


def compare_ersaal(world: World, query: Query, answer: requests.Response) -> str | None:
    body = exact(answer.content.decode())
    path = world.live.url + queries.ERSAAL
    with_page = "page" in body["data"]["links"][0]
    expected = world.model.ersaal(query.account, dict(query.params), path, with_page=with_page)
    return rate_headers(answer) or difference(expected, body)


def compare_ersaal_one(world: World, query: Query, answer: requests.Response) -> str | None:
    expected = world.model.ersaal_one(query.account, query.id)
    return rate_headers(answer) or difference(expected, exact(answer.content.decode()))


def rate_headers(answer: requests.Response) -> str | None:
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining")
    missing = [name for name in names if not answer.headers.get(name, "").isdecimal()]
    return f"no {', '.join(missing)}" if missing else None


COMPARE: dict[str, Callable[[World, Query, requests.Response], str | None]] = {
    "messages": compare_list,
    "unified": compare_list,
    "csv": compare_csv,
    "ndjson": compare_ndjson,
    "status": compare_status,
    "ersaal": compare_ersaal,
    "ersaal_one": compare_ersaal_one,
}


def bad_fault(world: World, bad: Bad) -> str | None:
    """What is wrong with the answer to a bad request, or nothing."""
    key = {"good": world.keys[world.accounts[1]], "wrong": "sk_prod_wrong", "none": ""}[bad.key]
    url = f"{world.live.url}{bad.path}?{bad.query}".removesuffix("?")
    headers = credentials(key, ersaal=bad.ersaal)
    try:
        answer = world.session.request(bad.method, url, headers=headers, allow_redirects=False, timeout=30)
        found = refusal_fault(bad, answer)
    except requests.RequestException as broken:
        found = f"no answer: {broken}"
    return found and f"{bad.method} {url} ({bad.key} key)\n    {found}"


def refusal_fault(bad: Bad, answer: requests.Response) -> str | None:
    text = answer.text[:300]
    if answer.status_code not in bad.statuses:
        return f"expected {sorted(bad.statuses)}, found {answer.status_code} {text!r}"
    wrong_headers = rate_headers(answer) if bad.ersaal else None
    if answer.status_code == 200 or wrong_headers:
        return wrong_headers
    if not answer.headers["Content-Type"].startswith("application/json"):
        return f"Content-Type {answer.headers['Content-Type']}"
    return ersaal_refusal(bad, answer.json()) if bad.ersaal else telecom_refusal(bad, answer.json())


def telecom_refusal(bad: Bad, body: dict[str, Any]) -> str | None:
    if list(body) != ["status", "error_code", "description"] or body["status"] is not False:
        return f"shape: {body}"
    if bad.code not in (None, body["error_code"]):
        return f"expected the code {bad.code}: {body}"
    named = any(name in body["description"] for name in bad.parameters) or not bad.parameters
    missing = [word for word in bad.allowed if word not in body["description"]]
    return None if named and not missing else f"does not name {missing or bad.parameters}: {body}"


def ersaal_refusal(bad: Bad, body: dict[str, Any]) -> str | None:
    if set(body) != {"message", "code", "details"}:
        return f"shape: {body}"
    if bad.code not in (None, body["code"]):
        return f"expected the code {bad.code}: {body}"
    if bad.code == "UNAUTHORIZED" and body["message"] != "Unauthenticated.":
        return f"message: {body}"
    details = body["details"]
    if bad.parameters and not (set(details) & bad.parameters and all(map(reasons, details.values()))):
        return f"expected reasons for {bad.parameters}: {body}"
    return None


def reasons(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(reason, str) for reason in value)


def credentials(key: str, *, ersaal: bool) -> dict[str, str]:
    if not key:
        return {}
    return {"Authorization": f"Bearer {key}"} if ersaal else {"X-API-Key": key}


def snapshot(world: World) -> dict[str, Any]:
    """Every door's answer to one wide question, and the status of some messages."""
    rng = random.Random(SEED)
    found: dict[str, Any] = {}
    for account in world.accounts:
        found[f"{account} rows"] = world.get(account, queries.EXPORT, EVERYTHING.items()).content.decode().split("\n")
        found[f"{account} items"] = world.walk_items(account, {"per_page": "100"})
        found[f"{account} sums"] = world.body(account, queries.ERSAAL)["summary"]
        keys = sorted(key for source, key in world.model.accounts[account].rows if source == "api")
        for key in rng.sample(keys, 10):
            status = found[f"{account} {key}"] = world.body(account, f"{queries.STATUS}/{key}")
            # Worlds that are loaded one after the other do not agree about that.
            for receipt in status["message"]["timeline"]:
                del receipt["received_at"]
    return found


def report(world: World, faults: Iterator[str | None]) -> None:
    """Fail with the first few faults; a day that ended meanwhile makes every period mean something else."""
    found = [text for text in faults if text]
    if datetime.now(UTC).date() != world.today:
        pytest.skip("the day ended during the test")
    shown = "\n".join(found[:FAULTS_SHOWN])
    assert not found, f"{len(found)} wrong answers, the first of them:\n{shown}"


def exact(text: str) -> Any:
    """JSON with money as `Decimal`; refuses exponents and needless zeros in the text itself."""
    return json.loads(text, parse_float=_money, parse_constant=_refuse)


def _money(text: str) -> Decimal:
    assert re.fullmatch(r"-?[0-9]+\.[0-9]*[1-9]", text), f"not a plain number: {text}"
    return Decimal(text)


def _refuse(text: str) -> Decimal:
    raise AssertionError(f"not a number: {text}")


def difference(expected: Any, found: Any, where: str = "", *, ordered: bool = False) -> str | None:
    """The first place where two answers differ, or nothing; `ordered` also compares the order of keys."""
    if kind(expected) != kind(found):
        return f"{where or 'body'}: expected {brief(expected)}, found {brief(found)}"
    if isinstance(expected, dict):
        return _keys_differ(expected, found, where, ordered) or _first(
            difference(value, found[key], f"{where}.{key}", ordered=ordered) for key, value in expected.items()
        )
    if isinstance(expected, list):
        inside = (
            difference(*pair, f"{where}[{index}]", ordered=ordered)
            for index, pair in enumerate(zip(expected, found, strict=False))
        )
        lengths = f"{where}: expected {len(expected)} of them, found {len(found)}"
        return _first(inside) or (lengths if len(expected) != len(found) else None)
    return None if expected == found else f"{where}: expected {brief(expected)}, found {brief(found)}"


def _keys_differ(expected: dict[str, Any], found: dict[str, Any], where: str, ordered: bool) -> str | None:
    wanted, given = list(expected), list(found)
    if wanted == given or (not ordered and set(wanted) == set(given)):
        return None
    return f"{where or 'body'}: expected the keys {wanted}, found {given}"


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text), None)


def kind(value: Any) -> str:
    """The JSON kind of a value: whole and other numbers are one kind, `true` is no number."""
    names = {int: "number", Decimal: "number", bool: "bool", str: "text", dict: "object", list: "array"}
    return names.get(type(value), "null")


def brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
