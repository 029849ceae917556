"""What is asked of a staff list, read from the address as strictly as a dialect reads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smsreports.accounts.models import Account
from smsreports.exceptions import InvalidParams
from smsreports.queries.filters import clean_filters
from smsreports.queries.list_request import ListRequest
from smsreports.queries.query_string import NOT_UTF8, QueryString, parse_pairs
from smsreports.sms.statuses import StatusGroup

# What is looked for: an id, or a number.
SEARCH_PARAM = "q"
ACCOUNT_PARAM = "account"
BROADCAST_PARAM = "broadcast"
PAGE_PARAM = "p"
DATE_PARAMS = ("from", "to")
# Fewer digits of a number are found in every other row, in no index.
MIN_PHONE_DIGITS = 4
# The filters by the names that the FilterSets know them by; their indexes begin with the account.
PLAIN_FILTERS = ("status", "sender", "country", "phone")
# What the admin's own links add to an address.
ADMIN_PARAMS = ("e", "o", "_changelist_filters")
LABELS = {
    SEARCH_PARAM: "Find",
    ACCOUNT_PARAM: "Account",
    "status": "Status",
    "sender": "Sender",
    "country": "Country",
    "phone": "Part of a number",
    "from": "From",
    "to": "To",
}


class StaffQueryString(QueryString):
    """A form sends the fields that were left empty too: they ask for nothing. What no list knows is refused,
    because people type addresses, and a filter that does nothing would be believed."""

    def __init__(self, raw: str, known: Collection[str]) -> None:
        super().__init__(raw, known)
        self._values = {name: value for name, value in self._values.items() if value.strip()}
        for name, _ in parse_pairs(raw):
            if name not in known and name not in ADMIN_PARAMS:
                self.add_error(NOT_UTF8.sub("?", name), "is not a filter of this list")

    def get_typed_values(self, names: Collection[str]) -> dict[str, str]:
        """What the form shows again."""
        return {name: NOT_UTF8.sub("?", value) for name, value in self._values.items() if name in names}


@dataclass(frozen=True)
class ListQuery:
    """What was asked, by the names in the address: `given` as it was typed, `reasons` why it cannot be.

    `values` are those of the account's FilterSet, checked; `sees` says whether who asks may see whole numbers.
    """

    raw: Mapping[str, str]
    reasons: Mapping[str, Sequence[str]]
    account: Account | None = None
    search: str = ""
    broadcast: int | None = None
    page: int = 1
    filters: Mapping[str, Any] = field(default_factory=dict)
    can_see_numbers: bool = False

    @property
    def is_list(self) -> bool:
        """Whether the API has a list of these rows: of an account, by its filters."""
        return self.account is not None and not self.search and self.broadcast is None

    @property
    def list_request(self) -> ListRequest:
        return ListRequest(filters=self.filters)


def parse_list_query(raw: str, names: Sequence[str], filterset: type[Any] | None) -> ListQuery:
    """Reads the query string `raw` of a list that knows `names`. What cannot be answered is told in `reasons`."""
    try:
        query = StaffQueryString(raw, (*names, PAGE_PARAM))
    except InvalidParams as fault:
        return ListQuery({}, fault.reasons)
    account, values = _parse_account(query), _parse_filters(query)
    broadcast = query.parse_number(BROADCAST_PARAM, 0) if BROADCAST_PARAM in query else None
    page = query.parse_number(PAGE_PARAM, 1)
    given = query.get_typed_values(names)
    _check_combination(query, [name for name in given if name not in (SEARCH_PARAM, ACCOUNT_PARAM)])
    if not filterset and account and SEARCH_PARAM not in query:
        query.add_error(ACCOUNT_PARAM, "can only be used together with Find")
    reasons: dict[str, Sequence[str]] = dict(query.reasons)
    if filterset and not reasons:
        try:
            values = clean_filters(
                filterset, ListRequest(filters=values, parameter_names={"since": "from", "until": "to"})
            )
        except InvalidParams as fault:
            reasons |= fault.reasons
    return ListQuery(given, reasons, account, given.get(SEARCH_PARAM, "").strip(), broadcast, page, values)


def _parse_account(query: QueryString) -> Account | None:
    name = query.parse_text(ACCOUNT_PARAM) if ACCOUNT_PARAM in query else None
    found = Account.objects.filter(name=name).first() if name else None
    if name and not found:
        query.add_error(ACCOUNT_PARAM, "there is no account with this name")
    return found


def _parse_filters(query: QueryString) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: query.parse_text(name) for name in PLAIN_FILTERS if name in query and name != "status"
    }
    if "status" in query:
        values["status"] = query.parse_choice("status", [group.value for group in StatusGroup], "")
    if any(name in query for name in DATE_PARAMS):
        window = query.parse_window()
        values |= {"since": window.start, "until": window.end}
    return {name: value for name, value in values.items() if value}


def _check_combination(query: QueryString, filters: Sequence[str]) -> None:
    """Every list is read in the order of an index: an account's, a broadcast's, or that of the ids."""
    if filters and SEARCH_PARAM in query:
        query.add_error(SEARCH_PARAM, "cannot be combined with other filters, except Account")
    elif BROADCAST_PARAM in filters and (len(filters) > 1 or ACCOUNT_PARAM in query):
        query.add_error(BROADCAST_PARAM, "cannot be combined with other filters")
    elif filters and filters != [BROADCAST_PARAM] and ACCOUNT_PARAM not in query:
        query.add_error(ACCOUNT_PARAM, f"choose an account to filter by {', '.join(filters)}")
