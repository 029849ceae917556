"""Read-only admin of messages."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from messages_app.models import Message
from smsreports.accounts.models import Account
from tests.messages_app.conftest import build_message

ADMIN = "admin:messages_app_message"
LIST = f"{ADMIN}_changelist"
# The session, its user, the statement timeout, the number of rows, the page's keys, its rows.
QUERIES = 6


@pytest.fixture
def row(account: Account) -> Message:
    message = build_message(account)
    message.save()
    return message


def test_the_list_shows_every_accounts_rows(staff: Client, row: Message) -> None:
    build_message(Account.objects.create(name="other"), "m-of-other").save()
    page_text = staff.get(reverse(LIST)).content.decode()
    assert row.client_message_id in page_text
    assert "m-of-other" in page_text


def test_a_page_shows_every_column_of_a_row(staff: Client, row: Message) -> None:
    response = staff.get(reverse(f"{ADMIN}_change", args=[row.pk]))
    assert response.status_code == 200
    for field in Message._meta.get_fields():
        assert field.name == "id" or f"field-{field.name}" in response.content.decode()


@pytest.mark.parametrize("page", ["add", "change", "delete"])
def test_a_row_cannot_be_written(staff: Client, row: Message, page: str) -> None:
    address = reverse(f"{ADMIN}_{page}", args=[] if page == "add" else [row.pk])
    form = {"post": "yes", "status": "DELIVRD", "recipient": "+49"}
    before = list(Message.unscoped.values())
    assert staff.post(address, form).status_code == 403
    assert list(Message.unscoped.values()) == before


def test_the_list_has_no_delete_action(staff: Client, row: Message) -> None:
    form = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    staff.post(reverse(LIST), form)
    assert Message.unscoped.exists()


def test_a_row_is_found_by_either_of_its_ids(staff: Client, account: Account) -> None:
    build_message(account, "m-1", message_id="c-1").save()
    build_message(account, "m-2", message_id="c-2").save()
    for search, matching, other in (("m-1", "m-1", "m-2"), ("c-2", "m-2", "m-1")):
        page_text = staff.get(reverse(LIST), {"q": search}).content.decode()
        assert f">{matching}<" in page_text
        assert f">{other}<" not in page_text


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    staff: Client, account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        build_message(Account.objects.create(name=f"other-{number}"), f"m-{number}").save()
        with django_assert_num_queries(QUERIES):
            staff.get(reverse(LIST))


def test_the_list_needs_the_view_permission(client: Client, row: Message) -> None:
    user = User.objects.create_user("somebody", is_staff=True)
    client.force_login(user)
    assert client.get(reverse(LIST)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_message"))
    assert client.get(reverse(LIST)).status_code == 200
    client.logout()
    assert client.get(reverse(LIST)).status_code == 302
