"""Pages by number and by cursor: parts of the whole list, wherever they start and whatever is written meanwhile."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from django.core import signing
from django.db import connection
from django.db.backends.utils import CursorWrapper

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.database import snapshot
from smsreports.database.compiled import CompiledQuery
from smsreports.database.snapshot import fetch_together
from smsreports.queries import listing
from smsreports.queries.cursor import SALT
from smsreports.queries.listing import Listing
from smsreports.queries.source_query import Order
from tests.conftest import EVER, Person, broadcast, load, message, person, send

# Days with their edges; of each source, several rows of every moment.
MOMENTS = [
    f"2026-02-{day}T{time}Z"
    for day in ("09", "11", "12")
    for time in ("00:00:00", "12:00:00", "12:00:00.000001", "23:59:59.999999")
]
MESSAGES, SENDS = 70, 50
# The lock for which a page waits between its total and its rows.
BETWEEN = 20_060_214
LATER, TOP = "2026-02-13T12:00:00Z", MOMENTS[-1]


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    moments = [MOMENTS[n % 11 if n % 3 else -1] for n in range(MESSAGES)]  # the last moment has the most
    load(arrived("api", n, at) for n, at in enumerate(moments))
    load(line for n in range(SENDS) for line in (campaign(n, moments[n]), arrived("campaign", n, moments[n])))
    load(message(account="globex", client_message_id=f"m-{n}", created_at=at) for n, at in enumerate(moments))


def arrived(kind: str, number: int, at: str) -> str:
    text = f"{kind} {number}"
    if kind == "api":
        return message(client_message_id=f"m-{number}", message=text, created_at=at)
    return send(broadcast=f"b-{number}", message_id=f"s-{number}", message=text, sent_at=at)


def campaign(number: int, at: str) -> str:
    return broadcast(broadcast=f"b-{number}", message=f"campaign {number}", created_at=at)


@dataclass(frozen=True)
class List:
    """An address whose rows are told apart by their texts."""

    path: str
    size: str
    own: dict[str, str]
    models: tuple[Any, ...]

    def get(self, who: Person, size: int = 7, **params: str) -> "Page":
        return self.read(who.get(self.path, self.own | {self.size: str(size)} | params))

    def follow(self, who: Person, address: str) -> "Page":
        return self.read(who.ask("GET", address))

    def read(self, answer: Any) -> "Page":
        assert answer.status_code == 200, answer.body
        body = json.loads(answer.body)
        links = {link["rel"]: link["url"] for link in requests.utils.parse_header_links(answer["Link"])}
        if "messages" in body:
            return Page([row["message"] for row in body["messages"]], body["total"], body["page"], body["limit"], links)
        page = body["data"]
        texts = [row["short_message"] for row in page["data"]]
        return Page(texts, page["total"], page["current_page"], page["per_page"], links)

    def whole(self) -> list[str]:
        """The texts of all rows by (time, source, id), the greatest first, sorted in Python."""
        rows = [
            (
                getattr(row, "sent_at" if model is BroadcastSend else "created_at"),
                model is not Message,
                row.pk,
                row.text,
            )
            for model in self.models
            for row in model.everyones.filter(account__name="acme")
        ]
        return [text for *_, text in sorted(rows, reverse=True)]


@dataclass(frozen=True)
class Page:
    texts: list[str]
    total: int
    number: int
    size: int
    links: dict[str, str]


SINGLE = List("/api/v1/sms/messages", "limit", EVER, (Message,))
UNIFIED = List("/api/v1/sms/messages/unified", "limit", EVER, (Message, BroadcastSend))
BY_PHONE = List("/api/v1/sms/messages/unified", "limit", EVER | {"phone": "4"}, (Message, BroadcastSend))
ITEMS = List("/api/sms/messages", "per_page", {}, (Message, Broadcast))
every_list = pytest.mark.parametrize(
    "door", [SINGLE, UNIFIED, BY_PHONE, ITEMS], ids=["api", "unified", "phone", "items"]
)


@every_list
@pytest.mark.parametrize("near", [listing.MAX_OFFSET_SCAN, 1, 0])
def test_every_page_is_its_part_of_the_whole(
    owner: Person, monkeypatch: pytest.MonkeyPatch, door: List, near: int
) -> None:
    monkeypatch.setattr(listing, "MAX_OFFSET_SCAN", near)
    whole = door.whole()
    for number in range(1, len(whole) // 13 + 3):
        page = door.get(owner, 13, page=str(number))
        assert page.texts == whole[(number - 1) * 13 : number * 13]
        assert (page.number, page.size, page.total) == (number, 13, len(whole))


@pytest.mark.parametrize("door", [SINGLE, UNIFIED, ITEMS], ids=["api", "unified", "items"])
def test_a_row_deep_in_a_day_is_reached_from_both_of_its_ends(
    owner: Person, monkeypatch: pytest.MonkeyPatch, door: List
) -> None:
    monkeypatch.setattr(listing, "MAX_OFFSET_SCAN", 0)
    orders, merged = set(), Listing._union_all

    def spied(self: Listing, legs: Any, names: Any, start: int, stop: int, order: Order = "-") -> Any:
        if len(names) < len(self.names):  # only a place is looked for
            orders.add(order)
        return merged(self, legs, names, start, stop, order)

    monkeypatch.setattr(Listing, "_union_all", spied)
    whole = door.whole()
    for number in range(0, len(whole), 9):
        assert door.get(owner, 1, page=str(number + 1)).texts == [whole[number]]
    assert orders == {"-", ""}


def walked(door: List, who: Person, relation: str, page: Page) -> Iterator[Page]:
    """`page` and those that its links lead to."""
    yield page
    while relation in page.links:
        page = door.follow(who, page.links[relation])
        yield page


@every_list
def test_its_links_lead_through_every_row_once_while_others_arrive(owner: Person, door: List) -> None:
    whole, seen, number = door.whole(), [], MESSAGES
    for page in walked(door, owner, "next", door.get(owner, 20)):
        seen.append(page)
        number += 1
        load([arrived("api", number, LATER), campaign(number, LATER), arrived("campaign", number, LATER)])
    assert [text for page in seen for text in page.texts] == whole
    assert [page.number for page in seen] == list(range(1, -(-len(whole) // 20) + 1))
    assert seen[-1].total > seen[0].total == len(whole)
    assert door.get(owner).texts == door.whole()[:7] != whole[:7]


@every_list
def test_a_row_in_the_midst_of_what_is_still_to_come_is_not_lost(owner: Person, door: List) -> None:
    first = door.get(owner, 9)
    load([arrived("api", 900, MOMENTS[0])])
    rest = [text for page in walked(door, owner, "next", first) for text in page.texts]
    assert rest == door.whole()


@every_list
@pytest.mark.parametrize("size", [12, 40])
def test_its_links_lead_back_the_same_way(owner: Person, door: List, size: int) -> None:
    there = list(walked(door, owner, "next", door.get(owner, size)))
    back = list(walked(door, owner, "prev", there[-1]))
    assert [page.texts for page in back] == [page.texts for page in there[::-1]]
    assert [page.number for page in back] == [page.number for page in there[::-1]]
    assert "prev" not in there[0].links and "next" not in there[-1].links


@every_list
def test_the_way_back_leads_to_what_arrived_on_top(owner: Person, door: List) -> None:
    second = door.follow(owner, door.get(owner).links["next"])
    load([arrived("api", 900, LATER)])
    first = door.follow(owner, second.links["prev"])
    assert first.texts == door.whole()[1:8]
    top = door.follow(owner, first.links["prev"])
    assert (top.texts, top.number) == (["api 900"], 1)
    assert "prev" not in top.links
    assert door.follow(owner, top.links["next"]).texts == first.texts


@every_list
def test_a_cursor_outlives_the_row_it_was_made_of(owner: Person, door: List) -> None:
    page, whole = door.get(owner), door.whole()
    Message.everyones.filter(text__in=page.texts).delete()
    BroadcastSend.everyones.filter(text__in=page.texts).delete()
    Broadcast.everyones.filter(text__in=page.texts).delete()
    assert door.follow(owner, page.links["next"]).texts == whole[7:14]


@every_list
def test_the_first_and_the_last_page_are_linked_by_number(owner: Person, door: List) -> None:
    whole = door.whole()
    page = door.follow(owner, door.get(owner, to="2026-02-13").links["next"])
    for relation, number in (("first", 1), ("last", -(-len(whole) // 7))):
        asked = parse_qs(urlsplit(page.links[relation]).query)
        assert (asked["page"], asked[door.size], asked["to"]) == ([str(number)], ["7"], ["2026-02-13"])
        assert "cursor" not in asked
        found = door.follow(owner, page.links[relation])
        assert found.texts == whole[(number - 1) * 7 : number * 7]


@every_list
def test_an_empty_list_leads_nowhere(owner: Person, door: List) -> None:
    page = door.get(owner, to="2001-01-01")
    assert (page.texts, page.total, set(page.links)) == ([], 0, {"first", "last"})
    assert parse_qs(urlsplit(page.links["last"]).query)["page"] == ["1"]


@every_list
@pytest.mark.parametrize(("size", "meant"), [("3", 3), ("100", 100), ("5000", 100)])
def test_a_cursor_goes_with_any_size(owner: Person, door: List, size: str, meant: int) -> None:
    [cursor] = parse_qs(urlsplit(door.get(owner).links["next"]).query)["cursor"]
    page = door.read(owner.get(door.path, door.own | {door.size: size, "cursor": cursor}))
    assert page.texts == door.whole()[7 : 7 + meant]
    assert (page.size, page.number) == (meant, 2)


def cursor_of(door: List, who: Person) -> str:
    return parse_qs(urlsplit(door.get(who).links["next"]).query)["cursor"][0]


def damaged(cursor: str) -> Iterator[str]:
    """Cursors that no link ever held. An empty one is a matter of the dialect: tests/dialects/test_empty_values.py."""
    place = signing.loads(cursor, salt=SALT)
    yield from ("x", "::", "ünï", "\0", cursor[:-1], cursor[1:], cursor[: len(cursor) // 2], cursor + "A")
    yield cursor.swapcase()
    yield signing.dumps(place, salt=SALT, key="a key of somebody else, just as long as ours would be")
    yield signing.dumps(place, salt="something else that is signed")


@every_list
def test_a_damaged_cursor_is_refused_by_name(owner: Person, door: List) -> None:
    for cursor in damaged(cursor_of(door, owner)):
        refused(door, owner, f"cursor={quote(cursor)}")


@every_list
def test_a_cursor_and_a_page_are_too_much(owner: Person, door: List) -> None:
    reason = refused(door, owner, f"cursor={quote(cursor_of(door, owner))}&page=1")
    assert reason == "must not be given together with page"


@every_list
def test_a_cursor_given_twice_is_refused(owner: Person, door: List) -> None:
    cursor = quote(cursor_of(door, owner))
    assert refused(door, owner, f"cursor={cursor}&cursor={cursor}") == "is given more than once"


def refused(door: List, who: Person, query: str) -> str:
    """The reason, out of the body of an error in the dialect's own shape."""
    answer = who.ask("GET", f"{door.path}?{query}")
    assert answer.status_code == 400, answer.body
    body = answer.json()
    if door is ITEMS:
        [(name, [reason])] = body["details"].items()
        assert (set(body), body["code"], name) == ({"message", "code", "details"}, "INVALID_PARAMETERS", "cursor")
        return str(reason)
    assert set(body) == {"status", "error_code", "description"}
    assert (body["status"], body["error_code"]) == (False, "INVALID_PARAMS")
    name, _, reason = body["description"].partition(" ")
    assert name == "cursor"
    return str(reason)


def test_a_cursor_of_another_account_shows_only_the_callers_rows(owner: Person, stranger: Person) -> None:
    page = SINGLE.follow(stranger, SINGLE.get(owner).links["next"])
    assert page.total == MESSAGES
    assert set(page.texts) == {"Hello"}


@every_list
def test_a_page_and_its_total_are_of_one_moment(monkeypatch: pytest.MonkeyPatch, door: List) -> None:
    """Somebody commits rows after the total is read, and before the page is: between them it waits for a lock."""
    who, whole = person("acme"), door.whole()
    number = Message.everyones.count() + MESSAGES

    def late(total: CompiledQuery, rows: CompiledQuery, seconds: float) -> list[Any]:
        with ThreadPoolExecutor(1) as threads:
            locked = Event()
            committed = threads.submit(committed_elsewhere, number, locked)
            locked.wait()
            found, _, page = fetch_together(
                total, CompiledQuery("SELECT pg_advisory_xact_lock_shared(%s)", [BETWEEN]), rows
            )
            committed.result()
        return [found, page]

    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "fetch_together", late)
        page = door.get(who, page="2")
    assert (page.texts, page.total) == (whole[7:14], len(whole))
    after = door.get(who, page="2")
    assert after.total == len(door.whole()) > len(whole)
    assert after.texts == door.whole()[7:14]


def committed_elsewhere(number: int, locked: Event) -> None:
    """A request with a message, and a campaign with a send, that stand on top of everything: committed as soon as
    somebody waits for the lock, which is free again after that."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [BETWEEN])
            locked.set()
            while not waited_for(cursor):
                time.sleep(0.01)
        load([arrived("api", number, LATER), campaign(number, LATER), arrived("campaign", number, LATER)])
    finally:
        connection.close()


def waited_for(cursor: CursorWrapper) -> bool:
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND objid = %s", [BETWEEN]
    )
    return bool(cursor.fetchone()[0])
