"""The trail in the admin; importing it registers the page."""

from __future__ import annotations

from audit.admin import trail as trail
