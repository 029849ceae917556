"""What a caller may ask of a source: the filters that all sources share, and how they are applied."""

import re
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from smsreports.dialects.base import InvalidParams
from smsreports.statuses import Group, in_groups

IGNORED_IN_NUMBERS = re.compile(r"[ ()+-]")
# E.164 numbers have at most 15 digits.
PART_OF_NUMBER = re.compile(r"[0-9]{1,15}")
COUNTRY = re.compile(r"[A-Za-z]{2}")


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

    status = filters.ChoiceFilter(
        choices=[(group.value, group.value) for group in Group], method="of_group", label="status group"
    )
    phone = PhoneFilter("recipient", "contains")
    country = CountryFilter("country")
    sender = filters.CharFilter("sender_id", strip=False)

    def of_group(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(status__in=in_groups([Group(value)]))


def narrowed(filterset: type[filters.FilterSet], queryset: Any, asked: Any) -> Any:
    """The rows of `queryset` that `asked` (an Asked) wants; raises InvalidParams in the caller's words."""
    bound = filterset(asked.filters, queryset=queryset)
    if not bound.is_valid():
        reasons = {asked.names.get(name, name): list(why) for name, why in bound.errors.items()}
        raise InvalidParams(reasons)
    return bound.qs


class AskedFilterBackend(BaseFilterBackend):
    """Narrows a viewset's rows by its FilterSet and by what its dialect understood."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = narrowed(view.filterset_class, queryset, view.asked)
        return rows
