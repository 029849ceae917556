"""Who of the staff looked at which SMS, and why: rows that nobody changes or deletes."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

REFUSE = """
    CREATE FUNCTION accounts_reveal_stays() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        RAISE EXCEPTION 'what staff revealed stays on record' USING ERRCODE = 'insufficient_privilege';
    END $body$;
    CREATE TRIGGER accounts_reveal_stays BEFORE UPDATE OR DELETE ON accounts_reveal
    FOR EACH ROW EXECUTE FUNCTION accounts_reveal_stays();
"""
ALLOW = """
    DROP TRIGGER accounts_reveal_stays ON accounts_reveal;
    DROP FUNCTION accounts_reveal_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_unlogged_request_count"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Reveal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=64)),
                ("row", models.BigIntegerField()),
                ("reference", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "permissions": [("see_numbers", "Can see whole numbers and texts of every SMS")],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
