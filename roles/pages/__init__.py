"""Pages on which people keep their own records, staff or not."""

from __future__ import annotations
