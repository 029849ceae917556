"""Exports and their results: written once by a key or a user, and never changed."""

from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from smsreports.accounts.models import Account
from smsreports.audit.models import Export, ExportEnd
from tests.query_plans import explain_nodes

MANY = """
    INSERT INTO audit_export (id, account_id, user_id, address, filter, format, total, "limit", begun_at)
    SELECT gen_random_uuid(), a.id, u.id, '', '{}', 'csv', 0, 1, now() - n * interval '1 minute'
    FROM accounts_account a, auth_user u, generate_series(1, 5000) n
"""


@pytest.fixture
def export(account: Account) -> Export:
    somebody = User.objects.create_user("somebody")
    export_row = Export.unscoped.create(account=account, user=somebody, format="csv", total=0, limit=1)
    ExportEnd.objects.create(export=export_row, rows=0, bytes=0, sha256="x", is_whole=False)
    return export_row


@pytest.mark.parametrize("table", ["audit_export", "audit_exportend"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_recorded_exports(export: Export, table: str, statement: str) -> None:
    statement = statement.replace("SET id = id", "SET rows = 1" if table == "audit_exportend" else "SET total = 1")
    guard = import_module("smsreports.audit.migrations.0001_exports").GUARD
    with connection.cursor() as cursor:
        # Create the trigger as the migration does: the tests change it, because they empty the tables.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TRIGGER audit_stays ON {table}; {guard.format(table=table)}")
    with pytest.raises(ProgrammingError, match="stays on record"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert (Export.unscoped.get(), ExportEnd.objects.get().rows) == (export, 0)


def test_an_export_needs_a_key_or_a_user(account: Account) -> None:
    with pytest.raises(IntegrityError, match="audit_export_by_one"):
        Export.unscoped.create(account=account, format="csv", total=0, limit=1)


def test_the_admin_is_read_only(staff: Client, export: Export) -> None:
    page = staff.get(reverse("admin:audit_export_changelist")).content.decode()
    assert "broken" in page
    assert "somebody" in page
    for name, key in (("add", []), ("change", [export.pk]), ("delete", [export.pk])):
        form: Any = {"total": "5", "post": "yes"}
        assert staff.post(reverse(f"admin:audit_export_{name}", args=key), form).status_code == 403


@pytest.mark.parametrize(("name", "is_listed"), [("acme", True), ("globex", False), ("nobody", False)])
def test_the_admin_searches_by_account(staff: Client, export: Export, name: str, is_listed: bool) -> None:
    Account.objects.create(name="globex")
    response = staff.get(reverse("admin:audit_export_changelist"), {"q": name})
    assert (str(export.pk) in response.content.decode()) == is_listed


def test_the_newest_exports_are_read_from_an_index(export: Export) -> None:
    Account.objects.create(name="globex")
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute("ANALYZE audit_export")
    for rows in (Export.unscoped.all(), Export.objects.for_account(export.account).order_by("-begun_at", "-id")):
        nodes = list(explain_nodes(str(rows[:25].query)))
        assert "Index Scan" in {node["Node Type"] for node in nodes}
        assert all(node["Actual Rows"] <= 25 for node in nodes)
