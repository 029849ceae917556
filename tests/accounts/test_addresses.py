"""Where a caller is: what the declared proxies say, and nothing that the caller says."""

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
# What a caller may have sent as X-Forwarded-For; a header holds no line ends.
CLAIMS = st.none() | st.text("0123456789abcdef.:[]% ,\t-", max_size=40)


def ask(forwarded: str | None, peer: str = PEER) -> Any:
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **more)  # type: ignore[arg-type]  # the stubs want headers


def written(address: IPv4Address | IPv6Address, port: int | None) -> str:
    """As proxies write it."""
    if port is None:
        return str(address)
    return f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}"


def meant(address: IPv4Address | IPv6Address) -> str:
    return str(getattr(address, "ipv4_mapped", None) or address)


@given(CLAIMS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_without_a_proxy_the_header_is_ignored(settings: Any, claim: str | None) -> None:
    settings.PROXIES = []
    assert client_address(ask(claim)) == PEER


# Of few addresses, so that proxies meet: neighbours in and beside the networks.
HOSTS = st.sampled_from(
    [ip_address(each) for each in ("10.0.0.1", "10.0.0.2", "10.1.0.1", "192.0.2.1", "fd00::1", "::1")]
)
NETWORKS = st.lists(
    st.sampled_from(
        [ip_network(each) for each in ("10.0.0.0/24", "10.0.0.0/8", "10.0.0.2/32", "fd00::/8", "0.0.0.0/0")]
    ),
    max_size=3,
)
ENTRIES = st.one_of(st.tuples(HOSTS, PORTS), st.sampled_from(["", "unknown", "10.0.0", "x"]))


def model(peer: str, forwarded: list[str], networks: list[Any]) -> str:
    """The same answer, found from the left: the last address that is followed by nothing but proxies."""
    chain = [*(normalize_ip(each) for each in forwarded), peer]
    ours = [each != "" and any(ip_address(each) in network for network in networks) for each in chain]
    for place, address in enumerate(chain):
        if all(ours[place + 1 :]) and not ours[place]:
            return address
    return ""


@given(HOSTS, st.lists(ENTRIES, max_size=5), NETWORKS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_behind_declared_proxies_it_is_the_first_other_address_from_the_right(
    settings: Any, peer: Any, entries: list[Any], networks: list[Any]
) -> None:
    settings.PROXIES = networks
    forwarded = [entry if isinstance(entry, str) else written(*entry) for entry in entries]
    asked = ask(", ".join(forwarded) if forwarded else None, str(peer))
    assert client_address(asked) == model(str(peer), forwarded, networks)


@given(CLAIMS, ADDRESSES.filter(lambda each: meant(each) != PROXY), PORTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_caller_claims_changes_nothing(settings: Any, claim: str | None, caller: Any, port: int | None) -> None:
    settings.PROXIES = [ip_network(PROXY)]
    seen = written(caller, port)
    assert client_address(ask(seen if claim is None else f"{claim},{seen}", PROXY)) == meant(caller)


@pytest.mark.parametrize("forwarded", [None, "", PROXY, f"{PROXY},{PROXY}", f",{PROXY}", f"192.0.2.1,x,{PROXY}"])
def test_a_proxy_that_does_not_say_who_called_has_no_caller(settings: Any, forwarded: str | None) -> None:
    settings.PROXIES = [ip_network(PROXY)]
    assert client_address(ask(forwarded, PROXY)) == ""


@pytest.mark.parametrize("lines", ["192.0.2.1,PROXY", " 192.0.2.1 ,\tPROXY ", "x,192.0.2.1 , PROXY"])
def test_lines_of_the_header_are_one_list(settings: Any, lines: str) -> None:
    """Servers join them with commas."""
    settings.PROXIES = [ip_network(PROXY)]
    assert client_address(ask(lines.replace("PROXY", PROXY), PROXY)) == "192.0.2.1"


def test_a_proxy_is_known_by_its_ipv4_address_on_a_socket_for_both(settings: Any) -> None:
    settings.PROXIES = [ip_network(PROXY)]
    assert client_address(ask("192.0.2.1", f"::ffff:{PROXY}")) == "192.0.2.1"


@pytest.mark.parametrize(("peer", "is_secure"), [(PROXY, True), (PEER, False), ("", False), ("unix:", False)])
def test_only_a_declared_proxy_says_that_a_request_came_by_tls(settings: Any, peer: str, is_secure: bool) -> None:
    settings.PROXIES = [ip_network(PROXY)]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    middleware = ProxyHeadersMiddleware(lambda request: HttpResponse(str(request.is_secure())))
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_PROTO="https")
    assert b"".join(middleware(request)) == str(is_secure).encode()


@given(ADDRESSES, PORTS)
@example(IPv6Address("::ffff:192.0.2.1"), 80)
@example(IPv6Address("::"), None)
def test_an_address_is_read_as_proxies_write_it(address: Any, port: int | None) -> None:
    assert normalize_ip(f" {written(address, port)}\t") == meant(address)
    assert normalize_ip(f"[{address}]") == (meant(address) if address.version == 6 else "")


@given(st.text(max_size=50))
@pytest.mark.parametrize("ours", [True])
def test_whatever_is_written_is_an_address_or_none(ours: bool, text: str) -> None:
    found = normalize_ip(text)
    assert found == "" or normalize_ip(found) == found


ODD = [
    "", "unix:", "unknown", "_hidden", "192.0.2", "192.0.2.256", "192.0.02.1", "192.0.2.1:", "192.0.2.1:x",
    "192.0.2.1:123456", "192.0.2.1 192.0.2.2", "192.0.2.1;", '"192.0.2.1"', "for=192.0.2.1", "１.2.3.4", "192.0.2.1\n",
    "[192.0.2.1]", "[2001:db8::1", "2001:db8::1]", "[2001:db8::1]x", "fe80::1%eth0", "::1%<b>", "1::2::3", ":" * 8000,
    "192.0.2.1/24",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_address_is_none(odd: str, settings: Any) -> None:
    assert normalize_ip(odd) == ""
    settings.PROXIES = [ip_network(PROXY)]
    assert client_address(ask(f"192.0.2.1, {odd}", PROXY)) == ""


@pytest.mark.parametrize(("peer", "seen"), [("", ""), ("::1", "::1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("unix:", "")])
def test_the_other_end_of_a_connection_is_read_the_same_way(settings: Any, peer: str, seen: str) -> None:
    settings.PROXIES = []
    assert client_address(ask(None, peer)) == seen
