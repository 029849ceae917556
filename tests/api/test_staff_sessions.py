"""Sessions of staff: they end, and end with their user."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

PAGE = "/reports/"
# Of the length of a key, but nobody's.
UNKNOWN = "x" * 32


def test_a_session_that_has_ended_is_none(staff: Client) -> None:
    assert staff.get(PAGE).status_code == 200
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert staff.get(PAGE).status_code == 302


def test_who_was_switched_off_or_is_gone_is_logged_out(staff: Client) -> None:
    User.objects.update(is_active=False)
    assert staff.get(PAGE).status_code == 302
    User.objects.update(is_active=True)
    assert staff.get(PAGE).status_code == 200
    User.objects.all().delete()
    assert staff.get(PAGE).status_code == 302


def test_nobody_chooses_the_key_of_a_session(staff: Client) -> None:
    browser = Client()
    browser.cookies["sessionid"] = UNKNOWN
    assert browser.get(PAGE).status_code == 302
    user = User.objects.get()
    user.set_password("a password of the tests")
    user.save()
    browser.post("/reports/login", {"username": user.username, "password": "a password of the tests"})
    assert browser.get(PAGE).status_code == 200
    assert browser.cookies["sessionid"].value != UNKNOWN
