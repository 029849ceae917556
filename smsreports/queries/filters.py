"""What a caller may ask of a source: the filters that all sources share, and how they are applied."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from functools import cache
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES

from smsreports.accounts.models import Account
from smsreports.counters.models import NO_COUNTRY
from smsreports.counters.queries import CounterScope
from smsreports.exceptions import InvalidParams
from smsreports.openapi.schemas import Schema
from smsreports.queries.list_request import ListRequest
from smsreports.sms.abstract import build_in_time_expression
from smsreports.sms.statuses import StatusGroup

NUMBER_SEPARATORS = re.compile(r"[ ()+-]")
# E.164 numbers have at most 15 digits.
PARTIAL_NUMBER_PATTERN = re.compile(r"[0-9]{1,15}")
COUNTRY_PATTERN = re.compile(r"[A-Za-z]{2}")
# The same, published.
SCHEMAS: Mapping[str, Schema] = {
    "PartOfNumber": {
        "type": "string",
        "pattern": f"^{NUMBER_SEPARATORS.pattern}*([0-9]{NUMBER_SEPARATORS.pattern}*){{1,15}}$",
        "description": "1 to 15 digits; spaces and - ( ) + are ignored.",
    },
    "Country": {"type": "string", "pattern": f"^{COUNTRY_PATTERN.pattern}$"},
}


# The filters that counters cover, and their names there.
COUNTER_FILTERS = {
    "since": "since",
    "until": "until",
    "status": "group",
    "sender": "sender",
    "country": "country",
    "broadcast": "broadcast",
}
# The counters keep a broadcast apart from senders and countries; and no SMS has a country and none.
EXCLUSIVE_FILTERS = (
    *({"broadcast", name} for name in ("sender", "country", "no_country")),
    {"country", "no_country"},
)


class PhoneField(forms.CharField):
    """Part of a number: 1 to 15 digits, with the usual marks between them ignored."""

    def clean(self, value: Any) -> str:
        digits = NUMBER_SEPARATORS.sub("", value or "")
        if value and not PARTIAL_NUMBER_PATTERN.fullmatch(digits):
            raise ValidationError("must be 1 to 15 digits; spaces and - ( ) + are ignored")
        return digits


class CountryField(forms.CharField):
    """A two-letter country code, in any case."""

    def clean(self, value: Any) -> str:
        if value and not COUNTRY_PATTERN.fullmatch(value):
            raise ValidationError("must be a country code of two letters, such as US")
        return (value or "").upper()


class IsNullFilter(filters.BooleanFilter):
    """Rows that have nothing in the field; asked for with True, or not at all."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{f"{self.field_name}__isnull": True})


class StrictBooleanField(forms.Field):
    """True or false, said by our own code: a caller's words for it are the caller's business."""

    def clean(self, value: Any) -> bool | None:
        if value not in EMPTY_VALUES and not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value if isinstance(value, bool) else None


class PhoneFilter(filters.CharFilter):
    field_class = PhoneField


class InTimeFilter(filters.Filter):
    """Whether it was delivered in time, counted from the source's own time."""

    field_class = StrictBooleanField

    def filter(self, rows: Any, value: Any) -> Any:
        return rows.alias(was_in_time=build_in_time_expression(self.field_name)).filter(was_in_time=value)


class CountryFilter(filters.CharFilter):
    field_class = CountryField


class SmsFilterSet(filters.FilterSet):
    """The filters of one SMS. A source adds `since`, `until` and `in_time`, which go by its own time."""

    status = filters.ChoiceFilter("status_group", choices=[(group.value, group.value) for group in StatusGroup])
    phone = PhoneFilter("recipient", "contains")
    country = CountryFilter("country")
    # Where a number has none; no dialect has a word for it, the report pages do.
    no_country = IsNullFilter("country")
    sender = filters.CharFilter("sender_id", strip=False)
    # Moments of the report that it arrived, half-open as the window is.
    delivered_since = filters.DateTimeFilter("delivered_at", "gte")
    delivered_until = filters.DateTimeFilter("delivered_at", "lt")


def clean_filters(filterset: type[filters.FilterSet], list_request: ListRequest) -> dict[str, Any]:
    """The values of the filters that `asked` uses, checked and cleaned.

    Raises InvalidParams in the caller's words.
    """
    values: dict[str, Any] = {}
    reasons: dict[str, list[str]] = {}
    for name, field in _form_fields(filterset).items():  # type: ignore[arg-type]  # hashable, as every class is
        if name not in list_request.filters:
            continue
        try:
            value = field.clean(list_request.filters[name])
        except ValidationError as fault:
            reasons[list_request.parameter_names.get(name, name)] = fault.messages
            continue
        if value not in EMPTY_VALUES:
            values[name] = value
    if reasons:
        raise InvalidParams(reasons)
    return values


@cache
def _form_fields(filterset: type[filters.FilterSet]) -> Mapping[str, forms.Field]:
    """The fields of the FilterSet's form. Cleaning leaves no trace in them, so they are made once; a form of them
    for each request would cost as much as a query."""
    fields: Mapping[str, forms.Field] = filterset().get_form_class().base_fields
    return fields


def build_counter_scope(account: Account, sources: Sequence[str], values: Mapping[str, Any]) -> CounterScope | None:
    """What of the counters covers these values of filters; they know no numbers of phones, and of moments midnights
    alone."""
    if values.keys() - COUNTER_FILTERS.keys() - {"account", "no_country"}:
        return None
    if any(values.keys() >= pair for pair in EXCLUSIVE_FILTERS):
        return None
    if not (_is_midnight(values.get("since")) and _is_midnight(values.get("until"))):
        return None
    given = {ours: values[name] for name, ours in COUNTER_FILTERS.items() if name in values}
    if "no_country" in values:
        given |= {"country": NO_COUNTRY}
    return CounterScope(account, tuple(sources), **given)


def _is_midnight(moment: datetime | None) -> bool:
    """Whether a bound, in UTC, is the edge of a day or left open."""
    return moment is None or moment.time() == time.min
