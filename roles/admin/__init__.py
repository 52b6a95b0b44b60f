"""The admin of roles, one page a file; importing it registers every page."""

from __future__ import annotations

from roles.admin import found_by_palette as found_by_palette
from roles.admin import people as people
from roles.admin import roles as roles
from roles.admin import slots as slots
