"""What a caller may ask of a source: the filters that all sources share, and how they are applied."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from smsreports.accounts.models import Account
from smsreports.counters.reading import Scope
from smsreports.dialects.base import Asked, InvalidParams
from smsreports.statuses import Group

IGNORED_IN_NUMBERS = re.compile(r"[ ()+-]")
# E.164 numbers have at most 15 digits.
PART_OF_NUMBER = re.compile(r"[0-9]{1,15}")
COUNTRY = re.compile(r"[A-Za-z]{2}")


# The filters that counters cover, and their names there.
COUNTED = {"since": "since", "until": "until", "status": "group", "sender": "sender", "country": "country"}


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


class PhoneFilter(filters.CharFilter):
    field_class = PhoneField


class CountryFilter(filters.CharFilter):
    field_class = CountryField


class SmsFilterSet(filters.FilterSet):
    """The filters of one SMS. A source adds `since` and `until` on its own time."""

    status = filters.ChoiceFilter("status_group", choices=[(group.value, group.value) for group in Group])
    phone = PhoneFilter("recipient", "contains")
    country = CountryFilter("country")
    sender = filters.CharFilter("sender_id", strip=False)


@dataclass(frozen=True)
class Narrowed:
    """Rows that a caller's filters left, and what of the counters covers the same."""

    rows: QuerySet[Any]
    scope: Scope | None


def narrowed(
    filterset: type[filters.FilterSet], own: QuerySet[Any], account: Account, slug: str, asked: Asked
) -> Narrowed:
    """The rows of `own`, which is the account's part of the source `slug`, that `asked` wants.

    Raises InvalidParams in the caller's words.
    """
    bound = filterset(asked.filters, queryset=own)
    if not bound.is_valid():
        reasons = {asked.names.get(name, name): list(why) for name, why in bound.errors.items()}
        raise InvalidParams(reasons)
    return Narrowed(bound.qs, _scope(account, slug, bound.form.cleaned_data))


def _scope(account: Account, slug: str, wanted: Mapping[str, Any]) -> Scope | None:
    """Counters know no numbers of phones."""
    if wanted.get("phone"):
        return None
    given = {ours: wanted.get(name) or None for name, ours in COUNTED.items()}
    return Scope(account, (slug,), **given)
