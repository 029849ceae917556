"""WSGI application. Not ASGI: exports are plain generators, which ASGI servers hold in memory before sending them."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection

from smsreports import database
from smsreports.database import watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
application = get_wsgi_application()
# Requests are answered in time. Commands, which load and migrate, have no such limit.
database.set_statement_timeout(connection.settings_dict, settings.STATEMENT_SECONDS)
watchdog.watch_connections()
