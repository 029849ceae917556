"""Where somebody revealed an SMS from, and the index of an account's own list of reveals."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_successor_of_a_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="reveal",
            name="address",
            field=models.CharField(blank=True, max_length=45),
        ),
        migrations.AddIndex(
            model_name="reveal",
            index=models.Index(
                models.F("account"),
                models.OrderBy(models.F("at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="reveal_of_account",
            ),
        ),
    ]
