"""Manager that restricts queries on stored SMS to one account."""

from typing import Generic, NoReturn, TypeVar

from django.db import models

from smsreports.accounts.models import Account
from smsreports.database.compiled import Param

Rows = TypeVar("Rows", bound=models.QuerySet[models.Model])


class UnscopedQueryError(TypeError):
    """A query on stored SMS names no account."""


def narrow_to_account(rows: Rows, account: Account | Param) -> Rows:
    """Return the rows of `account`: the one place where queries on stored SMS are bound to an account."""
    return rows.filter(account=account)


class AccountScopedManager(models.Manager[models.Model], Generic[Rows]):
    """Default manager of every model with stored SMS. It returns rows of one account only.

    `Message.objects.for_account(account)` returns a queryset. `Message.objects.filter(…)`, `.all()`, `.count()` and
    all other queryset methods raise UnscopedQueryError. Staff pages and maintenance, which read all accounts, use
    `unscoped`, the second manager of the model.
    """

    _queryset_class: type[Rows]

    @classmethod
    def for_queryset(cls, queryset_class: type[Rows]) -> "AccountScopedManager[Rows]":
        """Return a manager whose rows are a queryset of this class.

        The class is no argument of the constructor, because the types of Django take the argument of a manager that is
        constructed within a model for the model.
        """
        manager: AccountScopedManager[Rows] = AccountScopedManager()
        manager._queryset_class = queryset_class
        return manager

    def for_account(self, account: Account | Param) -> Rows:
        """Return the rows of `account`."""
        return narrow_to_account(self._queryset_class(model=self.model, using=self._db), account)

    def get_queryset(self) -> NoReturn:
        raise UnscopedQueryError(f"{self.model.__name__}.objects needs .for_account(account)")
