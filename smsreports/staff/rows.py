"""Rows of a staff list by their keys. Equivalent to `select_related().in_bulk()`, but compiled only once."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Manager, Model

from smsreports.database.compiled import CompiledQuery, ListParam


def fetch_rows(manager: Manager[Any], related: Sequence[str], keys: Sequence[int]) -> list[Any]:
    """Return the instances with these primary keys, in the order of `keys`, without those that no longer exist.

    `related` names foreign keys that are never null. Their instances are fetched in the same query.
    """
    if not keys:
        return []
    instances, model = {}, manager.model
    for row in _compile_rows(manager, tuple(related)).bind({"keys": list(keys)}).fetch_all():
        values = iter(row)
        instance = _build_instance(model, values)
        for name in related:
            setattr(instance, name, _build_instance(_related_model(model, name), values))
        instances[instance.pk] = instance
    return [instances[key] for key in keys if key in instances]


@cache
def _compile_rows(manager: Manager[Any], related: tuple[str, ...]) -> CompiledQuery:
    model: type[Model] = manager.model
    related_columns = [f"{name}__{column}" for name in related for column in _column_names(_related_model(model, name))]
    rows = manager.order_by().filter(pk__in=ListParam("keys"))
    return CompiledQuery.from_queryset(rows.values_list(*_column_names(model), *related_columns))


@cache
def _column_names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _related_model(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name).related_model


def _build_instance(model: type[Model], values: Iterator[Any]) -> Model:
    """Build an instance from the next values of the iterator, one per column."""
    columns = _column_names(model)
    return model.from_db(DEFAULT_DB_ALIAS, columns, list(islice(values, len(columns))))
