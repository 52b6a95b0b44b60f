"""The tables of roles, one noun a file."""

from __future__ import annotations

from roles.models.catalog_entry import CatalogEntry
from roles.models.role import Role
from roles.models.slot import RoleSlot

__all__ = ["CatalogEntry", "Role", "RoleSlot"]
