"""Broadcasts and sends on the staff pages: shown, and never written by hand."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.accounts.models import Account
from tests.broadcasts_app.conftest import NOON, campaign

# The session, its user, the patience of the database, the number of rows, a page's keys, its rows.
QUERIES = 6
MODELS = pytest.mark.parametrize("model", [Broadcast, BroadcastSend], ids=lambda model: model.__name__)


def address(model: Any, page: str, *key: int) -> str:
    return reverse(f"admin:broadcasts_app_{model._meta.model_name}_{page}", args=key)


@pytest.fixture
def rows(account: Account) -> None:
    """A broadcast of one send, of each of two accounts."""
    campaign(account, "promo", 1)
    campaign(Account.objects.create(name="other"), "winter", 1)


@pytest.mark.usefixtures("rows")
@MODELS
def test_the_list_shows_every_accounts_rows(staff: Client, model: Any) -> None:
    shown = staff.get(address(model, "changelist")).content.decode()
    assert "promo" in shown
    assert "winter" in shown


@pytest.mark.usefixtures("rows")
@MODELS
def test_a_page_shows_every_column_of_a_row(staff: Client, model: Any) -> None:
    shown = staff.get(address(model, "change", model.everyones.first().pk)).content.decode()
    for field in model._meta.fields:
        assert field.name == "id" or f"field-{field.name}" in shown


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("page", ["add", "change", "delete"])
@MODELS
def test_a_row_is_not_written(staff: Client, model: Any, page: str) -> None:
    before = list(model.everyones.values())
    key = [] if page == "add" else [before[0]["id"]]
    assert staff.post(address(model, page, *key), {"post": "yes", "name": "x", "status": "x"}).status_code == 403
    assert list(model.everyones.values()) == before


@pytest.mark.usefixtures("rows")
@MODELS
def test_a_list_has_no_action_that_deletes(staff: Client, model: Any) -> None:
    chosen = [str(row.pk) for row in model.everyones.all()]
    form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    staff.post(address(model, "changelist"), form)
    assert model.everyones.count() == 2


@pytest.mark.usefixtures("rows")
@MODELS
def test_a_row_is_found_by_its_key(staff: Client, model: Any) -> None:
    key = {Broadcast: "winter", BroadcastSend: "winter-0"}[model]
    shown = staff.get(address(model, "changelist"), {"q": key}).content.decode()
    assert f">{key}<" in shown
    assert ">promo" not in shown


def test_a_broadcast_shows_its_funnel_from_the_counters(staff: Client, account: Account) -> None:
    made = campaign(account, "promo", 8)
    ids = list(BroadcastSend.everyones.values_list("pk", flat=True))
    BroadcastSend.everyones.filter(pk__in=ids[:6]).update(status="DELIVRD")
    BroadcastSend.everyones.filter(pk__in=ids[:3]).update(clicked_at=NOON, click_count=5)
    BroadcastSend.everyones.filter(pk=ids[0]).update(action_type="registration", action_at=NOON, action_count=1)
    campaign(account, "another", 5)
    shown = staff.get(address(Broadcast, "change", made.pk)).content.decode()
    rows = re.findall(r"<tr><td>([a-z]+)</td><td>([0-9,]+)</td><td>(.*?)</td><td>(.*?)</td></tr>", shown)
    assert rows == [
        ("sent", "8", "100.00 %", "0.0325"),
        ("delivered", "6", "75.00 %", "0.0433"),
        ("clicked", "3", "37.50 %", "0.0867"),
        ("action", "1", "12.50 %", "0.26"),
    ]


def test_a_broadcast_without_sends_has_a_funnel_of_nothing(staff: Client, account: Account) -> None:
    made = campaign(account, "empty", 0)
    shown = staff.get(address(Broadcast, "change", made.pk)).content.decode()
    assert "<td>sent</td><td>0</td><td></td><td>-</td>" in shown


@pytest.mark.usefixtures("rows")
def test_a_broadcast_leads_to_its_sends_and_a_send_to_its_broadcast(staff: Client) -> None:
    winter = Broadcast.everyones.get(key="winter")
    page = staff.get(address(Broadcast, "change", winter.pk)).content.decode()
    [link] = re.findall(r'href="([^"]*broadcastsend[^"]*broadcast=[0-9]+)"', page)
    sends = staff.get(link).content.decode()
    assert "winter-0" in sends
    assert "promo-0" not in sends
    assert "1 broadcast send." in sends
    assert f'href="{address(Broadcast, "change", winter.pk)}"' in sends


@pytest.mark.parametrize("broadcast", ["0", "999999999", "9" * 30, "x", "%00", "-1"])
def test_a_broadcast_that_is_none_has_no_sends(staff: Client, broadcast: str) -> None:
    shown = staff.get(f"{address(BroadcastSend, 'changelist')}?broadcast={broadcast}")
    assert shown.status_code in (200, 400)
    assert "Nothing is listed." in shown.content.decode()


@MODELS
def test_the_list_takes_as_many_queries_for_many_rows_as_for_one(
    staff: Client, model: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        campaign(Account.objects.create(name=f"account-{number}"), f"b-{number}", 2)
        with django_assert_num_queries(QUERIES):
            staff.get(address(model, "changelist"))


@pytest.mark.usefixtures("rows")
@MODELS
def test_who_may_not_see_traffic_does_not(client: Client, model: Any) -> None:
    client.force_login(User.objects.create_user("somebody", is_staff=True))
    assert client.get(address(model, "changelist")).status_code == 403
    client.logout()
    assert client.get(address(model, "changelist")).status_code == 302
