"""How the admin looks: unfold's settings."""

from __future__ import annotations

from django.templatetags.static import static

UNFOLD = {
    "SITE_TITLE": "LLM Model Registry",
    "SITE_HEADER": "LLM Model Registry",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_SYMBOL": "hub",
    # Without one a browser asks for /favicon.ico, which is not there.
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("registry/icon.svg"),
        }
    ],
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "registry.admin.overview.dashboard",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "config.admin_menu.navigation",
    },
    "SCRIPTS": [
        lambda request: static("registry/times.js"),
        lambda request: static("registry/palette.js"),
    ],
}
