"""An account may have a country of its numbers that are written without a calling code."""

from django.db import migrations, models

import smsreports.accounts.models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_search_path_of_functions")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="default_country",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Country code, such as GB, of numbers that are written without a calling code. May be empty.",
                max_length=2,
                validators=[smsreports.accounts.models.validate_country],
            ),
        ),
    ]
