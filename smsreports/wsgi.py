"""The WSGI application. Not ASGI: exports are plain generators, which ASGI servers collect in memory first."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
application = get_wsgi_application()
