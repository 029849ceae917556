"""Macros of the templates: escaped texts, links of marks and cells, and fields of forms."""

from html.parser import HTMLParser

import pytest
from django import forms
from django.http import QueryDict
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from jinja2 import Environment, UndefinedError
from markupsafe import Markup

from smsreports.installation import TEMPLATES_DIR
from smsreports.reports.charts import BarData, PointData, build_bar_chart, build_line_chart

# Senders may have any name.
HOSTILE = '"><script>&'


@pytest.fixture
def environment() -> Environment:
    engine = engines["jinja2"]
    assert isinstance(engine, Jinja2)
    return engine.env


class TagParser(HTMLParser):
    """Parser of the attributes of the first tag with this name."""

    def __init__(self, html: str, tag: str) -> None:
        super().__init__()
        self.tag = tag
        self.attributes: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self.tag and self.attributes is None:
            self.attributes = dict(attrs)


def call_macro(environment: Environment, file: str, name: str, *args: object) -> str:
    macro = getattr(environment.get_template(f"reports/macros/{file}.html").module, name)
    html: str = macro(*args)
    return html


def test_every_template_compiles(environment: Environment) -> None:
    names = environment.list_templates()
    assert len(names) == len(list(TEMPLATES_DIR.glob("jinja2/**/*.html"))) > 0
    for name in names:
        environment.get_template(name)


def test_a_misspelled_variable_is_an_error(environment: Environment) -> None:
    with pytest.raises(UndefinedError):
        environment.from_string("{{ selectoin }}").render(selection="acme")


def test_texts_and_links_of_charts_and_cells_are_escaped(environment: Environment) -> None:
    bars = build_bar_chart([BarData(HOSTILE, HOSTILE, HOSTILE, {"delivered": 1}, {})], ("delivered",))
    line = build_line_chart([PointData(HOSTILE, HOSTILE, HOSTILE, 99)])
    html = (
        call_macro(environment, "charts", "bar_chart", bars, HOSTILE)
        + call_macro(environment, "charts", "line_chart", line, HOSTILE)
        + call_macro(environment, "cells", "number_cells", [(1, HOSTILE)])
        + call_macro(environment, "cells", "link", HOSTILE, HOSTILE)
    )
    assert isinstance(html, Markup)
    assert "<script" not in html
    assert '""' not in html


def test_a_mark_without_a_link_is_none(environment: Environment) -> None:
    bars = build_bar_chart([BarData("1 h", "1 h", "", {"delivered": 1}, {"delivered": ""})], ("delivered",))
    assert "href" not in call_macro(environment, "charts", "bar_chart", bars, "Bars")


def test_a_zero_is_no_link(environment: Environment) -> None:
    cells = call_macro(environment, "cells", "number_cells", [(0, "/rows"), (1_000, "/rows"), (2, "")])
    assert [line.strip() for line in cells.splitlines() if line.strip()] == [
        '<td class="n">0</td>',
        '<td class="n"><a href="/rows">1,000</a></td>',
        '<td class="n">2</td>',
    ]


class SampleForm(forms.Form):
    name = forms.CharField(max_length=5)
    color = forms.ChoiceField(choices=[("r", "Red & co"), ("g", "Green")], required=False)
    password = forms.CharField(widget=forms.PasswordInput)


@pytest.mark.parametrize("name", ["name", "password"])
def test_an_input_has_the_attributes_that_django_gives_it(environment: Environment, name: str) -> None:
    for data in (None, QueryDict("name=%22%3E%3Cscript%3E&password=secret")):
        bound = SampleForm(data)[name]
        html = call_macro(environment, "forms", "field", bound)
        assert TagParser(html, "input").attributes == TagParser(str(bound), "input").attributes


def test_a_select_keeps_an_invalid_value_visible(environment: Environment) -> None:
    html = call_macro(environment, "forms", "field", SampleForm(QueryDict("color=%3Cblue%3E"))["color"])
    assert '<option value="&lt;blue&gt;" selected>&lt;blue&gt;</option>' in html
    assert html.count(" selected") == 1
    assert "Red &amp; co" in html
