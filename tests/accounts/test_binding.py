"""Traffic is asked for by account, or not at all."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Manager, QuerySet

from smsreports.accounts.managers import AccountScopedManager, UnscopedQueryError
from smsreports.accounts.models import Account
from tests.conftest import broadcast, click, load, message, send

ROOT = Path(__file__).resolve().parents[2]
CODE = ("smsreports", "messages_app", "broadcasts_app")
# The apps of sources, and what is reported of their rows.
SOURCES = ("messages_app", "broadcasts_app", "ingest")
TRAFFIC = [
    model
    for source in SOURCES
    for model in apps.get_app_config(source).get_models()
    if any(field.name == "account" for field in model._meta.get_fields())
]
# What a manager takes over from querysets: every way to begin a query.
WAYS = sorted(name for name in dir(Manager) if not name.startswith("_") and callable(getattr(QuerySet, name, None)))
# The managers that know no account.
UNBOUND = ("everyones", "_base_manager", "_default_manager")


@pytest.fixture
def everybodys_traffic(account: Account, other: Account) -> None:
    """A row of every kind for each."""
    for who in (account, other):
        waiting = send(account=who.name, broadcast="unknown", message_id="s-2")
        load([*(line(account=who.name) for line in (broadcast, send, message, click)), waiting])


def test_there_is_traffic_in_every_source() -> None:
    assert {model._meta.app_label for model in TRAFFIC} == set(SOURCES)
    assert {"all", "filter", "get", "count", "exists", "aggregate", "create", "values", "iterator"} <= set(WAYS)


@pytest.mark.parametrize("model", TRAFFIC, ids=lambda model: model.__name__)
def test_the_objects_of_traffic_belong_to_an_account(model: Any) -> None:
    assert isinstance(model.objects, AccountScopedManager)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", TRAFFIC, ids=lambda model: model.__name__)
def test_a_query_that_does_not_say_whose_is_refused(model: Any, way: str) -> None:
    for objects in (model.objects, model.objects.db_manager("default")):
        with pytest.raises(UnscopedQueryError, match=model.__name__):
            getattr(objects, way)()


@pytest.mark.usefixtures("everybodys_traffic")
@pytest.mark.parametrize("model", TRAFFIC, ids=lambda model: model.__name__)
def test_an_account_gets_its_own_rows_alone(model: Any, account: Account, other: Account) -> None:
    assert model.everyones.count() == 2
    for who in (account, other):
        assert [row.account for row in model.objects.for_account(who)] == [who]


@pytest.mark.parametrize("model", TRAFFIC, ids=lambda model: model.__name__)
def test_nobody_has_no_rows(model: Any, everybodys_traffic: None) -> None:
    assert not model.objects.for_account(None).exists()
    with pytest.raises(ValueError, match="must be saved"):
        model.objects.for_account(Account(name="new"))


def test_an_account_leads_to_no_traffic_by_itself() -> None:
    assert {relation.name for relation in Account._meta.related_objects} == {"api_keys"}


def test_only_models_and_staff_pages_see_every_account() -> None:
    found = {path.name for package in CODE for path in (ROOT / package).rglob("*.py") if unbound(path)}
    assert found <= {"models.py", "admin.py"}
    assert found >= {"admin.py"}


def unbound(path: Path) -> bool:
    return any(name in UNBOUND for name in attributes(path))


def attributes(path: Path) -> Iterator[str]:
    """The names after a dot in a module, and in its strings, where `getattr` and templates would have them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and "migrations" not in path.parts:
            yield str(node.value)
