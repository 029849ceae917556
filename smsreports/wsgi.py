"""The WSGI application. Not ASGI: exports are plain generators, which ASGI servers collect in memory first."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection

from smsreports import database
from smsreports.database import watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
application = get_wsgi_application()
# Whoever waits for an answer gets one in time; commands, which load and migrate, take theirs.
database.set_statement_timeout(connection.settings_dict, settings.STATEMENT_SECONDS)
watchdog.install()
