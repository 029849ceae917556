"""Every endpoint of every dialect has a contract."""

from collections.abc import Iterator
from importlib import import_module
from inspect import isclass

import pytest

from smsreports.api.errors import get_dialects
from smsreports.dialects.base import Dialect
from smsreports.routing import build_urlpatterns
from tests.contracts.endpoints import EndpointContract


def list_url_names(dialect: Dialect) -> set[str]:
    """Return the URL names of the dialect's endpoints, without its 404."""
    names = {str(pattern.name) for pattern in build_urlpatterns() if str(pattern.name).startswith(f"{dialect.slug}-")}
    return names - {f"{dialect.slug}-unknown"}


def list_contract_names(dialect: Dialect) -> Iterator[str]:
    """Yield the URL names of the dialect's contract classes."""
    module = import_module(f"tests.contracts.test_{dialect.slug}")
    for value in vars(module).values():
        if isclass(value) and issubclass(value, EndpointContract) and value.__name__.startswith("Test"):
            yield value.name


@pytest.mark.parametrize("dialect", get_dialects(), ids=lambda dialect: dialect.slug)
def test_every_endpoint_has_a_contract(dialect: Dialect) -> None:
    assert sorted(list_contract_names(dialect)) == sorted(list_url_names(dialect))


@pytest.mark.parametrize("dialect", get_dialects(), ids=lambda dialect: dialect.slug)
def test_every_endpoint_has_its_own_url_name(dialect: Dialect) -> None:
    assert len(list_url_names(dialect)) == len(dialect.list_endpoints())
