"""Settings of the service with a third source and a third dialect: one line each, and a test database of their own."""

from smsreports.settings import *  # noqa: F403  # as every settings module that adds to another
from smsreports.settings import DATABASES, DIALECTS, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.toy_source"]
DIALECTS = [*DIALECTS, "tests.toy_dialect"]

# The main run, whose test starts this one, has the usual name.
DATABASES["default"]["TEST"] = {"NAME": "test_toys"}
