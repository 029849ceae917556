"""The admin's sidebar, compared with the output of Django's own template."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

LIST = reverse("admin:messages_app_message_changelist")
SIDEBAR = re.compile(r'<nav class="sticky" id="nav-sidebar".*?</nav>', re.DOTALL)


def strip_whitespace(markup: str) -> str:
    """Remove the whitespace between tags and around text, and unite that between attributes."""
    return re.sub(r"\s*([<>])\s*", r"\1", re.sub(r"\s+", " ", markup))


@pytest.mark.parametrize("page", [LIST, reverse("admin:auth_user_add"), reverse("admin:password_change")])
def test_the_sidebar_equals_djangos_for_staff(staff: Client, page: str) -> None:
    assert_equals_djangos_sidebar(staff, page)


def test_the_sidebar_equals_djangos_for_support(support: Client) -> None:
    assert_equals_djangos_sidebar(support, LIST)


def test_the_sidebar_equals_djangos_without_permissions(newcomer: Client) -> None:
    assert_equals_djangos_sidebar(newcomer, reverse("admin:password_change"))


def assert_equals_djangos_sidebar(browser: Client, page: str) -> None:
    response = browser.get(page)
    apps = {"app_list": response.context["available_apps"], "show_changelinks": False}
    match = SIDEBAR.search(response.content.decode())
    assert match
    sidebar = strip_whitespace(match[0]).partition('navigation items">')[2].removesuffix("</nav>")
    assert sidebar == strip_whitespace(render_to_string("admin/app_list.html", apps, response.wsgi_request))
