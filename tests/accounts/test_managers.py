"""Queries on stored SMS must name an account."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Manager, QuerySet

from smsreports.accounts.managers import AccountScopedManager, UnscopedQueryError
from smsreports.accounts.models import Account
from smsreports.installation import list_packages
from tests.conftest import broadcast_line, click_line, load_lines, message_line, send_line

ROOT = Path(__file__).resolve().parents[2]
CODE = list_packages()
# The apps of the sources, and of the events about their rows.
SOURCES = ("messages_app", "broadcasts_app", "ingest")
TRAFFIC = [
    model
    for source in SOURCES
    for model in apps.get_app_config(source).get_models()
    if any(field.name == "account" for field in model._meta.get_fields())
]
# All queryset methods of a manager.
METHODS = sorted(name for name in dir(Manager) if not name.startswith("_") and callable(getattr(QuerySet, name, None)))
# The managers without an account.
UNSCOPED = ("unscoped", "_base_manager", "_default_manager")


@pytest.fixture
def traffic_of_both_accounts(account: Account, other: Account) -> None:
    """Load a row of every model for both accounts."""
    for owner in (account, other):
        waiting = send_line(account=owner.name, broadcast="unknown", message_id="s-2")
        load_lines(
            [*(line(account=owner.name) for line in (broadcast_line, send_line, message_line, click_line)), waiting]
        )


def test_every_source_has_a_model_with_an_account() -> None:
    assert {model._meta.app_label for model in TRAFFIC} == set(SOURCES)
    assert {"all", "filter", "get", "count", "exists", "aggregate", "create", "values", "iterator"} <= set(METHODS)


@pytest.mark.parametrize("model", TRAFFIC, ids=lambda model: model.__name__)
def test_the_default_manager_is_scoped(model: Any) -> None:
    assert isinstance(model.objects, AccountScopedManager)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", TRAFFIC, ids=lambda model: model.__name__)
def test_a_query_without_an_account_raises(model: Any, method: str) -> None:
    for objects in (model.objects, model.objects.db_manager("default")):
        with pytest.raises(UnscopedQueryError, match=model.__name__):
            getattr(objects, method)()


@pytest.mark.usefixtures("traffic_of_both_accounts")
@pytest.mark.parametrize("model", TRAFFIC, ids=lambda model: model.__name__)
def test_an_account_gets_only_its_own_rows(model: Any, account: Account, other: Account) -> None:
    assert model.unscoped.count() == 2
    for owner in (account, other):
        assert [row.account for row in model.objects.for_account(owner)] == [owner]


@pytest.mark.parametrize("model", TRAFFIC, ids=lambda model: model.__name__)
def test_no_account_has_no_rows(model: Any, traffic_of_both_accounts: None) -> None:
    assert not model.objects.for_account(None).exists()
    with pytest.raises(ValueError, match="must be saved"):
        model.objects.for_account(Account(name="new"))


def test_an_account_has_no_reverse_relation_to_stored_sms() -> None:
    assert {relation.name for relation in Account._meta.related_objects} == {"api_keys"}


def test_only_models_admins_and_the_declarations_of_viewsets_use_unscoped_managers() -> None:
    names = {path.name for package in CODE for path in (ROOT / package).rglob("*.py") if is_unscoped(path)}
    assert names <= {"models.py", "admin.py", "views.py"}
    assert names >= {"admin.py"}


def is_unscoped(path: Path) -> bool:
    return any(name in UNSCOPED for name in iterate_names(path))


def iterate_names(path: Path) -> Iterator[str]:
    """Yield the attribute names in a module, and its strings, which may be names for `getattr` and templates."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and "migrations" not in path.parts:
            yield str(node.value)
