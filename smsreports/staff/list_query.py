"""Query of a staff list, parsed from the query string as strictly as a dialect parses it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django_filters import FilterSet

from smsreports.accounts.models import Account
from smsreports.exceptions import InvalidParams
from smsreports.queries.filters import clean_filters, get_labelled_filters
from smsreports.queries.list_request import ListRequest
from smsreports.queries.query_string import NOT_UTF8, QueryString, parse_pairs

# Searches by id or phone number.
SEARCH_PARAM = "q"
ACCOUNT_PARAM = "account"
BROADCAST_PARAM = "broadcast"
PAGE_PARAM = "p"
DATE_PARAMS = ("from", "to")
# Fewer digits match too many rows, and no index finds them.
MIN_PHONE_DIGITS = 4
# Parameters that the admin's own links add.
ADMIN_PARAMS = ("e", "o", "_changelist_filters")
LABELS = {
    SEARCH_PARAM: "Find",
    ACCOUNT_PARAM: "Account",
    "from": "From",
    "to": "To",
}


class StaffQueryString(QueryString):
    """Query string of a staff list. Empty values count as absent, because a form sends its empty fields too.

    Unknown parameters are errors: people edit addresses by hand, and would trust a filter that has no effect.
    """

    def __init__(self, raw: str, known: Collection[str]) -> None:
        super().__init__(raw, known)
        self._values = {name: value for name, value in self._values.items() if value.strip()}
        for name, _ in parse_pairs(raw):
            if name not in known and name not in ADMIN_PARAMS:
                self.add_error(NOT_UTF8.sub("?", name), "is not a filter of this list")

    def get_typed_values(self, names: Collection[str]) -> dict[str, str]:
        """Return the values as they were typed, to fill in the form again."""
        return {name: NOT_UTF8.sub("?", value) for name, value in self._values.items() if name in names}


@dataclass(frozen=True)
class ListQuery:
    """Parsed query of a staff list.

    `raw` holds the values as typed and `reasons` the errors, both by parameter name. `filters` are the cleaned
    filters of the FilterSet. `can_see_numbers` is true if the user may see whole phone numbers.
    """

    raw: Mapping[str, str]
    reasons: Mapping[str, Sequence[str]]
    account: Account | None = None
    search: str = ""
    broadcast: int | None = None
    page: int = 1
    filters: Mapping[str, object] = field(default_factory=dict)
    can_see_numbers: bool = False

    @property
    def is_list(self) -> bool:
        """True if the API can list the same rows: those of one account, by its filters."""
        return self.account is not None and not self.search and self.broadcast is None

    @property
    def list_request(self) -> ListRequest:
        return ListRequest(filters=self.filters)


def parse_list_query(raw: str, names: Sequence[str], filterset: type[FilterSet] | None) -> ListQuery:
    """Parse the query string of a list with the parameters `names`. Errors are returned in `reasons`, not raised."""
    try:
        query = StaffQueryString(raw, (*names, PAGE_PARAM))
    except InvalidParams as error:
        return ListQuery({}, error.reasons)
    account, filters = _parse_account(query), _parse_filters(query, filterset)
    broadcast = query.parse_number(BROADCAST_PARAM, 0) if BROADCAST_PARAM in query else None
    page = query.parse_number(PAGE_PARAM, 1)
    typed = query.get_typed_values(names)
    _check_combination(query, [name for name in typed if name not in (SEARCH_PARAM, ACCOUNT_PARAM)])
    if not filterset and account and SEARCH_PARAM not in query:
        query.add_error(ACCOUNT_PARAM, "can only be used together with Find")
    reasons: dict[str, Sequence[str]] = dict(query.reasons)
    if filterset and not reasons:
        try:
            filters = clean_filters(filterset, ListRequest(filters=filters))
        except InvalidParams as error:
            reasons |= error.reasons
    return ListQuery(typed, reasons, account, typed.get(SEARCH_PARAM, "").strip(), broadcast, page, filters)


def _parse_account(query: QueryString) -> Account | None:
    name = query.parse_text(ACCOUNT_PARAM) if ACCOUNT_PARAM in query else None
    account = Account.objects.filter(name=name).first() if name else None
    if name and not account:
        query.add_error(ACCOUNT_PARAM, "there is no account with this name")
    return account


def _parse_filters(query: QueryString, filterset: type[FilterSet] | None) -> dict[str, object]:
    """Return the filters of the query, as the FilterSet takes them."""
    filters: dict[str, object] = {name: query.parse_text(name) for name in get_labelled_filters(filterset)}
    if any(name in query for name in DATE_PARAMS):
        filters["period"] = query.parse_window()
    return {name: value for name, value in filters.items() if value}


def _check_combination(query: QueryString, filters: Sequence[str]) -> None:
    """Reject combinations that no index covers. The indexes begin with the account, the broadcast or the id."""
    if filters and SEARCH_PARAM in query:
        query.add_error(SEARCH_PARAM, "cannot be combined with other filters, except Account")
    elif BROADCAST_PARAM in filters and (len(filters) > 1 or ACCOUNT_PARAM in query):
        query.add_error(BROADCAST_PARAM, "cannot be combined with other filters")
    elif filters and filters != [BROADCAST_PARAM] and ACCOUNT_PARAM not in query:
        query.add_error(ACCOUNT_PARAM, f"choose an account to filter by {', '.join(filters)}")
