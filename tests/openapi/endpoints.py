"""Contracts of all endpoints. Tests of the document take paths and parameters from them, so new ones are included."""

from collections.abc import Iterator
from importlib import import_module
from inspect import isclass

from smsreports.api.errors import get_dialects
from smsreports.dialects.base import Dialect
from tests.contracts.endpoints import EndpointContract


def list_contracts() -> list[type[EndpointContract]]:
    return [contract for dialect in get_dialects() for contract in _list_dialect_contracts(dialect)]


def _list_dialect_contracts(dialect: Dialect) -> Iterator[type[EndpointContract]]:
    for name, value in vars(import_module(f"tests.contracts.test_{dialect.slug}")).items():
        if name.startswith("Test") and isclass(value) and issubclass(value, EndpointContract):
            yield value


def loads_traffic(contract: type[EndpointContract]) -> bool:
    return "POST" in contract.methods
