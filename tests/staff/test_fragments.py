"""Jinja2 fragments in templates of the admin."""

from django.template import engines
from django.utils.html import conditional_escape

from smsreports.staff.fragments import render_fragment

LINK = '<a href="/?a=1&amp;b=2">&lt;b&gt;all&lt;/b&gt;</a>'


def test_a_fragment_escapes_its_values() -> None:
    assert render_fragment("admin/link.html", url="/?a=1&b=2", text="<b>all</b>").strip() == LINK


def test_django_does_not_escape_a_fragment_again() -> None:
    fragment = render_fragment("admin/link.html", url="/?a=1&b=2", text="<b>all</b>")
    assert conditional_escape(fragment).strip() == LINK


def test_a_template_of_django_includes_a_fragment() -> None:
    template = engines["django"].from_string(
        '{% load fragments %}{% include_jinja2 "admin/link.html" url=url text=text %}'
    )
    assert template.render({"url": "/?a=1&b=2", "text": "<b>all</b>"}).strip() == LINK
