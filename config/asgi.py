"""The web process under an ASGI server. `config.wsgi` is the measured and documented one."""

from __future__ import annotations

from django.core.asgi import get_asgi_application

from config.start import web_application

application = web_application(get_asgi_application)
