"""The one place where queries on traffic are bound to an account."""

from typing import Any, NoReturn

from django.db import models

from smsreports.accounts.models import Account
from smsreports.database.compiled import Param


class UnscopedQueryError(TypeError):
    """Traffic was asked for without saying whose."""


class AccountScopedManager(models.Manager[Any]):
    """The `objects` of traffic: it hands out rows of one account and refuses everything else.

    `Message.objects.filter(…)`, `.all()`, `.count()` and the rest raise `UnboundQuery`; only
    `Message.objects.for_account(account)` is a queryset. Staff pages and upkeep, which see every
    account, say so by using `Message.everyones`.
    """

    def __init__(self, queryset_class: type[models.QuerySet[Any]] = models.QuerySet) -> None:
        super().__init__()
        self._rows = queryset_class

    def for_account(self, account: Account | Param) -> Any:
        return self._rows(model=self.model, using=self._db).filter(account=account)

    def get_queryset(self) -> NoReturn:
        raise UnscopedQueryError(f"{self.model.__name__}.objects needs .for_account(account)")
