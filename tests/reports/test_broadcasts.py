"""Broadcasts: the list, and the funnel and the hours of one."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from broadcasts_app.models import Broadcast
from smsreports.reports import broadcast_timeline, broadcasts
from tests.conftest import DAY, click, load, send
from tests.conftest import broadcast as campaign

WIDE = {"account": "acme", "to": "9999-12-31"}


def sends() -> Iterator[str]:
    """Six sends in two hours: four arrived, three were clicked, one of them later than is drawn, and one led on."""
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
        yield send(**record)


@pytest.fixture
def promo(staff: Client) -> int:
    load([campaign(), *sends(), campaign(account="globex", broadcast="theirs", name="Theirs")])
    return int(Broadcast.everyones.get(key="promo").pk)


def action(**fields: Any) -> str:
    """A line that loads as an action that a send led to."""
    return click(type="action", **fields)


def page(staff: Client, row: int) -> Any:
    return staff.get(f"/reports/broadcasts/{row}", {"account": "acme"})


def test_the_list_has_the_account_s_broadcasts_with_their_sums(promo: int, staff: Client) -> None:
    (one,) = staff.get("/reports/broadcasts", WIDE).context["campaigns"]
    assert one.broadcast.pk == promo
    assert [step.number for step in one.funnel.steps] == [6, 4, 3, 1]
    assert staff.get(one.href).context["campaign"].funnel == one.funnel


def test_the_funnel_has_the_money_of_each_step(promo: int, staff: Client) -> None:
    steps = page(staff, promo).context["campaign"].funnel.steps
    assert [(step.name, step.number, step.share, step.each) for step in steps] == [
        ("sent", 6, Decimal(100), Decimal("0.0500")),
        ("delivered", 4, Decimal("66.67"), Decimal("0.0750")),
        ("clicked", 3, Decimal(50), Decimal("0.1000")),
        ("action", 1, Decimal("16.67"), Decimal("0.3000")),
    ]


def test_an_sms_that_led_to_two_actions_is_one_that_led_to_an_action(promo: int, staff: Client) -> None:
    load([action(message_id="s-1", action_type="return", at=f"{DAY}T15:00:00Z")])
    answer = page(staff, promo)
    assert answer.context["campaign"].funnel.steps[-1].number == 1
    assert "2 actions in all" in answer.content.decode()


def test_hours_count_from_the_first_sms(promo: int, staff: Client) -> None:
    found = page(staff, promo).context
    numbers = [(hour, [number for number, _ in figures]) for hour, figures in found["hours"]]
    assert numbers == [
        (0, [3, 2, 0, 0]),
        (1, [3, 2, 0, 0]),
        (2, [0, 0, 1, 0]),
        (3, [0, 0, 1, 0]),
        (4, [0, 0, 0, 1]),
    ]
    ((name, figures),) = found["outside"]
    assert (name, [number for number, _ in figures]) == ("later", [0, 0, 1, 0])


def test_only_so_many_sends_are_looked_at(promo: int, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (broadcasts, broadcast_timeline):
        monkeypatch.setattr(module, "MAX_SAMPLED_SENDS", 2)
    answer = page(staff, promo)
    sent = [figures[0] for _, figures in answer.context["hours"]]
    assert (sum(number for number, _ in sent), {href for _, href in sent}) == (2, {""})
    assert "Of its first 2 SMS;" in answer.content.decode()


def test_a_broadcast_without_sends_has_an_empty_funnel(staff: Client) -> None:
    load([campaign()])
    steps = page(staff, Broadcast.everyones.get().pk).context["campaign"].funnel.steps
    assert [(step.number, step.each) for step in steps] == [(0, None)] * 4


def test_another_account_s_broadcast_is_not_found(promo: int, staff: Client) -> None:
    theirs = Broadcast.everyones.get(key="theirs").pk
    assert [page(staff, row).status_code for row in (promo, theirs, 0, 2**64)] == [200, 404, 404, 404]


def test_pages_lead_through_the_list(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "PAGE_SIZE", 2)
    load(campaign(broadcast=f"b-{number}", created_at=f"{DAY}T10:0{number}:00Z") for number in range(5))
    answer, keys = staff.get("/reports/broadcasts", WIDE), []
    while True:
        keys += [one.broadcast.key for one in answer.context["campaigns"]]
        if "next" not in answer.context["pages"].links:
            break
        answer = staff.get(answer.context["pages"].links["next"])
    assert keys == ["b-4", "b-3", "b-2", "b-1", "b-0"]


def test_the_file_has_the_list(promo: int, staff: Client) -> None:
    file = staff.get("/reports/broadcasts", WIDE | {"format": "csv"}).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(file))
    assert (row["key"], row["sent"], row["delivered"], row["clicked"], row["cost"]) == ("promo", "6", "4", "3", "0.3")


def test_a_time_without_broadcasts_says_so(promo: int, staff: Client) -> None:
    text = staff.get("/reports/broadcasts?account=acme&to=2001-01-01").content.decode()
    assert "No broadcast was made here" in text
