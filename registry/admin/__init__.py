"""The admin, one page a file; importing it registers every page."""

from __future__ import annotations
