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
from smsreports.counters.reading import Scope
from smsreports.dialects.base import Asked, InvalidParams
from smsreports.statuses import Group

IGNORED_IN_NUMBERS = re.compile(r"[ ()+-]")
# E.164 numbers have at most 15 digits.
PART_OF_NUMBER = re.compile(r"[0-9]{1,15}")
COUNTRY = re.compile(r"[A-Za-z]{2}")


# The filters that counters cover, and their names there.
COUNTED = {"since": "since", "until": "until", "status": "group", "sender": "sender", "country": "country"}
# Those that they do not know at all; of moments they know midnights alone.
UNCOUNTED = frozenset(("phone", "in_time"))


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
    sender = filters.CharFilter("sender_id", strip=False)


def wanted(filterset: type[filters.FilterSet], asked: Asked) -> dict[str, Any]:
    """The values of the filters that `asked` uses, checked and cleaned.

    Raises InvalidParams in the caller's words.
    """
    values: dict[str, Any] = {}
    reasons: dict[str, list[str]] = {}
    for name, field in _fields(filterset).items():  # type: ignore[arg-type]  # hashable, as every class is
        try:
            value = field.clean(asked.filters.get(name))
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
    """What of the counters covers these values of filters: they know neither numbers of phones nor hours."""
    if not UNCOUNTED.isdisjoint(values) or not (_is_day(values.get("since")) and _is_day(values.get("until"))):
        return None
    return Scope(account, tuple(sources), **{ours: values[name] for name, ours in COUNTED.items() if name in values})


def _is_day(moment: datetime | None) -> bool:
    """Whether a bound, in UTC, is the edge of a day or left open."""
    return moment is None or moment.time() == time.min
