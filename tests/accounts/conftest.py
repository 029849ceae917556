"""A second account beside the tested one."""

import pytest

from smsreports.accounts.models import Account


@pytest.fixture
def other(db: None) -> Account:
    return Account.objects.create(name="other", currency="EUR")
