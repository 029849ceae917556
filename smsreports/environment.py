"""Typed readers of environment variables. Each raises ImproperlyConfigured with the name of an invalid variable."""

import os
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")


def read_env_file(path: Path) -> None:
    """Add the variables of the file at `path`, if it exists, that the environment does not have yet."""
    try:
        if path.exists():
            with path.open(encoding="utf-8") as file:
                environ.Env.read_env(file)
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read by this user: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} is not text in UTF-8") from None


def read_text(name: str, default: str | None = None) -> str:
    """Return the variable, or the default if it is unset or empty. It is required if the default is None."""
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
    if value not in TRUE_WORDS + FALSE_WORDS:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(TRUE_WORDS + FALSE_WORDS)}")
    return value in TRUE_WORDS


def read_int(name: str, *, default: int, minimum: int, maximum: int) -> int:
    value = read_text(name, str(default))
    if not (value.isascii() and value.isdigit() and minimum <= int(value) <= maximum):
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number from {minimum} to {maximum}")
    return int(value)


def read_list(name: str, default: str | None = None) -> list[str]:
    """Return a comma-separated list without empty items. Only the default may be an empty list."""
    text = read_text(name, default)
    items = [item.strip() for item in text.split(",") if item.strip()]
    if text and not items:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be a comma-separated list")
    return items


def read_networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    """Return a comma-separated list of IP addresses and networks."""
    try:
        return [ip_network(item) for item in read_list(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def read_proxies(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the addresses and networks of proxies. A number, the former format, gets an error that explains this."""
    if (value := read_text(name, "")).isdigit():
        raise ImproperlyConfigured(
            f"{name} is {value!r}; it no longer counts the proxies but lists their addresses and networks, "
            "separated by commas, e.g. 127.0.0.1 or 10.0.0.0/8,fd00::/8. Leave it empty without a proxy"
        )
    return read_networks(name, "")


def read_pair(name: str) -> tuple[str, str] | None:
    """Return the two parts of `KEY=value`, or None if the variable is unset."""
    key, equals, value = read_text(name, "").partition("=")
    if (key or equals) and not (key and value):
        raise ImproperlyConfigured(f"{name} is {key + equals + value!r}; it must be written as KEY=value")
    return (key, value) if key else None
