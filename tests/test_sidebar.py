"""The admin's sidebar: what Django's own says, for whoever looks."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

LIST = reverse("admin:messages_app_message_changelist")
SIDEBAR = re.compile(r'<nav class="sticky" id="nav-sidebar".*?</nav>', re.DOTALL)


def compact(markup: str) -> str:
    """Without the space between tags and around text."""
    return re.sub(r"\s*([<>])\s*", r"\1", markup)


@pytest.mark.parametrize("page", [LIST, reverse("admin:auth_user_add"), reverse("admin:password_change")])
def test_it_is_djangos_own(staff: Client, page: str) -> None:
    same_as_djangos(staff, page)


def test_it_is_djangos_own_for_support(support: Client) -> None:
    same_as_djangos(support, LIST)


def test_a_reader_without_permissions_is_told_so(newcomer: Client) -> None:
    same_as_djangos(newcomer, reverse("admin:password_change"))


def same_as_djangos(browser: Client, page: str) -> None:
    answer = browser.get(page)
    apps = {"app_list": answer.context["available_apps"], "show_changelinks": False}
    shown = SIDEBAR.search(answer.content.decode())
    assert shown
    own = compact(shown[0]).partition('navigation items">')[2].removesuffix("</nav>")
    assert own == compact(render_to_string("admin/app_list.html", apps, answer.wsgi_request))
