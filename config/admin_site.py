"""The admin app with our site in place of Django's."""

from __future__ import annotations

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class RegistryAdminConfig(AdminConfig):
    """Django's admin, with `registry.admin.site` as `admin.site`.

    unfold stands in the apps as `BasicAppConfig`: its default config would replace the site
    again when it is ready.
    """

    default_site = "registry.admin.site.RegistryAdminSite"

    def ready(self) -> None:
        # First the package, so that the site is made once, by the first page that registers on
        # it. Else making the site imports the package, whose pages make the site: the inner one
        # gets the pages and the outer one is kept.
        import_module("registry.admin")
        super().ready()
