"""The stranger to the account that is tested."""

import pytest

from smsreports.accounts.models import Account


@pytest.fixture
def other(db: None) -> Account:
    return Account.objects.create(name="other", currency="EUR")
