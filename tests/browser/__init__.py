"""The admin as a person uses it, in Debian's Chromium."""

from __future__ import annotations
