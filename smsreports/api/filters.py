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
from smsreports.api.sms import in_time
from smsreports.counters.models import NO_COUNTRY
from smsreports.counters.reading import Scope
from smsreports.dialects.base import Asked, InvalidParams
from smsreports.dialects.shapes import Schema
from smsreports.statuses import Group

IGNORED_IN_NUMBERS = re.compile(r"[ ()+-]")
# E.164 numbers have at most 15 digits.
PART_OF_NUMBER = re.compile(r"[0-9]{1,15}")
COUNTRY = re.compile(r"[A-Za-z]{2}")
# The same, published.
SHAPES: Mapping[str, Schema] = {
    "PartOfNumber": {
        "type": "string",
        "pattern": f"^{IGNORED_IN_NUMBERS.pattern}*([0-9]{IGNORED_IN_NUMBERS.pattern}*){{1,15}}$",
        "description": "1 to 15 digits; spaces and - ( ) + are ignored.",
    },
    "Country": {"type": "string", "pattern": f"^{COUNTRY.pattern}$"},
}


# The filters that counters cover, and their names there.
COUNTED = {
    "since": "since",
    "until": "until",
    "status": "group",
    "sender": "sender",
    "country": "country",
    "broadcast": "broadcast",
}
# The counters keep a broadcast apart from senders and countries; and no SMS has a country and none.
NEVER_TOGETHER = (
    *({"broadcast", name} for name in ("sender", "country", "no_country")),
    {"country", "no_country"},
)


class PhoneField(forms.CharField):
    """Part of a number: 1 to 15 digits, with the usual marks between them ignored."""

    def clean(self, value: Any) -> str:
        digits = IGNORED_IN_NUMBERS.sub("", value or "")
        if value and not PART_OF_NUMBER.fullmatch(digits):
            raise ValidationError("must be 1 to 15 digits; spaces and - ( ) + are ignored")
        return digits


class CountryField(forms.CharField):
    """A two-letter country code, in any case."""

    def clean(self, value: Any) -> str:
        if value and not COUNTRY.fullmatch(value):
            raise ValidationError("must be a country code of two letters, such as US")
        return (value or "").upper()


class NoneFilter(filters.BooleanFilter):
    """Rows that have nothing in the field; asked for with True, or not at all."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{f"{self.field_name}__isnull": True})


class TruthField(forms.Field):
    """True or false, said by our own code: a caller's words for it are the caller's business."""

    def clean(self, value: Any) -> bool | None:
        if value not in EMPTY_VALUES and not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value if isinstance(value, bool) else None


class PhoneFilter(filters.CharFilter):
    field_class = PhoneField


class InTimeFilter(filters.Filter):
    """Whether it was delivered in time, counted from the source's own time."""

    field_class = TruthField

    def filter(self, rows: Any, value: Any) -> Any:
        return rows.alias(was_in_time=in_time(self.field_name)).filter(was_in_time=value)


class CountryFilter(filters.CharFilter):
    field_class = CountryField


class SmsFilterSet(filters.FilterSet):
    """The filters of one SMS. A source adds `since`, `until` and `in_time`, which go by its own time."""

    status = filters.ChoiceFilter("status_group", choices=[(group.value, group.value) for group in Group])
    phone = PhoneFilter("recipient", "contains")
    country = CountryFilter("country")
    # Where a number has none; no dialect has a word for it, the report pages do.
    no_country = NoneFilter("country")
    sender = filters.CharFilter("sender_id", strip=False)
    # Moments of the report that it arrived, half-open as the window is.
    delivered_since = filters.DateTimeFilter("delivered_at", "gte")
    delivered_until = filters.DateTimeFilter("delivered_at", "lt")


def wanted(filterset: type[filters.FilterSet], asked: Asked) -> dict[str, Any]:
    """The values of the filters that `asked` uses, checked and cleaned.

    Raises InvalidParams in the caller's words.
    """
    values: dict[str, Any] = {}
    reasons: dict[str, list[str]] = {}
    for name, field in _fields(filterset).items():  # type: ignore[arg-type]  # hashable, as every class is
        if name not in asked.filters:
            continue
        try:
            value = field.clean(asked.filters[name])
        except ValidationError as fault:
            reasons[asked.names.get(name, name)] = fault.messages
            continue
        if value not in EMPTY_VALUES:
            values[name] = value
    if reasons:
        raise InvalidParams(reasons)
    return values


@cache
def _fields(filterset: type[filters.FilterSet]) -> Mapping[str, forms.Field]:
    """The fields of the FilterSet's form. Cleaning leaves no trace in them, so they are made once; a form of them
    for each request would cost as much as a query."""
    fields: Mapping[str, forms.Field] = filterset().get_form_class().base_fields
    return fields


def scope(account: Account, sources: Sequence[str], values: Mapping[str, Any]) -> Scope | None:
    """What of the counters covers these values of filters; they know no numbers of phones, and of moments midnights
    alone."""
    if values.keys() - COUNTED.keys() - {"account", "no_country"}:
        return None
    if any(values.keys() >= pair for pair in NEVER_TOGETHER):
        return None
    if not (_is_day(values.get("since")) and _is_day(values.get("until"))):
        return None
    given = {ours: values[name] for name, ours in COUNTED.items() if name in values}
    if "no_country" in values:
        given |= {"country": NO_COUNTRY}
    return Scope(account, tuple(sources), **given)


def _is_day(moment: datetime | None) -> bool:
    """Whether a bound, in UTC, is the edge of a day or left open."""
    return moment is None or moment.time() == time.min
