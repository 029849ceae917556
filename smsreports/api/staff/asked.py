"""What is asked of a staff list, read from the address as strictly as a dialect reads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smsreports.accounts.models import Account
from smsreports.api.filters import wanted
from smsreports.dialects.base import Asked, InvalidParams
from smsreports.dialects.query import NOT_UTF8, Query, fields
from smsreports.statuses import Group

# What is looked for: an id, or a number.
FIND = "q"
ACCOUNT = "account"
BROADCAST = "broadcast"
PAGE = "p"
DAYS = ("from", "to")
# Fewer digits of a number are found in every other row, in no index.
SHORTEST_PART = 4
# The filters by the names that the FilterSets know them by; their indexes begin with the account.
PLAIN = ("status", "sender", "country", "phone")
# What the admin's own links add to an address.
ADMINS_OWN = ("e", "o", "_changelist_filters")
LABELS = {
    FIND: "Find",
    ACCOUNT: "Account",
    "status": "Status",
    "sender": "Sender",
    "country": "Country",
    "phone": "Part of a number",
    "from": "From",
    "to": "To",
}


class StaffQuery(Query):
    """A form sends the fields that were left empty too: they ask for nothing. What no list knows is refused,
    because people type addresses, and a filter that does nothing would be believed."""

    def __init__(self, raw: str, known: Collection[str]) -> None:
        super().__init__(raw, known)
        self._values = {name: value for name, value in self._values.items() if value.strip()}
        for name, _ in fields(raw):
            if name not in known and name not in ADMINS_OWN:
                self.refuse(NOT_UTF8.sub("?", name), "is not a filter of this list")

    def typed(self, names: Collection[str]) -> dict[str, str]:
        """What the form shows again."""
        return {name: NOT_UTF8.sub("?", value) for name, value in self._values.items() if name in names}


@dataclass(frozen=True)
class Question:
    """What was asked, by the names in the address: `given` as it was typed, `reasons` why it cannot be.

    `values` are those of the account's FilterSet, checked; `sees` says whether who asks may see whole numbers.
    """

    given: Mapping[str, str]
    reasons: Mapping[str, Sequence[str]]
    account: Account | None = None
    find: str = ""
    broadcast: int | None = None
    page: int = 1
    values: Mapping[str, Any] = field(default_factory=dict)
    sees: bool = False

    @property
    def is_list(self) -> bool:
        """Whether the API has a list of these rows: of an account, by its filters."""
        return self.account is not None and not self.find and self.broadcast is None

    @property
    def asked(self) -> Asked:
        return Asked(filters=self.values)


def question(raw: str, names: Sequence[str], filterset: type[Any] | None) -> Question:
    """Reads the query string `raw` of a list that knows `names`. What cannot be answered is told in `reasons`."""
    try:
        query = StaffQuery(raw, (*names, PAGE))
    except InvalidParams as fault:
        return Question({}, fault.reasons)
    account, values = _account(query), _filters(query)
    broadcast = query.number(BROADCAST, 0) if BROADCAST in query else None
    page = query.number(PAGE, 1)
    given = query.typed(names)
    _together(query, [name for name in given if name not in (FIND, ACCOUNT)])
    if not filterset and account and FIND not in query:
        query.refuse(ACCOUNT, "can only be used together with Find")
    reasons: dict[str, Sequence[str]] = dict(query.reasons)
    if filterset and not reasons:
        try:
            values = wanted(filterset, Asked(filters=values, names={"since": "from", "until": "to"}))
        except InvalidParams as fault:
            reasons |= fault.reasons
    return Question(given, reasons, account, given.get(FIND, "").strip(), broadcast, page, values)


def _account(query: Query) -> Account | None:
    name = query.text(ACCOUNT) if ACCOUNT in query else None
    found = Account.objects.filter(name=name).first() if name else None
    if name and not found:
        query.refuse(ACCOUNT, "there is no account with this name")
    return found


def _filters(query: Query) -> dict[str, Any]:
    values: dict[str, Any] = {name: query.text(name) for name in PLAIN if name in query and name != "status"}
    if "status" in query:
        values["status"] = query.choice("status", [group.value for group in Group], "")
    if any(name in query for name in DAYS):
        window = query.days()
        values |= {"since": window.start, "until": window.end}
    return {name: value for name, value in values.items() if value}


def _together(query: Query, filters: Sequence[str]) -> None:
    """Every list is read in the order of an index: an account's, a broadcast's, or that of the ids."""
    if filters and FIND in query:
        query.refuse(FIND, "cannot be combined with other filters, except Account")
    elif BROADCAST in filters and (len(filters) > 1 or ACCOUNT in query):
        query.refuse(BROADCAST, "cannot be combined with other filters")
    elif filters and filters != [BROADCAST] and ACCOUNT not in query:
        query.refuse(ACCOUNT, f"choose an account to filter by {', '.join(filters)}")
