"""Form fields of the report pages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS

from smsreports.accounts.models import Account
from smsreports.database.compiled import CompiledQuery
from smsreports.queries.cursor import Cursor
from smsreports.queries.filters import CountryField
from smsreports.queries.query_string import DATE_PATTERN, MAX_BIGINT, NUMBER_PATTERN

UTC_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?")
# The weeks before it must still be in the range of `datetime`.
MIN_DATETIME = datetime(2, 1, 1, tzinfo=UTC)


class UtcDateTimeField(forms.CharField):
    def clean(self, value: object) -> datetime | None:
        text = super().clean(value)
        try:
            if not text or UTC_DATETIME.fullmatch(text):
                return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC) if text else None
        except ValueError:  # well-formed, but not a time that exists
            pass
        raise ValidationError("must be a moment in UTC, YYYY-MM-DDTHH:MMZ")


class PastDateTimeField(UtcDateTimeField):
    """UTC time that is not in the future, and has weeks before it to compare with."""

    def clean(self, value: object) -> datetime | None:
        moment = super().clean(value)
        if moment is not None and moment > datetime.now(UTC):
            raise ValidationError("must not be in the future")
        if moment is not None and moment < MIN_DATETIME:
            raise ValidationError("must not be before the year 2")
        return moment


def format_utc_minute(moment: datetime) -> str:
    """Format the time as query parameters have it: in UTC, to the minute."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='minutes')}Z"


# Value of the country filter for SMS without a country.
NO_COUNTRY = "none"
# Accounts that a select offers. With more of them the name is typed.
MAX_ACCOUNT_CHOICES = 200
# Time zones that the select offers. The query parameter takes any zone.
SUGGESTED_TIME_ZONES = (
    *("UTC", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Europe/London", "Europe/Berlin"),
    *("Europe/Kyiv", "Africa/Lagos", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney"),
)


def _load_accounts() -> Iterator[Account]:
    """Yield the first accounts by name, one more than the select offers."""
    columns = [field.attname for field in Account._meta.concrete_fields]
    for row in _compile_accounts_query(tuple(columns)).fetch_all():
        yield Account.from_db(DEFAULT_DB_ALIAS, columns, row)


@cache
def _compile_accounts_query(columns: tuple[str, ...]) -> CompiledQuery:
    return CompiledQuery.from_queryset(Account.objects.values_list(*columns)[: MAX_ACCOUNT_CHOICES + 1])


class AccountField(forms.CharField):
    """Account by its name. The default is the first one."""

    def __init__(self) -> None:
        super().__init__(required=False)
        self.accounts_by_name = {account.name: account for account in _load_accounts()}
        if len(self.accounts_by_name) <= MAX_ACCOUNT_CHOICES:
            self.widget = forms.Select(choices=[(name, name) for name in self.accounts_by_name])

    def clean(self, value: object) -> Account | None:
        name: str = super().clean(value) or next(iter(self.accounts_by_name), "")
        account = self.accounts_by_name.get(name)
        if name and account is None and len(self.accounts_by_name) > MAX_ACCOUNT_CHOICES:
            account = Account.objects.filter(name=name).first()
        if name and account is None:
            raise ValidationError("there is no account of this name")
        return account


class IsoDateField(forms.CharField):
    widget = forms.TextInput(attrs={"type": "date"})

    def clean(self, value: object) -> date | None:
        text = super().clean(value)
        try:
            if not text or DATE_PATTERN.fullmatch(text):
                return date.fromisoformat(text) if text else None
        except ValueError:  # well-formed, but not a day that exists
            pass
        raise ValidationError("must be a day, YYYY-MM-DD")


class StrictChoiceField(forms.CharField):
    """One of the given values. `unlisted_choices` are accepted, but not offered."""

    def __init__(
        self, choices: Mapping[str, str], unlisted_choices: Sequence[str] = (), label: str | None = None
    ) -> None:
        super().__init__(required=False, widget=forms.Select(choices=list(choices.items())), label=label)
        self.valid_values = [choice for choice in (*choices, *unlisted_choices) if choice]

    def clean(self, value: object) -> str:
        choice: str = super().clean(value)
        if choice and choice not in self.valid_values:
            raise ValidationError(f"must be one of {', '.join(self.valid_values)}")
        return choice


class SenderField(forms.CharField):
    def clean(self, value: object) -> str:
        sender: str = super().clean(value)
        # Django replaces bytes that are not valid UTF-8 with this character.
        if "\ufffd" in sender:
            raise ValidationError("must be UTF-8")
        return sender


class TimeZoneField(StrictChoiceField):
    def __init__(self) -> None:
        super().__init__({zone: zone for zone in SUGGESTED_TIME_ZONES}, label="Times in")

    def clean(self, value: object) -> str:
        name = forms.CharField.clean(self, value) or "UTC"
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValidationError("must be a time zone, such as Europe/Berlin") from None
        return name


class PageNumberField(forms.CharField):
    """Page number, from 1 on."""

    widget = forms.HiddenInput

    def clean(self, value: object) -> int:
        text = super().clean(value) or "1"
        if not NUMBER_PATTERN.fullmatch(text) or len(text) > 19 or not 1 <= int(text) <= MAX_BIGINT:
            raise ValidationError("must be a whole number from 1 on")
        return int(text)


class CursorField(forms.CharField):
    widget = forms.HiddenInput

    def clean(self, value: object) -> Cursor | None:
        text = super().clean(value)
        try:
            return Cursor.parse_text(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from None


class CountryOrNoneField(CountryField):
    """Country code, or NO_COUNTRY for the SMS without a country."""

    def clean(self, value: object) -> str:
        return NO_COUNTRY if str(value or "").lower() == NO_COUNTRY else super().clean(value)
