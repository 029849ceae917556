"""What a signature is good for: one method, one resource, one body, one secret, ten minutes."""

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
from tests.recipe import signed

PATH = "/api/v1/sms/stats"
# Of 12 digits, as far as a timestamp may go: what a person or a clock may say.
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


def request(asked: dict[str, Any], headers: dict[str, str]) -> SignedRequest:
    """The request as a server takes it that was `asked` for with these headers."""
    sent = [asked["path"].encode()]
    return SignedRequest(asked["method"], sent, asked["body"], headers["X-Timestamp"], headers["X-Signature"])


def by_recipe(asked: dict[str, Any]) -> dict[str, str]:
    return signed(asked["secret"], asked["method"], asked["path"], asked["body"], asked["at"])


def test_a_signature_is_what_openssl_makes_of_the_recipe() -> None:
    """printf 'POST|/api/v1/ingest|1770978600|{"type": "click"}' | openssl dgst -sha256 -hmac 'a secret'"""
    made = "a02c62a7aa5157b7ffc586fbdf4ad672fb3f937e9ab8836e3f03ffd19d6bff0d"
    found = SignedRequest("POST", [b"/api/v1/ingest"], b'{"type": "click"}', "1770978600", made)
    assert found.has_valid_signature("a secret")


@given(REQUESTS)
def test_who_follows_the_recipe_is_let_in(asked: dict[str, Any]) -> None:
    assert request(asked, by_recipe(asked)).has_valid_signature(asked["secret"])


@given(REQUESTS, REQUESTS)
def test_a_signature_fits_no_other_request_and_no_other_secret(one: dict[str, Any], other: dict[str, Any]) -> None:
    stolen = by_recipe(one) | {"X-Timestamp": by_recipe(other)["X-Timestamp"]}
    assert request(other, stolen).has_valid_signature(other["secret"]) == (one == other)


@given(REQUESTS, st.text(max_size=70))
@example({"method": "GET", "path": "/", "body": b"", "at": 1, "secret": "a"}, "é" * 64)
def test_what_is_no_signature_fits_nothing(asked: dict[str, Any], text: str) -> None:
    good = by_recipe(asked)
    for odd in (
        text,
        good["X-Signature"].upper().replace("0", "A"),
        f" {good['X-Signature']}",
        good["X-Signature"][:-1],
    ):
        assert not request(asked, good | {"X-Signature": odd}).has_valid_signature(asked["secret"])


@given(SECONDS, st.integers(-2 * TOLERANCE_SECONDS, 2 * TOLERANCE_SECONDS))
@example(1_770_978_600, TOLERANCE_SECONDS)
@example(1_770_978_600, -TOLERANCE_SECONDS)
@example(1_770_978_600, TOLERANCE_SECONDS + 1)
@example(1_770_978_600, -TOLERANCE_SECONDS - 1)
def test_a_timestamp_may_be_five_minutes_off_either_way(now: int, off: int) -> None:
    found = SignedRequest("GET", [], b"", str(now + off), "")
    assert found.is_within_tolerance(now) == (abs(off) <= 300 and 0 <= now + off < 10**12)


@pytest.mark.parametrize("odd", ["{}.5", "+{}", "-{}", " {}", "{}\n", "{}000", "0x{}", "{},{}", "", "now", "٣", "1e9"])
def test_a_timestamp_is_whole_seconds_in_plain_digits(odd: str) -> None:
    now = int(time.time())
    assert SignedRequest("GET", [], b"", str(now), "").is_within_tolerance(now)
    assert not SignedRequest("GET", [], b"", odd.format(now, now), "").is_within_tolerance(now)


def test_a_secret_belongs_to_one_key_of_one_server_and_can_be_printed() -> None:
    made = {derive_signing_secret(digest, server) for digest, server in product("ab", "cd")}
    assert len(made) == 4
    assert all(re.fullmatch(r"sk_sign_[A-Za-z0-9_-]{43}", secret) for secret in made)


@pytest.mark.parametrize(
    ("target", "forms"),
    [
        ("/api/v1/sms/stats", [b"/api/v1/sms/stats"]),
        ("/api/v1/sms/stats?period=7d", [b"/api/v1/sms/stats"]),
        ("/api/v1/sms/stats?a=/b?c#d", [b"/api/v1/sms/stats"]),
        # What a proxy's client sends.
        ("http://sms.example:8000/api/v1/sms/stats?period=7d", [b"/api/v1/sms/stats"]),
        ("http://sms.example", [b"", b"/"]),
        # Clients sign before or after they encode.
        ("/sms/status/a%20b", [b"/sms/status/a%20b", b"/sms/status/a b"]),
        ("/sms/status/%C3%A9", [b"/sms/status/%C3%A9", "/sms/status/é".encode()]),
        ("/sms/status/%7e", [b"/sms/status/%7e", b"/sms/status/~"]),
        # As it was sent, /sms/status/100%25 is another one's address.
        ("/sms/status/100%2525", [b"/sms/status/100%2525"]),
        ("/sms/status/%FF", [b"/sms/status/%FF"]),
        ("/sms/status/a%7Cb", [b"/sms/status/a%7Cb"]),
        ("/sms/status/a|b", []),
        ("//double", [b"//double"]),
    ],
)
def test_a_path_may_be_signed_as_it_is_sent_or_as_it_is_meant(target: str, forms: list[bytes]) -> None:
    sent = re.sub(r"^[a-z]+://[^/]*", "", target).partition("?")[0]
    meant = unquote(sent) if "%FF" not in sent else sent
    assert candidate_paths(target, meant or "/") == forms


def test_a_path_of_which_only_the_meaning_is_known_may_be_signed_both_ways_too() -> None:
    assert candidate_paths(encode_path("/sms/status/a b"), "/sms/status/a b") == [
        b"/sms/status/a%20b",
        b"/sms/status/a b",
    ]


def test_no_two_requests_can_be_signed_by_the_same_text() -> None:
    """Every short request of the characters that could confuse."""
    meanings = defaultdict(set)
    targets = ["/" + "".join(parts) for parts in product(["", "a", "%61", "%2561", "%7C", "|", "|1|", "%25"], repeat=3)]
    for target, timestamp, body in product(targets, ("1", "11"), (b"", b"a", b"1|", b"|1|a")):
        for path in candidate_paths(target, unquote(target)):
            text = b"|".join((b"POST", path, timestamp.encode(), body))
            meanings[text].add((unquote(target), timestamp, body))
    assert len(meanings) > 1000
    assert [text for text, meant in meanings.items() if len(meant) > 1] == []


def test_any_form_of_the_path_will_do() -> None:
    made = signed("s", "GET", "/a b")
    found = SignedRequest("GET", [b"/a%20b", b"/a b"], b"", made["X-Timestamp"], made["X-Signature"])
    assert found.has_valid_signature("s")
    assert not replace(found, paths=[b"/a%20b"]).has_valid_signature("s")
