"""Gateways that report by callback. Each is a folder here that defines `gateway`; no other code names one."""

from functools import cache
from pkgutil import iter_modules

from django.utils.module_loading import import_string

from smsreports.ingest.gateways.base import Gateway


@cache
def load_gateways() -> dict[str, Gateway]:
    """Return all gateways by their slugs."""
    folders = sorted(module.name for module in iter_modules(__path__) if module.ispkg)
    loaded: list[Gateway] = [import_string(f"{__name__}.{folder}.gateway") for folder in folders]
    return {gateway.slug: gateway for gateway in loaded}
