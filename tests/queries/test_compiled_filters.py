"""The system check of filters: whether they may be compiled before their value is known."""

from typing import Any

import django_filters as filters
import pytest

from smsreports.checks import check_compiled_filters
from smsreports.database.compiled import CompiledQuery
from smsreports.queries.filters import CompiledFilter, SmsFilterSet, find_uncompilable
from smsreports.queries.source_query import SourceQuery
from smsreports.sms.phone_numbers import PartOfNumber
from smsreports.sources import get_sources


class OwnFilter(filters.CharFilter):
    """Its SQL depends on the value."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(sender_id=value) if value == "MyApp" else qs.exclude(sender_id=value)


class CompiledOwnFilter(CompiledFilter, filters.CharFilter):
    pass


def build_phone_query(part: PartOfNumber) -> CompiledQuery:
    return SourceQuery(get_sources()[0].sms, {"account": 1, "phone": part}).count_rows()


def build_filterset(**declared: filters.Filter) -> type[filters.FilterSet]:
    return type("Declared", (filters.FilterSet,), dict(declared))


def test_the_filters_of_all_lists_may_be_compiled() -> None:
    assert check_compiled_filters(None) == []


@pytest.mark.parametrize(
    "declared",
    [
        filters.CharFilter("sender_id"),
        filters.CharFilter("recipient", "startswith"),
        filters.NumberFilter("segments", "gte"),
        CompiledOwnFilter("sender_id"),
    ],
    ids=lambda declared: f"{type(declared).__name__}-{declared.lookup_expr}",
)
def test_a_lookup_of_the_value_may_be_compiled(declared: filters.Filter) -> None:
    assert list(find_uncompilable(build_filterset(declared=declared))) == []


@pytest.mark.parametrize(
    "declared",
    [
        OwnFilter("sender_id"),
        filters.CharFilter(method="filter_by_method"),
        filters.CharFilter("sender_id", "in"),
        filters.CharFilter("sender_id", "isnull"),
        filters.CharFilter("sender_id", distinct=True),
        filters.BaseInFilter("sender_id"),
        filters.RangeFilter("cost"),
        filters.DateFromToRangeFilter("delivered_at"),
        filters.MultipleChoiceFilter("status_group", choices=[("delivered", "delivered")]),
        filters.BooleanFilter("country", "isnull"),
    ],
    ids=lambda declared: f"{type(declared).__name__}-{declared.lookup_expr}",
)
def test_a_filter_that_looks_at_its_value_may_not(declared: filters.Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(find_uncompilable(build_filterset(declared=declared))) == ["declared"]


def test_the_sql_of_a_shaped_value_depends_on_its_shape_alone() -> None:
    beginnings = [build_phone_query(PartOfNumber(beginning=text)) for text in ("+1", "+4155551")]
    parts = [build_phone_query(PartOfNumber(digits=text)) for text in ("1", "4155551")]
    assert [query.params[-1] for query in beginnings + parts] == ["+1", "+4155551", "1", "4155551"]
    assert beginnings[0].sql == beginnings[1].sql != parts[0].sql == parts[1].sql


def test_the_check_names_the_filter_and_its_filterset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smsreports.checks.find_uncompilable", lambda filterset: ["odd"])
    errors = check_compiled_filters(None)
    assert {error.id for error in errors} == {"smsreports.E005"}
    assert any("'odd' of MessageFilterSet" in error.msg for error in errors)
    assert SmsFilterSet.__name__ not in "".join(error.msg for error in errors)
