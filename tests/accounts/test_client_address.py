"""Client IP address: X-Forwarded-For counts only if a trusted proxy added it."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smsreports.accounts.client_address import ProxyHeadersMiddleware, client_address, normalize_ip

PEER, PROXY = "198.51.100.1", "203.0.113.9"
ADDRESSES = st.ip_addresses()
PORTS = st.none() | st.integers(0, 65535)
# X-Forwarded-For as a client may forge it; a header contains no newlines.
CLAIMS = st.none() | st.text("0123456789abcdef.:[]% ,\t-", max_size=40)


def build_request(forwarded: str | None, peer: str = PEER) -> Any:
    header = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **header)  # type: ignore[arg-type]  # the stubs want headers


def format_address(address: IPv4Address | IPv6Address, port: int | None) -> str:
    """Return the address in the form that proxies use."""
    if port is None:
        return str(address)
    return f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}"


def shorten_address(address: IPv4Address | IPv6Address) -> str:
    return str(getattr(address, "ipv4_mapped", None) or address)


@given(CLAIMS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_without_a_proxy_the_header_is_ignored(settings: Any, claim: str | None) -> None:
    settings.PROXIES = []
    assert client_address(build_request(claim)) == PEER


# Few addresses, inside and beside the networks, so that chains of proxies occur.
HOSTS = st.sampled_from(
    [ip_address(text) for text in ("10.0.0.1", "10.0.0.2", "10.1.0.1", "192.0.2.1", "fd00::1", "::1")]
)
NETWORKS = st.lists(
    st.sampled_from(
        [ip_network(text) for text in ("10.0.0.0/24", "10.0.0.0/8", "10.0.0.2/32", "fd00::/8", "0.0.0.0/0")]
    ),
    max_size=3,
)
ENTRIES = st.one_of(st.tuples(HOSTS, PORTS), st.sampled_from(["", "unknown", "10.0.0", "x"]))


def find_expected_address(peer: str, forwarded: list[str], networks: list[Any]) -> str:
    """Return the expected address, searched from the left: the one that is followed by trusted proxies only."""
    chain = [*(normalize_ip(entry) for entry in forwarded), peer]
    trusted = [address != "" and any(ip_address(address) in network for network in networks) for address in chain]
    for position, address in enumerate(chain):
        if all(trusted[position + 1 :]) and not trusted[position]:
            return address
    return ""


@given(HOSTS, st.lists(ENTRIES, max_size=5), NETWORKS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_client_is_the_first_untrusted_address_from_the_right(
    settings: Any, peer: Any, entries: list[Any], networks: list[Any]
) -> None:
    settings.PROXIES = networks
    forwarded = [entry if isinstance(entry, str) else format_address(*entry) for entry in entries]
    request = build_request(", ".join(forwarded) if forwarded else None, str(peer))
    assert client_address(request) == find_expected_address(str(peer), forwarded, networks)


@given(CLAIMS, ADDRESSES.filter(lambda address: shorten_address(address) != PROXY), PORTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_forged_header_is_ignored(settings: Any, claim: str | None, caller: Any, port: int | None) -> None:
    settings.PROXIES = [ip_network(PROXY)]
    seen = format_address(caller, port)
    assert client_address(build_request(seen if claim is None else f"{claim},{seen}", PROXY)) == shorten_address(caller)


@pytest.mark.parametrize("forwarded", [None, "", PROXY, f"{PROXY},{PROXY}", f",{PROXY}", f"192.0.2.1,x,{PROXY}"])
def test_a_proxy_that_names_no_client_gives_an_empty_address(settings: Any, forwarded: str | None) -> None:
    settings.PROXIES = [ip_network(PROXY)]
    assert client_address(build_request(forwarded, PROXY)) == ""


@pytest.mark.parametrize("lines", ["192.0.2.1,PROXY", " 192.0.2.1 ,\tPROXY ", "x,192.0.2.1 , PROXY"])
def test_several_lines_of_the_header_are_one_list(settings: Any, lines: str) -> None:
    """Servers join several lines with commas."""
    settings.PROXIES = [ip_network(PROXY)]
    assert client_address(build_request(lines.replace("PROXY", PROXY), PROXY)) == "192.0.2.1"


def test_a_proxy_is_recognized_by_its_ipv4_mapped_address(settings: Any) -> None:
    settings.PROXIES = [ip_network(PROXY)]
    assert client_address(build_request("192.0.2.1", f"::ffff:{PROXY}")) == "192.0.2.1"


@pytest.mark.parametrize(("peer", "is_secure"), [(PROXY, True), (PEER, False), ("", False), ("unix:", False)])
def test_only_a_trusted_proxy_can_mark_a_request_as_secure(settings: Any, peer: str, is_secure: bool) -> None:
    settings.PROXIES = [ip_network(PROXY)]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    middleware = ProxyHeadersMiddleware(lambda request: HttpResponse(str(request.is_secure())))
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_PROTO="https")
    assert b"".join(middleware(request)) == str(is_secure).encode()


@given(ADDRESSES, PORTS)
@example(IPv6Address("::ffff:192.0.2.1"), 80)
@example(IPv6Address("::"), None)
def test_an_address_with_port_and_brackets_is_parsed(address: Any, port: int | None) -> None:
    assert normalize_ip(f" {format_address(address, port)}\t") == shorten_address(address)
    assert normalize_ip(f"[{address}]") == (shorten_address(address) if address.version == 6 else "")


@given(st.text(max_size=50))
@pytest.mark.parametrize("ours", [True])
def test_any_text_gives_a_normalized_address_or_none(ours: bool, text: str) -> None:
    address = normalize_ip(text)
    assert address == "" or normalize_ip(address) == address


ODD = [
    "", "unix:", "unknown", "_hidden", "192.0.2", "192.0.2.256", "192.0.02.1", "192.0.2.1:", "192.0.2.1:x",
    "192.0.2.1:123456", "192.0.2.1 192.0.2.2", "192.0.2.1;", '"192.0.2.1"', "for=192.0.2.1", "１.2.3.4", "192.0.2.1\n",
    "[192.0.2.1]", "[2001:db8::1", "2001:db8::1]", "[2001:db8::1]x", "fe80::1%eth0", "::1%<b>", "1::2::3", ":" * 8000,
    "192.0.2.1/24",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_an_invalid_address_is_empty(odd: str, settings: Any) -> None:
    assert normalize_ip(odd) == ""
    settings.PROXIES = [ip_network(PROXY)]
    assert client_address(build_request(f"192.0.2.1, {odd}", PROXY)) == ""


@pytest.mark.parametrize(("peer", "seen"), [("", ""), ("::1", "::1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("unix:", "")])
def test_the_peer_address_is_normalized(settings: Any, peer: str, seen: str) -> None:
    settings.PROXIES = []
    assert client_address(build_request(None, peer)) == seen
