"""Exports and their ends: rows that nobody changes or deletes."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

REFUSE = """
    CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        RAISE EXCEPTION 'what was exported stays on record' USING ERRCODE = 'insufficient_privilege';
    END $body$;
"""
ALLOW = "DROP FUNCTION audit_stays();"
GUARD = """
    CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_stays();
    CREATE TRIGGER audit_stays_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
"""
RELEASE = """
    DROP TRIGGER audit_stays ON {table};
    DROP TRIGGER audit_stays_whole ON {table};
"""
TABLES = ("audit_export", "audit_exportend")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0008_reveal_address"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("filter", models.JSONField(default=dict)),
                ("format", models.CharField(max_length=16)),
                ("total", models.BigIntegerField()),
                ("limit", models.BigIntegerField()),
                ("begun_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.apikey",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-begun_at", "-id"),
                "default_manager_name": "unscoped",
            },
            managers=[
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ExportEnd",
            fields=[
                (
                    "export",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="end",
                        serialize=False,
                        to="audit.export",
                    ),
                ),
                ("rows", models.BigIntegerField()),
                ("bytes", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("is_whole", models.BooleanField()),
                ("ended_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                models.F("account"),
                models.OrderBy(models.F("begun_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="audit_export_of_account",
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                models.OrderBy(models.F("begun_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="audit_export_newest",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("key__isnull", True), ("user__isnull", False)),
                    models.Q(("key__isnull", False), ("user__isnull", True)),
                    _connector="OR",
                ),
                name="audit_export_by_one",
            ),
        ),
        migrations.RunSQL(REFUSE, ALLOW),
        *(migrations.RunSQL(GUARD.format(table=table), RELEASE.format(table=table)) for table in TABLES),
    ]
