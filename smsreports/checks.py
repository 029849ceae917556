"""System checks for mistakes that would otherwise show late and without an error."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from smsreports.api.errors import get_dialects
from smsreports.concurrency.limits import MIN_FREE_THREADS, THREADS, threads_in_use
from smsreports.queries.filters import find_uncompilable
from smsreports.sources import get_source_lists, get_sources


@register()
def check_joined_columns(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Check that all sources declare the same columns in the same order: listings join rows by position."""
    errors: list[CheckMessage] = []
    for table in ("sms", "items"):
        declared = {source.slug: list(getattr(source, table).columns) for source in get_sources()}
        if len({tuple(names) for names in declared.values()}) > 1:
            errors.append(
                Error(
                    f"all sources must declare the same {table} columns in the same order: {declared}",
                    id="smsreports.E001",
                )
            )
    return errors


@register()
def check_compiled_filters(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Check that every filter of a list may be compiled before its value is known."""
    filtersets = {table.filterset for source in get_sources() for table in (source.sms, source.items)}
    filtersets |= {source_list.viewset.filterset_class for source_list in get_source_lists()}
    return [
        Error(
            f"the SQL of filter {name!r} of {filterset.__name__} may depend on its value: use a filter of "
            "COMPILED_CLASSES, or a CompiledFilter (smsreports/queries/filters.py)",
            id="smsreports.E005",
        )
        for filterset in sorted(filtersets, key=lambda filterset: filterset.__name__)
        for name in find_uncompilable(filterset)
    ]


@register()
def check_dialect_prefixes(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Check that no dialect's prefix lies below another's: a dialect answers every path below its own."""
    prefixes = [dialect.prefix for dialect in get_dialects()]
    clashes = [(a, b) for a in prefixes for b in prefixes if a is not b and a.startswith(b)]
    return [
        Error(f"dialect prefix {a!r} must not begin with another one, {b!r}", id="smsreports.E002") for a, b in clashes
    ]


@register()
def check_wsgi_only(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Check that ASGI is not used: an ASGI server would hold a whole export in memory before its first byte."""
    if getattr(settings, "ASGI_APPLICATION", None):
        return [
            Error("ASGI_APPLICATION must not be set: exports can only be streamed under WSGI", id="smsreports.E003")
        ]
    return []


@register()
def check_thread_limits(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Check that long work, running and waiting, leaves threads for lists."""
    if threads_in_use() + MIN_FREE_THREADS <= THREADS:
        return []
    text = (
        f"long work may take {threads_in_use()} of {THREADS} threads, and {MIN_FREE_THREADS} must stay free for lists"
    )
    return [Error(f"{text}: change smsreports/concurrency/limits.py", id="smsreports.E004")]
