"""Signatures: each is valid for one method, one resource, one body, one secret and ten minutes."""

import re
import time
from collections import defaultdict
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.accounts.signing import (
    TOLERANCE_SECONDS,
    SignedRequest,
    candidate_paths,
    derive_signing_secret,
    encode_path,
)
from tests.client_signing import sign_headers

PATH = "/api/v1/sms/stats"
# Timestamps of up to 12 digits, the longest allowed.
SECONDS = st.integers(0, 10**12 - 1)
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST"]),
        "path": st.text("ab/%2F5é~", max_size=9).map("/{}".format),
        "body": st.binary(max_size=40),
        "at": SECONDS,
        "secret": st.text("abc", min_size=1),
    }
)


def build_signed_request(request: dict[str, Any], headers: dict[str, str]) -> SignedRequest:
    """Return the signed request that the server builds from `request` with these headers."""
    paths = [request["path"].encode()]
    return SignedRequest(request["method"], paths, request["body"], headers["X-Timestamp"], headers["X-Signature"])


def sign_request(request: dict[str, Any]) -> dict[str, str]:
    return sign_headers(request["secret"], request["method"], request["path"], request["body"], request["at"])


def test_openssl_computes_the_same_signature() -> None:
    """printf 'POST|/api/v1/ingest|1770978600|{"type": "click"}' | openssl dgst -sha256 -hmac 'a secret'"""
    signature = "a02c62a7aa5157b7ffc586fbdf4ad672fb3f937e9ab8836e3f03ffd19d6bff0d"
    signed_request = SignedRequest("POST", [b"/api/v1/ingest"], b'{"type": "click"}', "1770978600", signature)
    assert signed_request.has_valid_signature("a secret")


@given(REQUESTS)
def test_a_request_signed_as_documented_is_accepted(request: dict[str, Any]) -> None:
    assert build_signed_request(request, sign_request(request)).has_valid_signature(request["secret"])


@given(REQUESTS, REQUESTS)
def test_a_signature_is_invalid_for_any_other_request_and_secret(one: dict[str, Any], other: dict[str, Any]) -> None:
    headers = sign_request(one) | {"X-Timestamp": sign_request(other)["X-Timestamp"]}
    assert build_signed_request(other, headers).has_valid_signature(other["secret"]) == (one == other)


@given(REQUESTS, st.text(max_size=70))
@example({"method": "GET", "path": "/", "body": b"", "at": 1, "secret": "a"}, "é" * 64)
def test_a_malformed_signature_is_invalid(request: dict[str, Any], text: str) -> None:
    headers = sign_request(request)
    for signature in (
        text,
        headers["X-Signature"].upper().replace("0", "A"),
        f" {headers['X-Signature']}",
        headers["X-Signature"][:-1],
    ):
        changed = headers | {"X-Signature": signature}
        assert not build_signed_request(request, changed).has_valid_signature(request["secret"])


@given(SECONDS, st.integers(-2 * TOLERANCE_SECONDS, 2 * TOLERANCE_SECONDS))
@example(1_770_978_600, TOLERANCE_SECONDS)
@example(1_770_978_600, -TOLERANCE_SECONDS)
@example(1_770_978_600, TOLERANCE_SECONDS + 1)
@example(1_770_978_600, -TOLERANCE_SECONDS - 1)
def test_a_timestamp_may_be_five_minutes_off_either_way(now: int, off: int) -> None:
    signed_request = SignedRequest("GET", [], b"", str(now + off), "")
    assert signed_request.is_within_tolerance(now) == (abs(off) <= 300 and 0 <= now + off < 10**12)


@pytest.mark.parametrize("odd", ["{}.5", "+{}", "-{}", " {}", "{}\n", "{}000", "0x{}", "{},{}", "", "now", "٣", "1e9"])
def test_a_timestamp_is_whole_seconds_in_plain_digits(odd: str) -> None:
    now = int(time.time())
    assert SignedRequest("GET", [], b"", str(now), "").is_within_tolerance(now)
    assert not SignedRequest("GET", [], b"", odd.format(now, now), "").is_within_tolerance(now)


def test_each_key_of_each_server_has_its_own_printable_secret() -> None:
    secrets = {derive_signing_secret(digest, server) for digest, server in product("ab", "cd")}
    assert len(secrets) == 4
    assert all(re.fullmatch(r"sk_sign_[A-Za-z0-9_-]{43}", secret) for secret in secrets)


@pytest.mark.parametrize(
    ("target", "forms"),
    [
        ("/api/v1/sms/stats", [b"/api/v1/sms/stats"]),
        ("/api/v1/sms/stats?period=7d", [b"/api/v1/sms/stats"]),
        ("/api/v1/sms/stats?a=/b?c#d", [b"/api/v1/sms/stats"]),
        # The absolute form that clients of a proxy send.
        ("http://sms.example:8000/api/v1/sms/stats?period=7d", [b"/api/v1/sms/stats"]),
        ("http://sms.example", [b"", b"/"]),
        # Clients sign before or after they encode.
        ("/sms/status/a%20b", [b"/sms/status/a%20b", b"/sms/status/a b"]),
        ("/sms/status/%C3%A9", [b"/sms/status/%C3%A9", "/sms/status/é".encode()]),
        ("/sms/status/%7e", [b"/sms/status/%7e", b"/sms/status/~"]),
        # The decoded /sms/status/100%25 is the raw path of another resource.
        ("/sms/status/100%2525", [b"/sms/status/100%2525"]),
        ("/sms/status/%FF", [b"/sms/status/%FF"]),
        ("/sms/status/a%7Cb", [b"/sms/status/a%7Cb"]),
        ("/sms/status/a|b", []),
        ("//double", [b"//double"]),
    ],
)
def test_a_path_may_be_signed_encoded_or_decoded(target: str, forms: list[bytes]) -> None:
    raw_path = re.sub(r"^[a-z]+://[^/]*", "", target).partition("?")[0]
    decoded = unquote(raw_path) if "%FF" not in raw_path else raw_path
    assert candidate_paths(target, decoded or "/") == forms


def test_a_path_without_a_raw_target_may_be_signed_encoded_or_decoded() -> None:
    assert candidate_paths(encode_path("/sms/status/a b"), "/sms/status/a b") == [
        b"/sms/status/a%20b",
        b"/sms/status/a b",
    ]


def test_no_two_requests_have_the_same_signed_text() -> None:
    """Compare all short requests of ambiguous characters."""
    requests_by_text = defaultdict(set)
    targets = ["/" + "".join(parts) for parts in product(["", "a", "%61", "%2561", "%7C", "|", "|1|", "%25"], repeat=3)]
    for target, timestamp, body in product(targets, ("1", "11"), (b"", b"a", b"1|", b"|1|a")):
        for path in candidate_paths(target, unquote(target)):
            text = b"|".join((b"POST", path, timestamp.encode(), body))
            requests_by_text[text].add((unquote(target), timestamp, body))
    assert len(requests_by_text) > 1000
    assert [text for text, requests in requests_by_text.items() if len(requests) > 1] == []


def test_any_candidate_path_may_be_signed() -> None:
    headers = sign_headers("s", "GET", "/a b")
    request = SignedRequest("GET", [b"/a%20b", b"/a b"], b"", headers["X-Timestamp"], headers["X-Signature"])
    assert request.has_valid_signature("s")
    assert not replace(request, paths=[b"/a%20b"]).has_valid_signature("s")
