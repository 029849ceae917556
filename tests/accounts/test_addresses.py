"""Where a caller is: what the declared proxies say, and nothing that the caller says."""

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smsreports.accounts.addresses import client_address, plain

PEER = "198.51.100.1"
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
    settings.PROXIES = 0
    assert client_address(ask(claim)) == PEER


@given(CLAIMS, ADDRESSES, st.lists(st.tuples(ADDRESSES, PORTS), max_size=3), PORTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_behind_proxies_it_is_who_called_the_first_of_them(
    settings: Any, claim: str | None, caller: Any, others: list[tuple[Any, int | None]], port: int | None
) -> None:
    """Each proxy writes behind what it got who called it; whatever the caller claims changes nothing."""
    settings.PROXIES = 1 + len(others)
    seen = [written(caller, port), *(written(*other) for other in others)]
    forwarded = ", ".join(seen if claim is None else [claim, *seen])
    assert client_address(ask(forwarded)) == meant(caller)


@pytest.mark.parametrize("forwarded", [None, "", "192.0.2.1", "192.0.2.1,192.0.2.2", ",192.0.2.2,192.0.2.3"])
def test_who_did_not_come_through_all_proxies_has_no_address(settings: Any, forwarded: str | None) -> None:
    settings.PROXIES = 3
    assert client_address(ask(forwarded)) == ""


@pytest.mark.parametrize("lines", ["192.0.2.1,192.0.2.2", " 192.0.2.1 ,\t192.0.2.2 ", "x,192.0.2.1 , 192.0.2.2"])
def test_lines_of_the_header_are_one_list(settings: Any, lines: str) -> None:
    """Servers join them with commas."""
    settings.PROXIES = 2
    assert client_address(ask(lines)) == "192.0.2.1"


@given(ADDRESSES, PORTS)
@example(IPv6Address("::ffff:192.0.2.1"), 80)
@example(IPv6Address("::"), None)
def test_an_address_is_read_as_proxies_write_it(address: Any, port: int | None) -> None:
    assert plain(f" {written(address, port)}\t") == meant(address)
    assert plain(f"[{address}]") == (meant(address) if address.version == 6 else "")


@given(st.text(max_size=50))
@pytest.mark.parametrize("ours", [True])
def test_whatever_is_written_is_an_address_or_none(ours: bool, text: str) -> None:
    found = plain(text)
    assert found == "" or plain(found) == found


ODD = [
    "", "unix:", "unknown", "_hidden", "192.0.2", "192.0.2.256", "192.0.02.1", "192.0.2.1:", "192.0.2.1:x",
    "192.0.2.1:123456", "192.0.2.1 192.0.2.2", "192.0.2.1;", '"192.0.2.1"', "for=192.0.2.1", "１.2.3.4", "192.0.2.1\n",
    "[192.0.2.1]", "[2001:db8::1", "2001:db8::1]", "[2001:db8::1]x", "fe80::1%eth0", "::1%<b>", "1::2::3", ":" * 8000,
    "192.0.2.1/24",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_address_is_none(odd: str, settings: Any) -> None:
    assert plain(odd) == ""
    settings.PROXIES = 1
    assert client_address(ask(f"192.0.2.1, {odd}")) == ""


@pytest.mark.parametrize(("peer", "seen"), [("", ""), ("::1", "::1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("unix:", "")])
def test_the_other_end_of_a_connection_is_read_the_same_way(settings: Any, peer: str, seen: str) -> None:
    settings.PROXIES = 0
    assert client_address(ask(None, peer)) == seen
