"""Random traffic in a real server: every response is compared with the reference model's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.conftest import LiveServer
from tests.oracle import queries, traffic
from tests.oracle.bad_requests import build_bad_requests
from tests.oracle.comparisons import find_mismatch, find_refusal_mismatch
from tests.oracle.differences import find_difference, parse_json
from tests.oracle.loaded_traffic import EVERYTHING, SEED, LoadedTraffic, build_loaded_traffic, take_snapshot
from tests.oracle.queries import QueryGenerator

# Enough for each endpoint with each filter several times, few enough for a test run.
QUERIES = 300
MAX_SHOWN = 5
# Names of accounts for the same traffic, loaded in another order.
OTHER_NAMES = dict(zip(traffic.ACCOUNTS, ("finch", "robin"), strict=True))
LOADED: list[LoadedTraffic] = []


@pytest.fixture
def loaded(live: LiveServer) -> LoadedTraffic:
    """Load the traffic once per server and return it."""
    for traffic_of_server in LOADED:
        if traffic_of_server.live is live:
            return traffic_of_server
    today = datetime.now(UTC).date()
    records = traffic.generate_records(SEED, today)
    live.load_lines(traffic.to_lines(records, SEED))
    LOADED.append(build_loaded_traffic(live, records, today))
    return LOADED[-1]


def test_every_response_is_that_of_the_model(loaded: LoadedTraffic) -> None:
    requests = QueryGenerator(loaded.records, loaded.today, SEED).draw_queries(QUERIES)
    assert_no_mismatch(loaded, (find_mismatch(loaded, query) for query in requests))


@pytest.mark.parametrize("seed", range(4))
def test_the_pages_of_a_list_are_its_total_and_its_export(loaded: LoadedTraffic, seed: int) -> None:
    generator = QueryGenerator(loaded.records, loaded.today, seed)
    for account in loaded.accounts:
        filters = generator.draw_filters(source=True, mostly_wide=True)
        rows = loaded.list_all(account, queries.UNIFIED, {**filters, "limit": str(29 + seed)})
        first = loaded.get_json(account, queries.UNIFIED, filters)
        file = loaded.get(account, queries.EXPORT, {**filters, "format": "ndjson"}.items())
        assert rows == [parse_json(line) for line in file.content.decode().split("\n")[:-1]], filters
        assert len(rows) == first["total"] == int(file.headers["X-Export-Total"]), filters
        assert len({(row["source"], row["id"]) for row in rows}) == len(rows), filters


def test_the_costs_of_the_sources_add_up_to_the_total(loaded: LoadedTraffic) -> None:
    for account in loaded.accounts:
        sums: dict[str, Decimal] = {}
        for source in queries.SOURCES:
            rows = loaded.list_all(account, queries.UNIFIED, {**EVERYTHING, "source": source, "limit": "100"})
            summary = loaded.get_json(account, queries.ERSAAL, {"source": source})["summary"]
            sums[source] = sum((Decimal(row["cost"]) for row in rows), Decimal(0))
            assert summary["total_cost"] == sums[source]
            assert summary["total_messages"] == len(rows)
        assert sums["all"] == sums["api"] + sums["broadcasts"]


@pytest.mark.parametrize("size", ["7", "100"])
def test_the_links_of_the_ersaal_list_lead_to_every_item_once(loaded: LoadedTraffic, size: str) -> None:
    for account in loaded.accounts:
        expected = [loaded.model.item_body(item) for item in loaded.model.filter_items(account, {})]
        assert find_difference(expected, loaded.list_all_items(account, {"per_page": size})) is None


def test_every_bad_request_is_refused_in_its_own_dialect(loaded: LoadedTraffic) -> None:
    generator = QueryGenerator(loaded.records, loaded.today, SEED)
    message, request = (generator.find_foreign_id(ids) for ids in (generator.message_ids, generator.request_ids))
    assert_no_mismatch(loaded, (find_refusal_mismatch(loaded, bad) for bad in build_bad_requests(message, request)))


def test_loading_the_same_file_twice_changes_no_response(loaded: LoadedTraffic) -> None:
    before = take_snapshot(loaded)
    loaded.live.load_lines(traffic.to_lines(loaded.records, SEED + 1))
    assert find_difference(before, take_snapshot(loaded)) is None


def test_a_shuffled_file_in_several_parts_gives_the_same_responses(loaded: LoadedTraffic) -> None:
    records = traffic.shuffle_records(traffic.rename_accounts(loaded.records, OTHER_NAMES), SEED)
    lines = traffic.to_lines(records, SEED)
    third = len(lines) // 3
    for part in (lines[:third], lines[third : 2 * third], lines[2 * third :]):
        loaded.live.load_lines(part)
    other = build_loaded_traffic(loaded.live, records, loaded.today)
    requests = QueryGenerator(records, loaded.today, SEED + 1).draw_queries(QUERIES // 3)
    assert_no_mismatch(other, (find_mismatch(other, query) for query in requests))


def assert_no_mismatch(loaded: LoadedTraffic, mismatches: Iterator[str | None]) -> None:
    """Fail with the first few mismatches; skip when the day ended meanwhile, which changes every period."""
    found = [text for text in mismatches if text]
    if datetime.now(UTC).date() != loaded.today:
        pytest.skip("the day ended during the test")
    shown = "\n".join(found[:MAX_SHOWN])
    assert not found, f"{len(found)} wrong responses, the first of them:\n{shown}"
