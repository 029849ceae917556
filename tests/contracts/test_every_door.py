"""No address of any dialect is without its contract."""

from collections.abc import Iterator
from importlib import import_module
from inspect import isclass

import pytest

from smsreports.api.errors import get_dialects
from smsreports.dialects.base import Dialect
from smsreports.routing import build_urlpatterns
from tests.contracts.doors import Door


def addresses(dialect: Dialect) -> set[str]:
    """The names of the dialect's addresses in the URL map, but for its 404."""
    names = {str(pattern.name) for pattern in build_urlpatterns() if str(pattern.name).startswith(f"{dialect.slug}-")}
    return names - {f"{dialect.slug}-unknown"}


def contracts(dialect: Dialect) -> Iterator[str]:
    """The names that the dialect's contract classes bear."""
    module = import_module(f"tests.contracts.test_{dialect.slug}")
    for found in vars(module).values():
        if isclass(found) and issubclass(found, Door) and found.__name__.startswith("Test"):
            yield found.name


@pytest.mark.parametrize("dialect", get_dialects(), ids=lambda dialect: dialect.slug)
def test_every_address_has_a_contract(dialect: Dialect) -> None:
    assert sorted(contracts(dialect)) == sorted(addresses(dialect))


@pytest.mark.parametrize("dialect", get_dialects(), ids=lambda dialect: dialect.slug)
def test_every_address_has_a_name_of_its_own(dialect: Dialect) -> None:
    assert len(addresses(dialect)) == len(dialect.endpoints)
