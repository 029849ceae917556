"""What was sent, in which order, and what a file or the tables must hold of it."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from tests.ingest.conftest import Record
from tests.ingest.killing import EVENTS_OF_A_PAIR, REQUEST, Place, Traffic

# Long rows: a file of some thousands is more than the buffers between it and its reader hold.
TEXT = "Your code is not to be told to anybody. " * 25
SOURCES: Mapping[str, tuple[str, ...]] = {"all": ("api", "broadcasts"), "api": ("api",), "broadcasts": ("broadcasts",)}


@dataclass(frozen=True)
class Load(Traffic):
    """Traffic of an account, its campaign first: nothing of it is refused."""

    account: str

    def records(self) -> Iterator[Record]:
        for record in super().records():
            long = {"message": TEXT} if record["type"] in ("message", "broadcast") else {}
            yield record | long | {"account": self.account}

    def batches(self, rng: random.Random, lines: int) -> list[list[Record]]:
        first, *records = self.records()
        rng.shuffle(records)
        records.insert(0, first)
        return [records[at : at + lines] for at in range(0, len(records), lines)]


@dataclass(eq=False)
class History:
    """What one loader sent for an account: each batch was answered before the next one was sent."""

    account: str
    loads: list[Load] = field(default_factory=list)
    # The ids that came with each batch, by source.
    batches: list[Mapping[str, frozenset[str]]] = field(default_factory=list)
    answered: int = 0

    def sends(self, batch: Iterable[Record]) -> None:
        ids: dict[str, set[str]] = {"api": set(), "broadcasts": set()}
        for record in batch:
            if record["type"] == "message":
                ids["api"].add(record["client_message_id"])
            elif record["type"] == "send":
                ids["broadcasts"].add(record["message_id"])
        self.batches.append({source: frozenset(found) for source, found in ids.items()})

    def was_answered(self) -> None:
        self.answered = len(self.batches)

    def of(self, source: str) -> list[frozenset[str]]:
        """The ids of each batch that a file of `source` may hold."""
        return [frozenset().union(*(batch[part] for part in SOURCES[source])) for batch in list(self.batches)]


def wrong_ids(ids: Sequence[str], histories: Mapping[History, int], source: str) -> Iterator[str]:
    """What of a file's ids cannot be one moment of these histories, each with at least so many batches in it."""
    found = set(ids)
    if len(found) < len(ids):
        twice = [key for key, times in Counter(ids).items() if times > 1]
        yield f"{len(twice)} ids more than once, as {twice[0]}"
    for history, least in histories.items():
        batches = history.of(source)
        yield from _wrong_order(batches, least, found)
        found.difference_update(*batches)
    if found:
        yield f"{len(found)} ids that nobody sent, as {min(found)}"


def _wrong_order(batches: Sequence[frozenset[str]], least: int, found: Set[str]) -> Iterator[str]:
    """Batches are there from the first to one that is not before `least`, each of them whole."""
    first_missing = None
    for number, batch in enumerate(batches, start=1):
        missing = batch - found
        if missing and missing != batch:
            yield f"half of a batch: {len(missing)} of {len(batch)} ids are missing"
        if missing:
            first_missing = first_missing or number
        elif batch and first_missing:
            yield f"batch {number} without batch {first_missing}"
    if first_missing and first_missing <= least:
        yield f"batch {first_missing}, which was there before it began, is missing"


def wrong_rows(place: Place, histories: Iterable[History]) -> Iterator[str]:
    """What the tables hold otherwise than was sent, once everything was answered."""
    loads = [load for history in histories for load in history.loads]
    for name, (query, true) in ROWS.items():
        there = {str(mark): tuple(map(_number, rest)) for mark, *rest in place.ask(query)}
        expected = {load.mark.strip(): true(load.pairs) for load in loads}
        for mark in sorted(there.keys() | expected.keys()):
            if there.get(mark) != expected.get(mark):
                yield f"{name} of {mark}: {there.get(mark)} instead of {expected.get(mark)}"


def _number(value: object) -> int:
    return int(str(value))


def _requests(pairs: int) -> int:
    return -(-pairs // REQUEST)


# Counted by the load's mark: rows and what became of them, and the same of `pairs` that are complete.
ROWS: Mapping[str, tuple[str, Callable[[int], tuple[int, ...]]]] = {
    "messages": (
        "SELECT split_part(client_message_id, ' ', 1), count(*), count(*) FILTER (WHERE heads_request),"
        " count(DISTINCT request_key), count(*) FILTER (WHERE status = 'DELIVRD' AND sent_at IS NOT NULL)"
        " FROM messages_app_message GROUP BY 1",
        lambda pairs: (pairs, _requests(pairs), _requests(pairs), pairs),
    ),
    "sends": (
        "SELECT split_part(message_id, ' ', 1), count(*), sum(click_count), sum(action_count),"
        " count(*) FILTER (WHERE status = 'DELIVRD') FROM broadcasts_app_broadcastsend GROUP BY 1",
        lambda pairs: (pairs, 2 * pairs, pairs, pairs),
    ),
    "events": (
        "SELECT split_part(reference, ' ', 1), count(*), count(*) FILTER (WHERE waits) FROM ingest_event GROUP BY 1",
        lambda pairs: (pairs * EVENTS_OF_A_PAIR, 0),
    ),
    "broadcasts": (
        "SELECT split_part(key, ' ', 1), count(*) FROM broadcasts_app_broadcast GROUP BY 1",
        lambda pairs: (1,),
    ),
}
