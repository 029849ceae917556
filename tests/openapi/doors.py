"""Every address with the path and the parameters of its contract, so that a new one is asked here too."""

from collections.abc import Iterator
from importlib import import_module
from inspect import isclass

from smsreports.api.errors import get_dialects
from smsreports.dialects.base import Dialect
from tests.contracts.doors import Door


def contracts() -> list[type[Door]]:
    return [door for dialect in get_dialects() for door in _of(dialect)]


def _of(dialect: Dialect) -> Iterator[type[Door]]:
    for name, found in vars(import_module(f"tests.contracts.test_{dialect.slug}")).items():
        if name.startswith("Test") and isclass(found) and issubclass(found, Door):
            yield found


def loads(door: type[Door]) -> bool:
    return "POST" in door.methods
