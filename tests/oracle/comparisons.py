"""Comparison of a response with the reference model, or with the refusal that it must be."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import requests

from tests.oracle import queries
from tests.oracle.bad_requests import BadRequest
from tests.oracle.differences import find_difference, parse_json
from tests.oracle.loaded_traffic import LoadedTraffic, build_credentials
from tests.oracle.queries import Query

FILE_NAME = r'attachment; filename="messages_export_\d{8}T\d{6}Z\.%s"'


def find_mismatch(loaded: LoadedTraffic, query: Query) -> str | None:
    """Return how the response to a valid request differs from the model's, or None."""
    response = loaded.get(query.account, query.path, query.params)
    if response.status_code != 200:
        return f"{query.account} {response.url}\n    {response.status_code} {response.text[:300]}"
    try:
        mismatch = COMPARISONS[query.endpoint](loaded, query, response)
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        mismatch = f"unreadable: {error!r} in {response.text[:300]!r}"
    return mismatch and f"{query.account} {response.url}\n    {mismatch}"


def compare_list(loaded: LoadedTraffic, query: Query, response: requests.Response) -> str | None:
    list_rows = loaded.model.list_messages if query.endpoint == "messages" else loaded.model.list_unified
    return find_difference(
        list_rows(query.account, dict(query.params)), parse_json(response.content.decode()), ordered=True
    )


def compare_csv(loaded: LoadedTraffic, query: Query, response: requests.Response) -> str | None:
    params = dict(query.params)
    expected = loaded.model.export_csv(query.account, params)
    has_mark = response.content.startswith(b"\xef\xbb\xbf")
    text = response.content.decode("utf-8-sig")
    if has_mark == (params.get("dialect") == "strict"):
        return f"byte order mark: {has_mark}"
    if text.split("\n")[0].endswith("\r") or not text.endswith("\n"):
        return f"line ends: {text[:300]!r} … {text[-50:]!r}"
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    mismatch = compare_file_headers(response, len(expected) - 1, "text/csv; charset=utf-8", "csv")
    return mismatch or find_difference(expected, rows)


def compare_ndjson(loaded: LoadedTraffic, query: Query, response: requests.Response) -> str | None:
    expected = loaded.model.export_rows(query.account, dict(query.params))
    *rows, end = response.content.decode().split("\n")
    if end:
        return f"the last line does not end: {end[:100]!r}"
    mismatch = compare_file_headers(response, len(expected), "application/x-ndjson", "ndjson")
    return mismatch or find_difference(expected, [parse_json(row) for row in rows], ordered=True)


def compare_file_headers(response: requests.Response, total: int, kind: str, ending: str) -> str | None:
    """Compare the headers of an export, which are sent before its first byte."""
    headers = response.headers
    limit = int(headers["X-Export-Limit"])
    expected = {"X-Export-Total": str(total), "X-Export-Truncated": "false"}
    actual = {name: headers.get(name) for name in expected}
    if not re.fullmatch(FILE_NAME % ending, headers["Content-Disposition"]):
        return f"Content-Disposition: {headers['Content-Disposition']}"
    if not headers["Content-Type"].startswith(kind) or limit < total:
        return f"Content-Type: {headers['Content-Type']}, X-Export-Limit: {limit}"
    return find_difference(expected, actual)


def compare_status(loaded: LoadedTraffic, query: Query, response: requests.Response) -> str | None:
    """Compare the status response without its timeline, which has tests of its own."""
    expected, found = loaded.model.get_status(query.account, query.id), parse_json(response.content.decode())
    last, timeline = found["message"].popitem()
    mismatch = None if last == "timeline" and isinstance(timeline, list) else f"{last} is the last key: {timeline}"
    return mismatch or find_difference(expected, found, ordered=True)


def compare_ersaal(loaded: LoadedTraffic, query: Query, response: requests.Response) -> str | None:
    body = parse_json(response.content.decode())
    path = loaded.live.url + queries.ERSAAL
    with_page = "page" in body["data"]["links"][0]
    expected = loaded.model.list_ersaal(query.account, dict(query.params), path, with_page=with_page)
    return compare_rate_headers(response) or find_difference(expected, body)


def compare_ersaal_one(loaded: LoadedTraffic, query: Query, response: requests.Response) -> str | None:
    expected = loaded.model.get_ersaal_item(query.account, query.id)
    return compare_rate_headers(response) or find_difference(expected, parse_json(response.content.decode()))


def compare_rate_headers(response: requests.Response) -> str | None:
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining")
    missing = [name for name in names if not response.headers.get(name, "").isdecimal()]
    return f"no {', '.join(missing)}" if missing else None


COMPARISONS: dict[str, Callable[[LoadedTraffic, Query, requests.Response], str | None]] = {
    "messages": compare_list,
    "unified": compare_list,
    "csv": compare_csv,
    "ndjson": compare_ndjson,
    "status": compare_status,
    "ersaal": compare_ersaal,
    "ersaal_one": compare_ersaal_one,
}


def find_refusal_mismatch(loaded: LoadedTraffic, bad: BadRequest) -> str | None:
    """Return how the response to a bad request differs from the expected refusal, or None."""
    key = {"good": loaded.keys[loaded.accounts[1]], "wrong": "sk_prod_wrong", "none": ""}[bad.key]
    url = f"{loaded.live.url}{bad.path}?{bad.query}".removesuffix("?")
    headers = build_credentials(key, ersaal=bad.is_ersaal)
    try:
        response = loaded.session.request(bad.method, url, headers=headers, allow_redirects=False, timeout=30)
        mismatch = compare_refusal(bad, response)
    except requests.RequestException as error:
        mismatch = f"no response: {error}"
    return mismatch and f"{bad.method} {url} ({bad.key} key)\n    {mismatch}"


def compare_refusal(bad: BadRequest, response: requests.Response) -> str | None:
    text = response.text[:300]
    if response.status_code not in bad.statuses:
        return f"expected {sorted(bad.statuses)}, found {response.status_code} {text!r}"
    wrong_headers = compare_rate_headers(response) if bad.is_ersaal else None
    if response.status_code == 200 or wrong_headers:
        return wrong_headers
    if not response.headers["Content-Type"].startswith("application/json"):
        return f"Content-Type {response.headers['Content-Type']}"
    return compare_ersaal_error(bad, response.json()) if bad.is_ersaal else compare_telecom_error(bad, response.json())


def compare_telecom_error(bad: BadRequest, body: dict[str, Any]) -> str | None:
    if list(body) != ["status", "error_code", "description"] or body["status"] is not False:
        return f"shape: {body}"
    if bad.code not in (None, body["error_code"]):
        return f"expected the code {bad.code}: {body}"
    named = any(name in body["description"] for name in bad.parameter_names) or not bad.parameter_names
    missing = [word for word in bad.allowed if word not in body["description"]]
    return None if named and not missing else f"does not name {missing or bad.parameter_names}: {body}"


def compare_ersaal_error(bad: BadRequest, body: dict[str, Any]) -> str | None:
    if set(body) != {"message", "code", "details"}:
        return f"shape: {body}"
    if bad.code not in (None, body["code"]):
        return f"expected the code {bad.code}: {body}"
    if bad.code == "UNAUTHORIZED" and body["message"] != "Unauthenticated.":
        return f"message: {body}"
    details = body["details"]
    if bad.parameter_names and not (
        set(details) & bad.parameter_names and all(map(is_list_of_reasons, details.values()))
    ):
        return f"expected reasons for {bad.parameter_names}: {body}"
    return None


def is_list_of_reasons(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(reason, str) for reason in value)
