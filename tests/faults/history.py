"""Traffic that was sent, in order, and checks of files and tables against it."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from tests.ingest.conftest import Record
from tests.ingest.load_killer import EVENTS_PER_PAIR, MESSAGES_PER_REQUEST, LoadTarget, Traffic

# Long rows: a file of some thousands does not fit into the buffers between the server and its client.
TEXT = "Your code is not to be told to anybody. " * 25
SOURCES: Mapping[str, tuple[str, ...]] = {"all": ("api", "broadcasts"), "api": ("api",), "broadcasts": ("broadcasts",)}


@dataclass(frozen=True)
class AccountTraffic(Traffic):
    """Traffic of an account. Its broadcast comes first, so that no line is rejected."""

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
    """Batches that one loader sent for an account, each after the response to the one before."""

    account: str
    loads: list[AccountTraffic] = field(default_factory=list)
    # Ids in each batch, by source.
    batches: list[Mapping[str, frozenset[str]]] = field(default_factory=list)
    answered: int = 0

    def add_batch(self, batch: Iterable[Record]) -> None:
        ids: dict[str, set[str]] = {"api": set(), "broadcasts": set()}
        for record in batch:
            if record["type"] == "message":
                ids["api"].add(record["client_message_id"])
            elif record["type"] == "send":
                ids["broadcasts"].add(record["message_id"])
        self.batches.append({source: frozenset(keys) for source, keys in ids.items()})

    def mark_answered(self) -> None:
        self.answered = len(self.batches)

    def batches_of_source(self, source: str) -> list[frozenset[str]]:
        """Return the ids of each batch that a file of `source` may contain."""
        return [frozenset().union(*(batch[part] for part in SOURCES[source])) for batch in list(self.batches)]


def find_wrong_ids(ids: Sequence[str], histories: Mapping[History, int], source: str) -> Iterator[str]:
    """Yield errors unless the ids of a file are a snapshot of the histories.

    `histories` maps each history to the number of batches that the snapshot must contain at least.
    """
    left = set(ids)
    if len(left) < len(ids):
        repeated = [key for key, times in Counter(ids).items() if times > 1]
        yield f"{len(repeated)} ids more than once, such as {repeated[0]}"
    for history, min_batches in histories.items():
        batches = history.batches_of_source(source)
        yield from _find_order_errors(batches, min_batches, left)
        left.difference_update(*batches)
    if left:
        yield f"{len(left)} ids that were not sent, such as {min(left)}"


def _find_order_errors(batches: Sequence[frozenset[str]], min_batches: int, ids: Set[str]) -> Iterator[str]:
    """Yield errors unless `ids` contains the first `min_batches` batches or more, each of them whole."""
    first_missing = None
    for number, batch in enumerate(batches, start=1):
        missing = batch - ids
        if missing and missing != batch:
            yield f"half of a batch: {len(missing)} of {len(batch)} ids are missing"
        if missing:
            first_missing = first_missing or number
        elif batch and first_missing:
            yield f"batch {number} without batch {first_missing}"
    if first_missing and first_missing <= min_batches:
        yield f"batch {first_missing}, which was stored before the export started, is missing"


def find_wrong_rows(place: LoadTarget, histories: Iterable[History]) -> Iterator[str]:
    """Yield differences between the tables and the traffic that was sent, once everything was answered."""
    loads = [load for history in histories for load in history.loads]
    for name, (query, expected_counts) in ROW_COUNTS.items():
        stored = {str(mark): tuple(map(_parse_int, counts)) for mark, *counts in place.query(query)}
        expected = {load.mark.strip(): expected_counts(load.pairs) for load in loads}
        for mark in sorted(stored.keys() | expected.keys()):
            if stored.get(mark) != expected.get(mark):
                yield f"{name} of {mark}: {stored.get(mark)} instead of {expected.get(mark)}"


def _parse_int(value: object) -> int:
    return int(str(value))


def _count_requests(pairs: int) -> int:
    return -(-pairs // MESSAGES_PER_REQUEST)


# By table: a query for counts by the load's mark, and the counts that a complete load of `pairs` has.
ROW_COUNTS: Mapping[str, tuple[str, Callable[[int], tuple[int, ...]]]] = {
    "messages": (
        "SELECT split_part(client_message_id, ' ', 1), count(*), count(*) FILTER (WHERE heads_request),"
        " count(DISTINCT request_key), count(*) FILTER (WHERE status = 'DELIVRD' AND sent_at IS NOT NULL)"
        " FROM messages_app_message GROUP BY 1",
        lambda pairs: (pairs, _count_requests(pairs), _count_requests(pairs), pairs),
    ),
    "sends": (
        "SELECT split_part(message_id, ' ', 1), count(*), sum(click_count), sum(action_count),"
        " count(*) FILTER (WHERE status = 'DELIVRD') FROM broadcasts_app_broadcastsend GROUP BY 1",
        lambda pairs: (pairs, 2 * pairs, pairs, pairs),
    ),
    "events": (
        "SELECT split_part(reference, ' ', 1), count(*), count(*) FILTER (WHERE waits) FROM ingest_event GROUP BY 1",
        lambda pairs: (pairs * EVENTS_PER_PAIR, 0),
    ),
    "broadcasts": (
        "SELECT split_part(key, ' ', 1), count(*) FROM broadcasts_app_broadcast GROUP BY 1",
        lambda pairs: (1,),
    ),
}
