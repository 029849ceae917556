"""Two accounts, the owner of what is tested and a stranger, and a member of staff."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from smsreports.accounts.models import Account


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(name="acme", currency="EUR")


@pytest.fixture
def other(db: None) -> Account:
    return Account.objects.create(name="other", currency="EUR")


@pytest.fixture
def staff(db: None, client: Client) -> Client:
    """A browser in which a superuser is logged in: what is refused here is refused to everybody."""
    client.force_login(User.objects.create_superuser("staff"))
    return client
