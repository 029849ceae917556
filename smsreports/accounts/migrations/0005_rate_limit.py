"""An account may have a limit of its own."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_support")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="rate_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Requests per minute in each dialect. Leave empty to use the default.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(100000000),
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate_limit__range", (1, 100000000))), name="account_rate_limit_within_bounds"
            ),
        ),
    ]
