"""What an address may ask of a page: the API's filters by the API's names, read leniently.

A field that is wrong is left out and says so; all the others count.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.http import QueryDict

from smsreports.accounts.models import Account
from smsreports.api.filters import CountryField, PhoneField
from smsreports.dialects.cursor import Cursor
from smsreports.dialects.query import DAY, GREATEST_NUMBER, NUMBER
from smsreports.reports.moments import MomentField
from smsreports.reports.widgets import Choices, Line
from smsreports.sources import ALL, Source
from smsreports.statements import Statement
from smsreports.statuses import Group
from smsreports.windows import PERIODS, Window, of_days, of_period, today

DEFAULT_PERIOD = "7d"
NOWHERE = "none"
# Accounts that a list to choose from shows; of more, a name is typed.
MOST_CHOICES = 200
# The API's other words for two groups; understood, but not offered.
ALIASES = {"sent": Group.PENDING, "failed": Group.UNDELIVERED}
# What the words mean to a FilterSet.
IN_TIME = {"yes": True, "no": False}
# No counter knows hours, nor what was in time: rows are counted one by one, up to half a million of a busy account.
MOST_COUNTED = timedelta(days=8)
# Zones to choose from; any other is understood in an address.
ZONES = (
    *("UTC", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Europe/London", "Europe/Berlin"),
    *("Europe/Kyiv", "Africa/Lagos", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney"),
)
PERIOD_NAMES = dict(zip(PERIODS, ("Today", "Yesterday", "7 days", "30 days", "This month", "Last month"), strict=True))


def _accounts() -> Iterator[Account]:
    """The first by their names, one more than are shown."""
    columns = [field.attname for field in Account._meta.concrete_fields]
    for row in _compiled(tuple(columns)).rows():
        yield Account.from_db(DEFAULT_DB_ALIAS, columns, row)


@cache
def _compiled(columns: tuple[str, ...]) -> Statement:
    return Statement.of(Account.objects.values_list(*columns)[: MOST_CHOICES + 1])


class AccountField(forms.CharField):
    """An account by its name; without one, the first there is."""

    def __init__(self) -> None:
        super().__init__(required=False)
        self.known = {account.name: account for account in _accounts()}
        if len(self.known) <= MOST_CHOICES:
            self.widget = Choices(choices=[(name, name) for name in self.known])

    def clean(self, value: Any) -> Account | None:
        name: str = super().clean(value) or next(iter(self.known), "")
        found = self.known.get(name)
        if name and found is None and len(self.known) > MOST_CHOICES:
            found = Account.objects.filter(name=name).first()
        if name and found is None:
            raise ValidationError("there is no account of this name")
        return found


class DayField(forms.CharField):
    widget = Line(attrs={"type": "date"})

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        try:
            if not text or DAY.fullmatch(text):
                return date.fromisoformat(text) if text else None
        except ValueError:  # the form of a date, but of a day that never was
            pass
        raise ValidationError("must be a day, YYYY-MM-DD")


class WordField(forms.CharField):
    """One of some words."""

    def __init__(self, words: Mapping[str, str], also: Sequence[str] = (), **options: Any) -> None:
        super().__init__(required=False, widget=Choices(choices=list(words.items())), **options)
        self.words = [word for word in (*words, *also) if word]

    def clean(self, value: Any) -> str:
        word: str = super().clean(value)
        if word and word not in self.words:
            raise ValidationError(f"must be one of {', '.join(self.words)}")
        return word


class SenderField(forms.CharField):
    def clean(self, value: Any) -> str:
        sender: str = super().clean(value)
        # What Django puts in the place of bytes that are no UTF-8.
        if "\ufffd" in sender:
            raise ValidationError("must be UTF-8")
        return sender


class ZoneField(WordField):
    def __init__(self) -> None:
        super().__init__({zone: zone for zone in ZONES}, label="Times in")

    def clean(self, value: Any) -> str:
        name = forms.CharField.clean(self, value) or "UTC"
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValidationError("must be a time zone, such as Europe/Berlin") from None
        return name


class NumberField(forms.CharField):
    """A page's number, from 1 on."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        text = super().clean(value) or "1"
        if not NUMBER.fullmatch(text) or len(text) > 19 or not 1 <= int(text) <= GREATEST_NUMBER:
            raise ValidationError("must be a whole number from 1 on")
        return int(text)


class CursorField(forms.CharField):
    widget = forms.HiddenInput

    def clean(self, value: Any) -> Cursor | None:
        text = super().clean(value)
        try:
            return Cursor.read(text) if text else None
        except ValueError as fault:
            raise ValidationError(str(fault)) from None


class PlaceField(CountryField):
    """A country, or the word for the SMS whose number has none."""

    def clean(self, value: Any) -> str:
        return NOWHERE if str(value or "").lower() == NOWHERE else super().clean(value)


class ReportForm(forms.Form):
    """What every page takes. Our names; `from` and `to` are the API's."""

    account = forms.CharField()  # an AccountField, made for each request
    period = WordField(PERIOD_NAMES)
    first = DayField(required=False, label="From")
    last = DayField(required=False, label="To")
    source = forms.CharField()  # the sources that its reader may see
    status = WordField({"": "any", **{group.value: group.value for group in Group}}, also=tuple(ALIASES))
    country = PlaceField(required=False, widget=Line(attrs={"size": 4, "maxlength": 4}))
    sender = SenderField(required=False, strip=False, widget=Line(attrs={"size": 12}))
    tz = ZoneField()
    format = WordField({"": "a page", "csv": "csv"})

    WIRE = {"first": "from", "last": "to"}

    def __init__(self, data: QueryDict, sources: Sequence[Source]) -> None:
        super().__init__(data, use_required_attribute=False)
        words = {source.slug: f"{source.slug} only" for source in sources}
        self.fields["account"] = AccountField()
        self.fields["source"] = WordField({ALL: "all", **words} if len(words) > 1 else words)
        self.sources = sources
        self._once(data)

    def add_prefix(self, field_name: str) -> str:
        return self.WIRE.get(field_name, field_name)

    def _once(self, data: QueryDict) -> None:
        self.twice = [name for name in self.fields if len(data.getlist(self.add_prefix(name))) > 1]

    def clean(self) -> dict[str, Any]:
        for name in self.twice:
            if name not in self.errors:
                self.add_error(name, "is given more than once")
        for name in ("first", "last"):
            if name in self.errors:  # a browser's own field for days would hide what is no day
                self.fields[name].widget.input_type = "text"
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if (first or last) and self.cleaned_data.get("period"):
            self.add_error("period", "must not be given together with from or to")
        if first and last and first > last:
            self.add_error("first", "must not be after to")
            del self.cleaned_data["last"]
        return self.cleaned_data

    def value(self, name: str) -> Any:
        """What the field says, if it says anything sound."""
        return None if name in self.errors else self.cleaned_data.get(name) or None

    def window(self) -> Window:
        """As the API has it: `from` alone ends today, `to` alone never began, and nothing is the last week."""
        first, last = self.value("first"), self.value("last")
        if first is None and last is None:
            return of_period(self.value("period") or DEFAULT_PERIOD, today())
        return of_days(first, last or today())

    def filters(self) -> dict[str, Any]:
        """As a FilterSet takes them."""
        window, status = self.window(), self.value("status")
        filters = {"since": window.start, "until": window.end, "status": ALIASES.get(status, status)}
        filters |= {name: self.value(name) for name in ("country", "sender", "phone")}
        if filters["country"] == NOWHERE:
            filters |= {"country": None, "no_country": True}
        return {name: value for name, value in filters.items() if value is not None}

    def address(self) -> dict[str, str]:
        """What of the address is sound, in one order: the same question is always the same link."""
        names = [name for name in self.fields if name not in self.errors and name not in ELSEWHERE]
        given = {self.add_prefix(name): self.data.get(self.add_prefix(name), "") for name in names}
        return {name: value for name, value in given.items() if value}


# What says where on a page or in which form, not what is shown; links say it anew.
ELSEWHERE = ("format", "page", "cursor", "sort")


class PagedForm(ReportForm):
    """Of a list: which page of it, by number or by cursor."""

    page = NumberField(required=False)
    cursor = CursorField(required=False)

    def clean(self) -> dict[str, Any]:
        if self.data.get("page") and self.data.get("cursor"):
            self.add_error("cursor", "must not be given together with page")
        return super().clean()


class MessagesForm(PagedForm):
    """Of rows themselves, which know hours and how long delivery took."""

    in_time = WordField({"": "any", **{word: word for word in IN_TIME}}, label="In time")
    phone = PhoneField(required=False, widget=Line(attrs={"size": 12, "inputmode": "tel"}))
    since = MomentField(required=False, widget=forms.HiddenInput)
    until = MomentField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        super().clean()
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if any(self.cleaned_data.get(name) for name in ("period", "first", "last")):
            for name in ("since", "until"):
                if self.cleaned_data.get(name):
                    self.add_error(name, "must not be given together with period, from or to")
        elif since and until and since > until:
            self.add_error("since", "must not be after until")
            self.add_error("until", "must not be before since")
        self._bound()
        return self.cleaned_data

    def _bound(self) -> None:
        window = self.window()
        if window.start and window.end and window.end - window.start <= MOST_COUNTED:
            return
        for name in ("in_time", "since", "until"):
            if self.cleaned_data.get(name):
                self.add_error(name, f"is answered for {MOST_COUNTED.days} days at most, and needs both ends of them")

    def window(self) -> Window:
        since, until = self.value("since"), self.value("until")
        return Window(since, until) if since or until else super().window()

    def filters(self) -> dict[str, Any]:
        told = self.value("in_time")
        return super().filters() | ({"in_time": IN_TIME[told]} if told else {})


class BroadcastsForm(PagedForm):
    """A broadcast is narrowed by its own day alone: its sends may have any status and go anywhere."""

    def __init__(self, data: QueryDict, sources: Sequence[Source]) -> None:
        super().__init__(data, sources)
        for name in ("source", "status", "country", "sender"):
            del self.fields[name]


class SortedForm(ReportForm):
    """Of a table: the column that it is sorted by, downwards with `-`."""

    SORTS = ("name", "sent", "rate", "cost", "each", "median", "p95")
    sort = WordField({word: word for name in SORTS for word in (name, f"-{name}")})

    @property
    def sort_by(self) -> str:
        return self.value("sort") or "-sent"
