"""Masked numbers and texts on staff pages, and revealing them for a reason."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.accounts.masking import MIN_HIDDEN_DIGITS, mask_number
from smsreports.accounts.models import Account, Reveal
from tests.broadcasts_app.conftest import create_broadcast
from tests.conftest import support_role
from tests.messages_app.conftest import build_message

NUMBER, TEXT, MASKED = "+447911123456", "Your code is 847291", "+4479•••••456"
LIST = reverse("admin:messages_app_message_changelist")
REASON = "the customer asked whether it came, ticket A"


@pytest.fixture
def row(account: Account) -> Message:
    saved = build_message(account, recipient=NUMBER, text=TEXT, message_id="c-1")
    saved.save()
    return saved


def build_url(row: Message, page: str) -> str:
    return reverse(f"admin:messages_app_message_{page}", args=[row.pk])


def test_a_masked_number_shows_its_beginning_and_end() -> None:
    assert mask_number(NUMBER) == MASKED
    assert mask_number("+123456789") == "+1" + "•••••" + "789"
    assert mask_number("+12345") == "+•••••"


@given(st.from_regex(r"\+[0-9]{1,15}", fullmatch=True))
def test_a_masked_number_keeps_its_length_and_hides_enough_digits(number: str) -> None:
    masked = mask_number(number)
    assert len(masked) == len(number)
    assert masked.count("•") >= min(MIN_HIDDEN_DIGITS, len(number) - 1)
    assert all(mark in ("•", digit) for mark, digit in zip(masked, number, strict=True))


def test_support_sees_masked_numbers_and_no_texts(support: Client, row: Message) -> None:
    create_broadcast(row.account, "promo", 1)
    pages = [LIST, build_url(row, "change"), reverse("admin:broadcasts_app_broadcastsend_changelist")]
    for page in (*pages, reverse("admin:broadcasts_app_broadcast_changelist")):
        content = support.get(page).content.decode()
        assert "•••••" in content or "broadcast_" in content or "/broadcast/" in content
        assert not any(secret in content for secret in (NUMBER, NUMBER[1:], TEXT, "50% off today!"))


def test_the_permission_shows_whole_numbers_and_texts(client: Client, row: Message) -> None:
    seeing = User.objects.create_user("seeing", is_staff=True)
    seeing.user_permissions.set(Permission.objects.filter(codename__in=["view_message", "see_numbers"]))
    client.force_login(seeing)
    assert NUMBER in client.get(LIST).content.decode()
    assert TEXT in client.get(build_url(row, "change")).content.decode()


@pytest.mark.parametrize("typed", [NUMBER, NUMBER[1:], "+44 7911 123-456", "(44) 7911123456", "0044(0)7911.123456"])
def test_support_can_search_for_a_whole_number(support: Client, row: Message, typed: str) -> None:
    assert row.client_message_id in support.get(LIST, {"q": typed}).content.decode()


@pytest.mark.parametrize("part", [NUMBER[1:-1], NUMBER[:-1], "7911123456", "123456", "4479"])
def test_support_cannot_search_for_part_of_a_number(support: Client, staff: Client, row: Message, part: str) -> None:
    assert row.client_message_id not in support.get(LIST, {"q": part}).content.decode()
    assert row.client_message_id in staff.get(LIST, {"q": part}).content.decode()


def test_support_can_search_for_a_short_code(support: Client, account: Account) -> None:
    build_message(account, recipient="22122", message_id="c-1").save()
    assert "2••••" in support.get(LIST, {"q": "22-122"}).content.decode()
    assert "2••••" not in support.get(LIST, {"q": "2212"}).content.decode()


def test_support_cannot_filter_by_part_of_a_number(support: Client, staff: Client, row: Message) -> None:
    query = {"account": "acme", "phone": "447911"}
    answer = support.get(LIST, query)
    assert (answer.status_code, row.client_message_id in answer.content.decode()) == (400, False)
    assert "needs the permission to see whole numbers" in answer.content.decode()
    assert row.client_message_id in staff.get(LIST, query).content.decode()


def test_a_reveal_is_recorded_with_its_reason(support: Client, row: Message) -> None:
    [link] = re.findall(r'href="([^"]*/reveal/)"', support.get(build_url(row, "change")).content.decode())
    assert TEXT not in support.get(link).content.decode()
    answer = support.post(link, {"reason": REASON})
    assert NUMBER in answer.content.decode()
    assert TEXT in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    reveal = Reveal.objects.get()
    assert (reveal.user.username, reveal.account, reveal.reason) == ("somebody of support", row.account, REASON)
    assert reveal.address == "127.0.0.1"
    assert (reveal.model, reveal.row, reveal.reference) == ("messages_app.message", row.pk, "m-1")
    assert TEXT not in support.get(link).content.decode()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    "reason", ["", "   ", "why", "x" * 201, "a\0b and more", f"is it {NUMBER}?", "ends in 12 34 56", f"it said {TEXT}"]
)
def test_an_invalid_reason_reveals_nothing(support: Client, row: Message, reason: str) -> None:
    answer = support.post(build_url(row, "reveal"), {"reason": reason})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert "<dd>" not in answer.content.decode()
    assert not Reveal.objects.exists()


def test_a_revealed_text_is_escaped(support: Client, account: Account) -> None:
    evil = build_message(account, text="<script>alert(1)</script>")
    evil.save()
    page = support.post(build_url(evil, "reveal"), {"reason": REASON}).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_the_view_permission_does_not_allow_a_reveal(client: Client, newcomer: Client, row: Message) -> None:
    looking = User.objects.create_user("looking", is_staff=True)
    looking.user_permissions.set(Permission.objects.filter(codename="view_message"))
    client.force_login(looking)
    page = client.get(build_url(row, "change")).content.decode()
    assert MASKED in page
    assert "/reveal/" not in page
    for browser in (client, newcomer):
        assert browser.post(build_url(row, "reveal"), {"reason": REASON}).status_code == 403
    assert Client().post(build_url(row, "reveal"), {"reason": REASON}).status_code == 302
    assert not Reveal.objects.exists()


@pytest.mark.parametrize("model", [Broadcast, BroadcastSend], ids=lambda model: model.__name__)
def test_broadcasts_and_their_sms_can_be_revealed(support: Client, account: Account, model: Any) -> None:
    create_broadcast(account, "promo", 1)
    row = model.unscoped.get()
    answer = support.post(
        reverse(f"admin:broadcasts_app_{model._meta.model_name}_reveal", args=[row.pk]), {"reason": REASON}
    )
    assert "50% off today!" in answer.content.decode()
    reveal = Reveal.objects.get()
    assert (reveal.model, reveal.row, reveal.reference) == (model._meta.label_lower, row.pk, str(row))


def test_the_support_role_can_view_and_reveal_only(db: None) -> None:
    expected = {"view_account", "view_message", "view_broadcast", "view_broadcastsend", "view_event", "add_reveal"}
    assert set(support_role().permissions.values_list("codename", flat=True)) == expected


@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "_00"])
def test_a_missing_row_cannot_be_revealed(support: Client, key: str) -> None:
    page = f"{LIST}{key}/reveal/"
    answer = support.post(page, {"reason": REASON}, follow=True)
    assert answer.status_code == 200
    assert "exist" in answer.content.decode()


@pytest.mark.parametrize("change", ["UPDATE accounts_reveal SET reason = 'none'", "DELETE FROM accounts_reveal"])
def test_the_database_refuses_to_change_or_delete_a_reveal(support: Client, row: Message, change: str) -> None:
    support.post(build_url(row, "reveal"), {"reason": REASON})
    with pytest.raises(ProgrammingError, match="stays on record"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert Reveal.objects.get().reason == REASON


def test_the_log_of_reveals_is_read_only(staff: Client, support: Client, row: Message) -> None:
    support.post(build_url(row, "reveal"), {"reason": REASON})
    list_url, reveal_key = reverse("admin:accounts_reveal_changelist"), Reveal.objects.get().pk
    assert REASON in staff.get(list_url).content.decode()
    assert support.get(list_url).status_code == 403
    for page, key in (("add", []), ("change", [reveal_key]), ("delete", [reveal_key])):
        form: Any = {"reason": "another", "post": "yes"}
        assert staff.post(reverse(f"admin:accounts_reveal_{page}", args=key), form).status_code == 403
