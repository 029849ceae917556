"""Requests that must be refused, each with the refusal it must get."""

from dataclasses import dataclass
from urllib.parse import quote

from tests.oracle.queries import ERSAAL, EXPORT, MESSAGES, PERIODS, SOURCES, STATUS, STATUS_WORDS, UNIFIED

ARABIC_DIGITS = quote("٢٠٢٦-٠١-٠١")


@dataclass(frozen=True)
class BadRequest:
    """Bad request: its raw query, and the response that it must get.

    The error must name one of the parameters in the query and, where there is a list, all of `allowed`.
    """

    path: str
    query: str = ""
    statuses: frozenset[int] = frozenset({400})
    code: str | None = None
    allowed: tuple[str, ...] = ()
    method: str = "GET"
    key: str = "good"

    @property
    def parameter_names(self) -> set[str]:
        return {pair.split("=")[0] for pair in self.query.split("&")} - {""}

    @property
    def is_ersaal(self) -> bool:
        return self.path.startswith("/api/sms/")


def build_bad_requests(foreign_message: str, foreign_request: str) -> list[BadRequest]:
    """Return the bad requests of both dialects; the ids belong to the other account."""
    params = [bad for path in (MESSAGES, UNIFIED, EXPORT) for bad in _bad_telecom_params(path)]
    return (
        params
        + _bad_export_params()
        + _bad_ersaal_params()
        + _bad_callers()
        + _bad_paths(foreign_message, foreign_request)
    )


def _bad_telecom_params(path: str) -> list[BadRequest]:
    bad_requests = [_expect_refusal(path, "INVALID_PARAMS", query) for query in BAD_DAYS + BAD_PAGES + BAD_FILTERS]
    bad_requests += [
        _expect_refusal(path, "INVALID_PARAMS", query) for query in ("limit=0", "limit=-5", "limit=x", "limit=")
    ]
    bad_requests += [_expect_allowed_words(path, name, value, words) for name, value, words in BAD_WORDS]
    if path != MESSAGES:
        bad_requests += [
            _expect_allowed_words(path, "source", value, SOURCES) for value in ("campaign", "API", "", "%ff")
        ]
    return bad_requests


def _bad_export_params() -> list[BadRequest]:
    queries = ("format=xlsx", "format=", "dialect=loose", "dialect=", "format=ndjson&format=ndjson")
    return [_expect_refusal(EXPORT, "INVALID_PARAMS", query) for query in queries]


def _bad_ersaal_params() -> list[BadRequest]:
    others = (
        "per_page=0",
        "per_page=-1",
        "per_page=x",
        "source=campaign",
        "source=%ff",
        "source=%00",
    )
    # Ersaal treats an empty parameter as absent, as Laravel does.
    queries = [query for query in (*BAD_DAYS, *BAD_PAGES, *others) if not query.endswith("=")]
    return [_expect_refusal(ERSAAL, "INVALID_PARAMETERS", query) for query in queries]


def _bad_callers() -> list[BadRequest]:
    """Return requests with a wrong method or key, and with a huge page, which may be refused or past the end."""
    bad_requests = []
    for path in (MESSAGES, UNIFIED, EXPORT, ERSAAL):
        is_telecom = path != ERSAAL
        unauthorized = frozenset({401})
        bad_requests += [
            BadRequest(path, statuses=unauthorized, code="UNAUTHORIZED", key="none"),
            BadRequest(
                path, statuses=unauthorized, code="INVALID_API_KEY" if is_telecom else "UNAUTHORIZED", key="wrong"
            ),
            BadRequest(path, "page=99999999999999999999", frozenset({200, 400})),
        ]
        methods = ("POST", "PUT", "PATCH", "DELETE")
        bad_requests += [BadRequest(path, statuses=frozenset({405}), method=method) for method in methods]
    return bad_requests


def _bad_paths(foreign_message: str, foreign_request: str) -> list[BadRequest]:
    paths = (
        f"{STATUS}/{foreign_message}",
        f"{STATUS}/no-such-message",
        f"{ERSAAL}/{foreign_request}",
        f"{ERSAAL}/no-such-request",
        f"{MESSAGES}/",
        f"{UNIFIED}/exports",
        "/api/v1/sms/nothing",
        "/api/v1/nothing",
        "/api/sms/nothing",
    )
    return [BadRequest(path, statuses=frozenset({404}), code="NOT_FOUND") for path in paths]


def _expect_refusal(path: str, code: str, query: str) -> BadRequest:
    return BadRequest(path, query, code=code)


def _expect_allowed_words(path: str, name: str, value: str, allowed: tuple[str, ...]) -> BadRequest:
    return BadRequest(path, f"{name}={value}", code="INVALID_PARAMS", allowed=allowed)


BAD_DAYS = (
    "from=2026-02-30",
    "from=2026-2-1",
    "from=20260201",
    "from=2026-W05-1",
    "from=2026-02-01T00:00:00Z",
    "from=yesterday",
    "from=",
    f"from={ARABIC_DIGITS}",
    "to=2026-13-01",
    "to=26-01-01",
    "to=%00",
    "to=%ff",
    "to=2026-01-01%0A",
    "to=2026-02-01&from=2026-02-02",
    "from=2026-01-01&from=2026-01-01",
)
BAD_PAGES = (
    "page=0",
    "page=-1",
    "page=abc",
    "page=",
    "page=1.5",
    "page=%D9%A3",
    "page=1e3",
    "page=1&page=1",
    "page=1_0",
)
BAD_FILTERS = (
    "status=delivered&status=delivered",
    "status=%ff",
    "phone=abc",
    "phone=12a",
    "phone=1234567890123456",
    "phone=",
    "phone=%2B-()",
    "phone=1%2B1",
    "phone=%2B%2B1",
    "phone=%D9%A3a",
    "phone=%00",
    "country=USA",
    "country=U",
    "country=1A",
    "country=%C3%9C%C3%9F",
    "country=",
    "sender=a%00b",
    "sender=%ff",
    "sender=MyApp&sender=MyApp",
    "from=2026-01-01&period=7d",
    "to=2026-01-01&period=today",
)
BAD_WORDS = (
    ("status", "done", STATUS_WORDS),
    ("status", "DELIVRD", STATUS_WORDS),
    ("status", "", STATUS_WORDS),
    ("period", "90d", PERIODS),
    ("period", "", PERIODS),
    ("period", "TODAY", PERIODS),
)
