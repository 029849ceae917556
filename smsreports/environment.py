"""Typed readers of the process environment that fail by the variable's name."""

import os
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")


def read_env_file(path: Path) -> None:
    """Take what the environment does not have yet from the file at `path`, if there is one."""
    try:
        if path.exists():
            with path.open(encoding="utf-8") as file:
                environ.Env.read_env(file)
    except OSError as fault:
        raise ImproperlyConfigured(f"{path} cannot be read by this user: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} is not text in UTF-8") from None


def read_text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, "") or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set")
    return value


def read_choice(name: str, allowed: Sequence[str], default: str) -> str:
    value = read_text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")
    return value


def read_bool(name: str, *, default: bool) -> bool:
    value = read_text(name, str(default)).lower()
    if value not in TRUE + FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(TRUE + FALSE)}")
    return value in TRUE


def read_int(name: str, *, default: int, minimum: int, maximum: int) -> int:
    value = read_text(name, str(default))
    if not (value.isascii() and value.isdigit() and minimum <= int(value) <= maximum):
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number from {minimum} to {maximum}")
    return int(value)


def read_list(name: str, default: str | None = None) -> list[str]:
    """A comma-separated list, blanks dropped; only a default may be empty."""
    given = read_text(name, default)
    found = [word.strip() for word in given.split(",") if word.strip()]
    if given and not found:
        raise ImproperlyConfigured(f"{name} is {given!r}; it must be a comma-separated list")
    return found


def read_networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of addresses and networks."""
    try:
        return [ip_network(word) for word in read_list(name, default)]
    except ValueError as fault:
        raise ImproperlyConfigured(f"{name}: {fault}") from None


def read_proxies(name: str) -> list[IPv4Network | IPv6Network]:
    """The addresses and networks of proxies; formerly the variable held their number."""
    if (value := read_text(name, "")).isdigit():
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it no longer counts the proxies but lists their addresses and networks, "
            "separated by commas, e.g. 127.0.0.1 or 10.0.0.0/8,fd00::/8. Leave it empty without a proxy"
        )
    return read_networks(name, "")


def read_pair(name: str) -> tuple[str, str] | None:
    """`KEY=value`, or None where nothing is set."""
    key, equals, value = read_text(name, "").partition("=")
    if (key or equals) and not (key and value):
        raise ImproperlyConfigured(f"{name} is {key + equals + value!r}; it must be written as KEY=value")
    return (key, value) if key else None
