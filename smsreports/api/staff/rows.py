"""The rows that a staff list shows, by their keys: what a QuerySet gives, compiled once."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Manager, Model

from smsreports.statements import Keys, Statement


def rows_of(objects: Manager[Any], related: Sequence[str], keys: Sequence[int]) -> list[Any]:
    """The `objects` in the order of `keys`, without those that are gone; `related` names foreign keys, never null,
    whose objects come along."""
    found, model = {}, objects.model
    for row in _shape(objects, tuple(related)).bound({"keys": list(keys)}).rows() if keys else ():
        values = iter(row)
        one = _made(model, values)
        for name in related:
            setattr(one, name, _made(_related(model, name), values))
        found[one.pk] = one
    return [found[key] for key in keys if key in found]


@cache
def _shape(objects: Manager[Any], related: tuple[str, ...]) -> Statement:
    model: type[Model] = objects.model
    theirs = [f"{name}__{column}" for name in related for column in _columns(_related(model, name))]
    rows = objects.order_by().filter(pk__in=Keys("keys"))
    return Statement.of(rows.values_list(*_columns(model), *theirs))


@cache
def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _related(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name).related_model


def _made(model: type[Model], values: Iterator[Any]) -> Model:
    """An object of the next of the values."""
    columns = _columns(model)
    return model.from_db(DEFAULT_DB_ALIAS, columns, list(islice(values, len(columns))))
