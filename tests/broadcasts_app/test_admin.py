"""Read-only admin of broadcasts and sends."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.accounts.models import Account
from tests.broadcasts_app.conftest import NOON, create_broadcast

# The session, its user, the statement timeout, the number of rows, the page's keys, its rows.
QUERIES = 6
MODELS = pytest.mark.parametrize("model", [Broadcast, BroadcastSend], ids=lambda model: model.__name__)


def admin_url(model: Any, page: str, *key: int) -> str:
    return reverse(f"admin:broadcasts_app_{model._meta.model_name}_{page}", args=key)


@pytest.fixture
def rows(account: Account) -> None:
    """Save a broadcast with one send for each of two accounts."""
    create_broadcast(account, "promo", 1)
    create_broadcast(Account.objects.create(name="other"), "winter", 1)


@pytest.mark.usefixtures("rows")
@MODELS
def test_the_list_shows_every_accounts_rows(staff: Client, model: Any) -> None:
    page_text = staff.get(admin_url(model, "changelist")).content.decode()
    assert "promo" in page_text
    assert "winter" in page_text


@pytest.mark.usefixtures("rows")
@MODELS
def test_a_page_shows_every_column_of_a_row(staff: Client, model: Any) -> None:
    page_text = staff.get(admin_url(model, "change", model.unscoped.first().pk)).content.decode()
    for field in model._meta.fields:
        assert field.name == "id" or f"field-{field.name}" in page_text


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("page", ["add", "change", "delete"])
@MODELS
def test_a_row_cannot_be_written(staff: Client, model: Any, page: str) -> None:
    before = list(model.unscoped.values())
    key = [] if page == "add" else [before[0]["id"]]
    assert staff.post(admin_url(model, page, *key), {"post": "yes", "name": "x", "status": "x"}).status_code == 403
    assert list(model.unscoped.values()) == before


@pytest.mark.usefixtures("rows")
@MODELS
def test_the_list_has_no_delete_action(staff: Client, model: Any) -> None:
    chosen = [str(row.pk) for row in model.unscoped.all()]
    form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    staff.post(admin_url(model, "changelist"), form)
    assert model.unscoped.count() == 2


@pytest.mark.usefixtures("rows")
@MODELS
def test_a_row_is_found_by_its_key(staff: Client, model: Any) -> None:
    key = {Broadcast: "winter", BroadcastSend: "winter-0"}[model]
    page_text = staff.get(admin_url(model, "changelist"), {"q": key}).content.decode()
    assert f">{key}<" in page_text
    assert ">promo" not in page_text


def test_a_broadcast_shows_its_funnel_from_the_counters(staff: Client, account: Account) -> None:
    promo = create_broadcast(account, "promo", 8)
    ids = list(BroadcastSend.unscoped.values_list("pk", flat=True))
    BroadcastSend.unscoped.filter(pk__in=ids[:6]).update(status="DELIVRD")
    BroadcastSend.unscoped.filter(pk__in=ids[:3]).update(clicked_at=NOON, click_count=5)
    BroadcastSend.unscoped.filter(pk=ids[0]).update(action_type="registration", action_at=NOON, action_count=1)
    create_broadcast(account, "another", 5)
    page_text = staff.get(admin_url(Broadcast, "change", promo.pk)).content.decode()
    rows = re.findall(r"<td>([a-z]+)</td>\s*<td>([0-9,]+)</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>\s*</tr>", page_text)
    assert rows == [
        ("sent", "8", "100.00 %", "0.0325"),
        ("delivered", "6", "75.00 %", "0.0433"),
        ("clicked", "3", "37.50 %", "0.0867"),
        ("action", "1", "12.50 %", "0.26"),
    ]


def test_the_funnel_of_a_broadcast_without_sends_is_empty(staff: Client, account: Account) -> None:
    empty = create_broadcast(account, "empty", 0)
    page_text = staff.get(admin_url(Broadcast, "change", empty.pk)).content.decode()
    assert re.search(r"<td>sent</td>\s*<td>0</td>\s*<td></td>\s*<td>-</td>", page_text)


@pytest.mark.usefixtures("rows")
def test_a_broadcast_links_to_its_sends_and_a_send_to_its_broadcast(staff: Client) -> None:
    winter = Broadcast.unscoped.get(key="winter")
    page = staff.get(admin_url(Broadcast, "change", winter.pk)).content.decode()
    [link] = re.findall(r'href="([^"]*broadcastsend[^"]*broadcast=[0-9]+)"', page)
    sends = staff.get(link).content.decode()
    assert "winter-0" in sends
    assert "promo-0" not in sends
    assert "1 broadcast send." in sends
    assert f'href="{admin_url(Broadcast, "change", winter.pk)}"' in sends


@pytest.mark.parametrize("broadcast", ["0", "999999999", "9" * 30, "x", "%00", "-1"])
def test_an_unknown_broadcast_lists_no_sends(staff: Client, broadcast: str) -> None:
    response = staff.get(f"{admin_url(BroadcastSend, 'changelist')}?broadcast={broadcast}")
    assert response.status_code in (200, 400)
    assert "Nothing is listed." in response.content.decode()


@MODELS
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    staff: Client, model: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        create_broadcast(Account.objects.create(name=f"account-{number}"), f"b-{number}", 2)
        with django_assert_num_queries(QUERIES):
            staff.get(admin_url(model, "changelist"))


@pytest.mark.usefixtures("rows")
@MODELS
def test_the_list_needs_the_view_permission(client: Client, model: Any) -> None:
    client.force_login(User.objects.create_user("somebody", is_staff=True))
    assert client.get(admin_url(model, "changelist")).status_code == 403
    client.logout()
    assert client.get(admin_url(model, "changelist")).status_code == 302
