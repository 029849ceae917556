"""The rows that a staff list shows, by their keys: what a QuerySet gives, compiled once."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Manager, Model

from smsreports.database.compiled import CompiledQuery, ListParam


def fetch_rows(objects: Manager[Any], related: Sequence[str], keys: Sequence[int]) -> list[Any]:
    """The `objects` in the order of `keys`, without those that are gone; `related` names foreign keys, never null,
    whose objects come along."""
    found, model = {}, objects.model
    for row in _compile_rows(objects, tuple(related)).bind({"keys": list(keys)}).fetch_all() if keys else ():
        values = iter(row)
        one = _build_instance(model, values)
        for name in related:
            setattr(one, name, _build_instance(_related_model(model, name), values))
        found[one.pk] = one
    return [found[key] for key in keys if key in found]


@cache
def _compile_rows(objects: Manager[Any], related: tuple[str, ...]) -> CompiledQuery:
    model: type[Model] = objects.model
    theirs = [f"{name}__{column}" for name in related for column in _column_names(_related_model(model, name))]
    rows = objects.order_by().filter(pk__in=ListParam("keys"))
    return CompiledQuery.from_queryset(rows.values_list(*_column_names(model), *theirs))


@cache
def _column_names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _related_model(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name).related_model


def _build_instance(model: type[Model], values: Iterator[Any]) -> Model:
    """An object of the next of the values."""
    columns = _column_names(model)
    return model.from_db(DEFAULT_DB_ALIAS, columns, list(islice(values, len(columns))))
