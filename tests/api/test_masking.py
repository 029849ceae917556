"""What staff who may not see numbers see of one, and how they get to see it."""

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
from tests.broadcasts_app.conftest import campaign
from tests.conftest import support_role
from tests.messages_app.conftest import message

NUMBER, TEXT, MASKED = "+447911123456", "Your code is 847291", "+4479•••••456"
LIST = reverse("admin:messages_app_message_changelist")
REASON = "the customer asked whether it came, ticket A"


@pytest.fixture
def row(account: Account) -> Message:
    saved = message(account, recipient=NUMBER, text=TEXT, message_id="c-1")
    saved.save()
    return saved


def address(row: Message, page: str) -> str:
    return reverse(f"admin:messages_app_message_{page}", args=[row.pk])


def test_a_masked_number_shows_the_network_and_the_end() -> None:
    assert mask_number(NUMBER) == MASKED
    assert mask_number("+123456789") == "+1" + "•••••" + "789"
    assert mask_number("+12345") == "+•••••"


@given(st.from_regex(r"\+[0-9]{1,15}", fullmatch=True))
def test_a_masked_number_is_as_long_and_hides_enough(number: str) -> None:
    shown = mask_number(number)
    assert len(shown) == len(number)
    assert shown.count("•") >= min(MIN_HIDDEN_DIGITS, len(number) - 1)
    assert all(mark in ("•", digit) for mark, digit in zip(shown, number, strict=True))


def test_support_sees_masked_numbers_and_no_texts(support: Client, row: Message) -> None:
    campaign(row.account, "promo", 1)
    pages = [LIST, address(row, "change"), reverse("admin:broadcasts_app_broadcastsend_changelist")]
    for page in (*pages, reverse("admin:broadcasts_app_broadcast_changelist")):
        shown = support.get(page).content.decode()
        assert "•••••" in shown or "broadcast_" in page or "/broadcast/" in page
        assert not any(secret in shown for secret in (NUMBER, NUMBER[1:], TEXT, "50% off today!"))


def test_who_may_see_numbers_sees_them(client: Client, row: Message) -> None:
    seeing = User.objects.create_user("seeing", is_staff=True)
    seeing.user_permissions.set(Permission.objects.filter(codename__in=["view_message", "see_numbers"]))
    client.force_login(seeing)
    assert NUMBER in client.get(LIST).content.decode()
    assert TEXT in client.get(address(row, "change")).content.decode()


@pytest.mark.parametrize("typed", [NUMBER, NUMBER[1:], "+44 7911 123-456", "(44) 7911123456"])
def test_support_finds_a_number_that_it_knows_whole(support: Client, row: Message, typed: str) -> None:
    assert row.client_message_id in support.get(LIST, {"q": typed}).content.decode()


@pytest.mark.parametrize("part", [NUMBER[1:-1], "7911123456", "123456", "4479"])
def test_support_does_not_find_out_a_number_by_its_parts(
    support: Client, staff: Client, row: Message, part: str
) -> None:
    assert row.client_message_id not in support.get(LIST, {"q": part}).content.decode()
    assert row.client_message_id in staff.get(LIST, {"q": part}).content.decode()


def test_support_does_not_narrow_by_part_of_a_number(support: Client, staff: Client, row: Message) -> None:
    asked = {"account": "acme", "phone": "447911"}
    answer = support.get(LIST, asked)
    assert (answer.status_code, row.client_message_id in answer.content.decode()) == (400, False)
    assert "needs the permission to see whole numbers" in answer.content.decode()
    assert row.client_message_id in staff.get(LIST, asked).content.decode()


def test_a_message_is_revealed_for_a_reason_that_is_kept(support: Client, row: Message) -> None:
    [link] = re.findall(r'href="([^"]*/reveal/)"', support.get(address(row, "change")).content.decode())
    assert TEXT not in support.get(link).content.decode()
    answer = support.post(link, {"reason": REASON})
    assert NUMBER in answer.content.decode()
    assert TEXT in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    kept = Reveal.objects.get()
    assert (kept.user.username, kept.account, kept.reason) == ("somebody of support", row.account, REASON)
    assert kept.address == "127.0.0.1"
    assert (kept.model, kept.row, kept.reference) == ("messages_app.message", row.pk, "m-1")
    assert TEXT not in support.get(link).content.decode()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    "reason", ["", "   ", "why", "x" * 201, "a\0b and more", f"is it {NUMBER}?", "ends in 12 34 56", f"it said {TEXT}"]
)
def test_nothing_is_revealed_without_a_fit_reason(support: Client, row: Message, reason: str) -> None:
    shown = support.post(address(row, "reveal"), {"reason": reason})
    assert shown.status_code == 200
    assert "errorlist" in shown.content.decode()
    assert "<dd>" not in shown.content.decode()
    assert not Reveal.objects.exists()


def test_a_revealed_text_is_text_and_not_html(support: Client, account: Account) -> None:
    evil = message(account, text="<script>alert(1)</script>")
    evil.save()
    shown = support.post(address(evil, "reveal"), {"reason": REASON}).content.decode()
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown


def test_who_may_only_look_does_not_reveal(client: Client, newcomer: Client, row: Message) -> None:
    looking = User.objects.create_user("looking", is_staff=True)
    looking.user_permissions.set(Permission.objects.filter(codename="view_message"))
    client.force_login(looking)
    page = client.get(address(row, "change")).content.decode()
    assert MASKED in page
    assert "/reveal/" not in page
    for browser in (client, newcomer):
        assert browser.post(address(row, "reveal"), {"reason": REASON}).status_code == 403
    assert Client().post(address(row, "reveal"), {"reason": REASON}).status_code == 302
    assert not Reveal.objects.exists()


@pytest.mark.parametrize("model", [Broadcast, BroadcastSend], ids=lambda model: model.__name__)
def test_a_campaign_is_revealed_like_a_message(support: Client, account: Account, model: Any) -> None:
    campaign(account, "promo", 1)
    row = model.everyones.get()
    shown = support.post(
        reverse(f"admin:broadcasts_app_{model._meta.model_name}_reveal", args=[row.pk]), {"reason": REASON}
    )
    assert "50% off today!" in shown.content.decode()
    kept = Reveal.objects.get()
    assert (kept.model, kept.row, kept.reference) == (model._meta.label_lower, row.pk, str(row))


def test_the_role_looks_and_reveals_and_does_nothing_else(db: None) -> None:
    may = {"view_account", "view_message", "view_broadcast", "view_broadcastsend", "view_event", "add_reveal"}
    assert set(support_role().permissions.values_list("codename", flat=True)) == may


@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "_00"])
def test_what_is_not_there_is_not_revealed(support: Client, key: str) -> None:
    page = f"{LIST}{key}/reveal/"
    answer = support.post(page, {"reason": REASON}, follow=True)
    assert answer.status_code == 200
    assert "exist" in answer.content.decode()


@pytest.mark.parametrize("change", ["UPDATE accounts_reveal SET reason = 'none'", "DELETE FROM accounts_reveal"])
def test_the_database_refuses_to_change_what_was_revealed(support: Client, row: Message, change: str) -> None:
    support.post(address(row, "reveal"), {"reason": REASON})
    with pytest.raises(ProgrammingError, match="stays on record"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert Reveal.objects.get().reason == REASON


def test_the_log_is_read_by_those_who_may_and_written_by_nobody(staff: Client, support: Client, row: Message) -> None:
    support.post(address(row, "reveal"), {"reason": REASON})
    listed, own = reverse("admin:accounts_reveal_changelist"), Reveal.objects.get().pk
    assert REASON in staff.get(listed).content.decode()
    assert support.get(listed).status_code == 403
    for page, key in (("add", []), ("change", [own]), ("delete", [own])):
        form: Any = {"reason": "another", "post": "yes"}
        assert staff.post(reverse(f"admin:accounts_reveal_{page}", args=key), form).status_code == 403
