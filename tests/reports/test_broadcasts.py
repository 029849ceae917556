"""Pages of the list of broadcasts, and of one broadcast with its funnel and timeline."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from broadcasts_app.models import Broadcast
from smsreports.reports import broadcast_timeline, broadcasts
from tests.conftest import DAY, click_line, load_lines, send_line
from tests.conftest import broadcast_line as campaign

WIDE = {"account": "acme", "to": "9999-12-31"}


def sends() -> Iterator[str]:
    """Yield six sends in two hours: four delivered, three clicked (one after the drawn hours), one with an action."""
    for number in range(6):
        hour = 10 + number % 2
        record: dict[str, Any] = {"message_id": f"s-{number}", "cost": "0.05", "sent_at": f"{DAY}T{hour}:00:00Z"}
        record |= {"status": "sent"}
        if number < 4:
            record |= {"status": "DELIVRD", "delivered_at": f"{DAY}T{hour}:00:05Z"}
        if number < 3:
            record |= {"clicked_at": f"{DAY}T{hour + 2}:30:00Z" if number else "2026-02-20T10:00:00Z"}
        if number == 1:
            record |= {"action_type": "order", "action_at": f"{DAY}T14:00:00Z"}
        yield send_line(**record)


@pytest.fixture
def promo(staff: Client) -> int:
    load_lines([campaign(), *sends(), campaign(account="globex", broadcast="theirs", name="Theirs")])
    return int(Broadcast.unscoped.get(key="promo").pk)


def action(**fields: Any) -> str:
    """Return a click line that loads as an action."""
    return click_line(type="action", **fields)


def get_page(staff: Client, row: int) -> Any:
    return staff.get(f"/reports/broadcasts/{row}", {"account": "acme"})


def test_the_list_has_only_the_accounts_broadcasts_with_their_sums(promo: int, staff: Client) -> None:
    (summary,) = staff.get("/reports/broadcasts", WIDE).context["summaries"]
    assert summary.broadcast.id == promo
    assert [step.number for step in summary.funnel.steps] == [6, 4, 3, 1]
    assert staff.get(summary.href).context["summary"].funnel == summary.funnel


def test_the_funnel_has_the_cost_of_each_step(promo: int, staff: Client) -> None:
    steps = get_page(staff, promo).context["summary"].funnel.steps
    assert [(step.name, step.number, step.share, step.cost_per_sms) for step in steps] == [
        ("sent", 6, Decimal(100), Decimal("0.0500")),
        ("delivered", 4, Decimal("66.67"), Decimal("0.0750")),
        ("clicked", 3, Decimal(50), Decimal("0.1000")),
        ("action", 1, Decimal("16.67"), Decimal("0.3000")),
    ]


def test_an_sms_with_two_actions_counts_once_in_the_funnel(promo: int, staff: Client) -> None:
    load_lines([action(message_id="s-1", action_type="return", at=f"{DAY}T15:00:00Z")])
    response = get_page(staff, promo)
    assert response.context["summary"].funnel.steps[-1].number == 1
    assert "2 actions in all" in response.content.decode()


def test_hours_are_counted_from_the_first_sms(promo: int, staff: Client) -> None:
    timeline = get_page(staff, promo).context["timeline"]
    numbers = [(hour, [number for number, _ in figures]) for hour, figures in timeline.hours]
    assert numbers == [
        (0, [3, 2, 0, 0]),
        (1, [3, 2, 0, 0]),
        (2, [0, 0, 1, 0]),
        (3, [0, 0, 1, 0]),
        (4, [0, 0, 0, 1]),
    ]
    ((name, figures),) = timeline.outside_hours
    assert (name, [number for number, _ in figures]) == ("later", [0, 0, 1, 0])


def test_the_timeline_counts_at_most_max_sampled_sends(
    promo: int, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (broadcasts, broadcast_timeline):
        monkeypatch.setattr(module, "MAX_SAMPLED_SENDS", 2)
    response = get_page(staff, promo)
    sent = [figures[0] for _, figures in response.context["timeline"].hours]
    assert (sum(number for number, _ in sent), {href for _, href in sent}) == (2, {""})
    assert "Of its first 2 SMS;" in response.content.decode()


def test_a_broadcast_without_sends_has_an_empty_funnel(staff: Client) -> None:
    load_lines([campaign()])
    steps = get_page(staff, Broadcast.unscoped.get().pk).context["summary"].funnel.steps
    assert [(step.number, step.cost_per_sms) for step in steps] == [(0, None)] * 4


def test_a_broadcast_of_another_account_is_not_found(promo: int, staff: Client) -> None:
    theirs = Broadcast.unscoped.get(key="theirs").pk
    assert [get_page(staff, row).status_code for row in (promo, theirs, 0, 2**64)] == [200, 404, 404, 404]


def test_next_links_lead_through_the_whole_list(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "PAGE_SIZE", 2)
    load_lines(campaign(broadcast=f"b-{number}", created_at=f"{DAY}T10:0{number}:00Z") for number in range(5))
    response, keys = staff.get("/reports/broadcasts", WIDE), []
    while True:
        keys += [summary.broadcast.key for summary in response.context["summaries"]]
        if "next" not in response.context["pages"].links:
            break
        response = staff.get(response.context["pages"].links["next"])
    assert keys == ["b-4", "b-3", "b-2", "b-1", "b-0"]


def test_the_csv_file_has_the_list(promo: int, staff: Client) -> None:
    file = staff.get("/reports/broadcasts", WIDE | {"format": "csv"}).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(file))
    assert (row["key"], row["sent"], row["delivered"], row["clicked"], row["cost"]) == ("promo", "6", "4", "3", "0.3")


def test_a_page_without_broadcasts_has_a_notice(promo: int, staff: Client) -> None:
    text = staff.get("/reports/broadcasts?account=acme&to=2001-01-01").content.decode()
    assert "No broadcast was made here" in text
