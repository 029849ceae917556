"""Who is logged in: Django's own sessions and users, found by queries that are compiled once. Every page of staff
asks for both, and Django took as long to compile the questions as a list for its rows."""

from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.utils import timezone

from smsreports.statements import Slot, Statement


class SessionStore(db.SessionStore):
    """The session of a key; none where it has ended, and then the key is forgotten, so that nobody can choose one."""

    def _get_session_from_db(self) -> Any:
        asked = {"session_key": self.session_key, "expire_date__gt": timezone.now()}
        found = _one(Session, asked)
        if found is None:
            self._session_key = None
        return found


class Staff(ModelBackend):
    def get_user(self, user_id: int) -> Any:
        user = _one(User, {"pk": user_id})
        return user if user is not None and self.user_can_authenticate(user) else None


def _one(model: type[Model], asked: dict[str, Any]) -> Any:
    columns = tuple(field.attname for field in model._meta.concrete_fields)
    rows = _compiled(model, columns, tuple(asked)).bound(asked).rows()
    return model.from_db(DEFAULT_DB_ALIAS, columns, rows[0]) if rows else None


@cache
def _compiled(model: type[Model], columns: tuple[str, ...], asked: tuple[str, ...]) -> Statement:
    rows = model._default_manager.order_by().filter(**{name: Slot(name) for name in asked})
    return Statement.of(rows.values_list(*columns))
