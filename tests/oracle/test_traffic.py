"""The generated traffic: repeatable, with rows on every edge and reports that have one winner."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.oracle import traffic
from tests.oracle.draws import NON_FINAL
from tests.oracle.model import FINAL_STATUSES, ReferenceModel
from tests.oracle.queries import QueryGenerator

TODAY = date(2026, 2, 13)


def test_the_traffic_has_rows_inside_and_outside_of_every_period() -> None:
    today = datetime.now(UTC).date()
    model = ReferenceModel(traffic.generate_records(1, today), today)
    for account in traffic.ACCOUNTS:
        everything = len(model.filter_rows(account, {"to": "9999-12-31"}))
        for period in ("today", "yesterday", "7d", "30d", "this_month", "last_month"):
            assert 0 < len(model.filter_rows(account, {"period": period})) < everything


def test_equal_times_meet_across_sources_and_accounts() -> None:
    model = ReferenceModel(traffic.generate_records(1, TODAY), TODAY)
    times = [
        {row.created_at for row in model.accounts[account].rows.values() if row.source == source}
        for account in traffic.ACCOUNTS
        for source in ("api", "campaign")
    ]
    assert len(set.intersection(*times)) > 10


def test_no_two_reports_of_a_row_disagree_without_a_winner() -> None:
    for row in _rows(ReferenceModel(traffic.generate_records(7, TODAY), TODAY)):
        best = row.winner
        equal = [report for report in row.reports if report.rank == best.rank]
        assert {(report.status, report.code) for report in equal} == {(best.status, best.code)}
        assert {report.delivered_at for report in equal} == {best.delivered_at}
        others = [report for report in row.reports if report.status in FINAL_STATUSES and report.at == best.at]
        assert best.status in ("DELIVRD", *NON_FINAL) or {report.status for report in others} == {best.status}


def test_equal_seeds_give_equal_records_and_queries() -> None:
    first, second = (traffic.generate_records(3, TODAY) for _ in range(2))
    assert first == second
    assert traffic.generate_records(4, TODAY) != first
    assert QueryGenerator(first, TODAY, 5).draw_queries(50) == QueryGenerator(second, TODAY, 5).draw_queries(50)


def test_every_broadcast_comes_before_its_sends() -> None:
    known = set()
    for record in traffic.generate_records(3, TODAY):
        if record["type"] == "broadcast":
            known.add((record["account"], record["broadcast"]))
        assert record["type"] != "send" or (record["account"], record["broadcast"]) in known


def test_no_row_is_sent_between_today_and_the_end_of_the_month() -> None:
    for today in (TODAY, date(2026, 12, 31), date(2024, 2, 29), date(2026, 3, 1)):
        next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        assert [day for day in traffic.list_edge_days(today) if day > today] == [next_month]


def _rows(model: ReferenceModel) -> Iterator[Any]:
    for account in model.accounts.values():
        yield from account.rows.values()
