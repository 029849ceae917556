"""Filters that all sources share, and their cleaned values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from functools import cache
from typing import TypeVar

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.db.models import Model, QuerySet

from smsreports.accounts.models import Account
from smsreports.counters.models import NO_COUNTRY
from smsreports.counters.queries import CounterScope
from smsreports.exceptions import InvalidParams
from smsreports.openapi.schemas import Schema
from smsreports.queries.list_request import FilterValues, ListRequest
from smsreports.sms.abstract import build_in_time_expression
from smsreports.sms.phone_numbers import ASCII_MARKS, InvalidNumber, PartOfNumber, parse_part_of_number
from smsreports.sms.statuses import StatusGroup
from smsreports.sms.windows import ALL_TIME, PERIODS, Window, utc_today, window_of_period

Rows = TypeVar("Rows", bound=QuerySet[Model])
COUNTRY_PATTERN = re.compile(r"[A-Za-z]{2}")
# JSON Schemas of the same formats, for the OpenAPI document.
SCHEMAS: Mapping[str, Schema] = {
    "PartOfNumber": {
        "type": "string",
        # ASCII only: patterns of JSON Schema have no portable classes for the rest.
        "pattern": f"^{ASCII_MARKS}*(\\+{ASCII_MARKS}*|0{ASCII_MARKS}*0{ASCII_MARKS}*(?=([0-9]{ASCII_MARKS}*){{7}}))?"
        f"([0-9]{ASCII_MARKS}*){{1,15}}$",
        "description": "1 to 15 digits. After `+`, or after `00` if there are 7 or more, they are the beginning of the "
        "number, else any part of it. Spaces, dashes, dots, slashes and brackets are ignored, as is `(0)` after a "
        "calling code; digits of any script are read.",
    },
    "Country": {"type": "string", "pattern": f"^{COUNTRY_PATTERN.pattern}$"},
}

# Filters that counters cover beside `period`, and their names in a CounterScope.
COUNTER_FILTERS = {
    "status": "group",
    "sender": "sender",
    "country": "country",
    "broadcast": "broadcast",
}
# Counters have no broadcast together with a sender or country. And no SMS both has a country and has none.
EXCLUSIVE_FILTERS = (
    *({"broadcast", name} for name in ("sender", "country", "no_country")),
    {"country", "no_country"},
)

# Values whose shape decides about the SQL of their filter: dataclasses of optional fields, of which some are set.
ShapedValue = Window | PartOfNumber


class PhoneField(forms.CharField):
    """Part of a phone number, as people write it."""

    def clean(self, value: object) -> PartOfNumber | None:
        if isinstance(value, PartOfNumber):
            return value
        try:
            return parse_part_of_number(str(value)) if value else None
        except InvalidNumber as error:
            raise ValidationError(str(error)) from None


class CountryField(forms.CharField):
    """Two-letter country code, in upper or lower case."""

    def clean(self, value: object) -> str:
        country = str(value or "")
        if country and not COUNTRY_PATTERN.fullmatch(country):
            raise ValidationError("must be a country code of two letters, such as US")
        return country.upper()


class WindowField(forms.Field):
    """A window of time: a Window, or the name of a period, which ends today or before. An open window is no value."""

    def clean(self, value: object) -> Window | None:
        if isinstance(value, str) and value in PERIODS:
            return window_of_period(value, utc_today())
        if value in EMPTY_VALUES or value == ALL_TIME:
            return None
        if not isinstance(value, Window):
            raise ValidationError(f"must be one of {', '.join(PERIODS)}")
        return value


class StrictBooleanField(forms.Field):
    """A Python boolean. Dialects translate their own words for it first."""

    def clean(self, value: object) -> bool | None:
        if value not in EMPTY_VALUES and not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value if isinstance(value, bool) else None


class CompiledFilter(filters.Filter):
    """Base of filters with their own `filter` whose SQL is the same for every value, or for every value of one shape.

    Lists compile a filter once, before its value is known (see `smsreports.queries.source_query`). The value is then a
    `Param`, or a `value_type` with a Param for each of its fields that is set.
    """

    # Set if the values have shapes.
    value_type: type[ShapedValue] | None = None


class WindowFilter(CompiledFilter):
    """Keep the rows whose time lies in a half-open window. A row without the time is in none."""

    field_class = WindowField
    value_type = Window

    def filter(self, qs: Rows, value: Window | None) -> Rows:
        start, end = (value.start, value.end) if value else (None, None)
        qs = qs if start is None else qs.filter(**{f"{self.field_name}__gte": start})
        return qs if end is None else qs.filter(**{f"{self.field_name}__lt": end})


class IsNullFilter(CompiledFilter, filters.BooleanFilter):
    """Keep the rows whose field is null. True is the only value that is used."""

    def filter(self, qs: Rows, value: object) -> Rows:
        return qs if value in EMPTY_VALUES else qs.filter(**{f"{self.field_name}__isnull": True})


class InTimeFilter(CompiledFilter):
    """Keep the SMS that were delivered in time, or those that were not, counted from the source's time field."""

    field_class = StrictBooleanField

    def filter(self, qs: Rows, value: object) -> Rows:
        if value in EMPTY_VALUES:
            return qs
        rows: Rows = qs.alias(was_in_time=build_in_time_expression(self.field_name))
        return rows.filter(was_in_time=value)


class PhoneFilter(CompiledFilter):
    """Keep the rows whose number has the digits, or begins with them. The trigram index finds both."""

    field_class = PhoneField
    value_type = PartOfNumber

    def filter(self, qs: Rows, value: PartOfNumber | None) -> Rows:
        if value is None:
            return qs
        if value.beginning is not None:
            return qs.filter(**{f"{self.field_name}__startswith": value.beginning})
        return qs.filter(**{f"{self.field_name}__contains": value.digits})


class CountryFilter(filters.CharFilter):
    field_class = CountryField


# Filters of these classes are compiled as they are. Their SQL is one lookup, which does not depend on the value.
COMPILED_CLASSES = (filters.CharFilter, filters.ChoiceFilter, filters.NumberFilter, CountryFilter)
COMPILED_LOOKUPS = frozenset({"exact", "contains", "startswith", "gt", "gte", "lt", "lte"})


class SmsFilterSet(filters.FilterSet):
    """Filters of SMS. A source adds `period` and `in_time`, which use its own time field.

    The lists of the admin offer those with a label, in this order.
    """

    status = filters.ChoiceFilter(
        "status_group",
        label="Status",
        choices=[(group.value, group.value) for group in StatusGroup],
        error_messages={"invalid_choice": f"must be one of {', '.join(StatusGroup)}"},
    )
    sender = filters.CharFilter("sender_id", label="Sender", strip=False)
    country = CountryFilter("country", label="Country")
    # SMS whose number has no country. Only the report pages offer it; no dialect has a parameter for it.
    no_country = IsNullFilter("country")
    phone = PhoneFilter("recipient", label="Part of a number")
    # Time of the delivery. Only the report pages offer it.
    delivered = WindowFilter("delivered_at")


def get_labelled_filters(filterset: type[filters.FilterSet] | None) -> Mapping[str, filters.Filter]:
    """Return the filters that staff may set in a list, by name."""
    base_filters: Mapping[str, filters.Filter] = filterset.base_filters if filterset else {}
    return {name: each for name, each in base_filters.items() if each.label}


def find_uncompilable(filterset: type[filters.FilterSet]) -> Iterator[str]:
    """Yield the names of filters whose SQL may depend on their value, so that it must not be compiled before it."""
    for name, each in filterset.base_filters.items():
        is_plain = type(each) in COMPILED_CLASSES and each.lookup_expr in COMPILED_LOOKUPS
        if each.method or each.distinct or not (is_plain or isinstance(each, CompiledFilter)):
            yield name


def clean_filters(filterset: type[filters.FilterSet], list_request: ListRequest) -> dict[str, object]:
    """Return the cleaned values of the filters that the request uses, by filter name.

    Raises InvalidParams with the caller's parameter names.
    """
    values: dict[str, object] = {}
    reasons: dict[str, list[str]] = {}
    for name, field in _form_fields(filterset).items():  # type: ignore[arg-type]  # hashable, as every class is
        if name not in list_request.filters:
            continue
        try:
            value = field.clean(list_request.filters[name])
        except ValidationError as error:
            reasons[list_request.parameter_names.get(name, name)] = error.messages
            continue
        if value not in EMPTY_VALUES:
            values[name] = value
    if reasons:
        raise InvalidParams(reasons)
    return values


@cache
def _form_fields(filterset: type[filters.FilterSet]) -> Mapping[str, forms.Field]:
    """Return the fields of the FilterSet's form.

    Cleaning does not change them, so they are shared. Building a form for each request costs as much as a query.
    """
    fields: Mapping[str, forms.Field] = filterset().get_form_class().base_fields
    return fields


def build_counter_scope(account: Account, sources: Sequence[str], values: FilterValues) -> CounterScope | None:
    """Return the counters that cover these cleaned filters, or None if none do.

    Counters have no phone numbers, and the bounds of the window must be midnights, UTC.
    """
    if values.keys() - COUNTER_FILTERS.keys() - {"account", "period", "no_country"}:
        return None
    if any(values.keys() >= pair for pair in EXCLUSIVE_FILTERS):
        return None
    window = values.get("period", ALL_TIME)
    if not (_is_midnight(window.start) and _is_midnight(window.end)):
        return None
    dimensions = {dimension: values[name] for name, dimension in COUNTER_FILTERS.items() if name in values}
    if "no_country" in values:
        dimensions["country"] = NO_COUNTRY
    return CounterScope(account, tuple(sources), since=window.start, until=window.end, **dimensions)


def _is_midnight(bound: datetime | None) -> bool:
    """Return True if a bound, in UTC, is a midnight or absent."""
    return bound is None or bound.time() == time.min
