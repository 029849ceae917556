"""Manager that restricts queries on stored SMS to one account."""

from typing import Any, NoReturn

from django.db import models

from smsreports.accounts.models import Account
from smsreports.database.compiled import Param


class UnscopedQueryError(TypeError):
    """A query on stored SMS names no account."""


class AccountScopedManager(models.Manager[Any]):
    """Default manager of every model with stored SMS. It returns rows of one account only.

    `Message.objects.for_account(account)` returns a queryset. `Message.objects.filter(…)`, `.all()`, `.count()` and
    all other queryset methods raise UnscopedQueryError. Staff pages and maintenance, which read all accounts, use
    `unscoped`, the second manager of the model.
    """

    def __init__(self, queryset_class: type[models.QuerySet[Any]] = models.QuerySet) -> None:
        super().__init__()
        self._queryset_class = queryset_class

    def for_account(self, account: Account | Param) -> Any:
        """Return the rows of `account` as a queryset of the class given to the manager."""
        return self._queryset_class(model=self.model, using=self._db).filter(account=account)

    def get_queryset(self) -> NoReturn:
        raise UnscopedQueryError(f"{self.model.__name__}.objects needs .for_account(account)")
