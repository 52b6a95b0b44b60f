from __future__ import annotations

from unfold.sites import UnfoldAdminSite


class RegistryAdminSite(UnfoldAdminSite):
    """The admin of the registry."""
