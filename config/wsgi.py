"""The web process: `gunicorn config.wsgi`."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from config.start import web_application

application = web_application(get_wsgi_application)
