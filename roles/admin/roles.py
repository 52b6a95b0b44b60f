"""Roles: those that staff adds, and what staff says of those that the settings define."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import RegistryForm, RegistryModelAdmin
from roles.models import Role
from roles.services.slots import delete_role, save_role

if TYPE_CHECKING:
    from django.http import HttpRequest


class RoleForm(RegistryForm):
    class Meta:
        model = Role
        fields = ("name", "label", "description", "last_resort")
        help_texts = {
            "name": gettext_lazy("What applications ask for. It does not change afterwards."),
            "label": gettext_lazy("How pages call it; empty is its name."),
        }


@admin.register(Role)
class RoleAdmin(RegistryModelAdmin):
    """A row of a settings' role says how that one is shown and how it ends."""

    form = RoleForm
    save = staticmethod(save_role)
    delete = staticmethod(delete_role)
    delete_confirmation_template = "admin/roles/delete.html"
    fields = RoleForm.Meta.fields
    list_display = ("shown_as", "name", "last_resort", "defined_by", "slots")
    search_fields = ("name", "label", "description")
    show_full_result_count = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj is not None else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"name": request.GET.get("name", "")[:64]}

    def delete_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        is_defined = row.name in settings.DEFINED_ROLES
        return {**super().delete_context(request, row), "is_defined": is_defined}

    @admin.display(description=gettext_lazy("role"), ordering="label")
    def shown_as(self, role: Role) -> str:
        return str(role)

    @admin.display(description=gettext_lazy("defined by"))
    def defined_by(self, role: Role) -> str:
        return _("the settings") if role.name in settings.DEFINED_ROLES else _("staff")

    @admin.display(description=gettext_lazy("slots"))
    def slots(self, role: Role) -> str:
        page = reverse("admin:roles_roleslot_explain", args=[role.name])
        return format_html('<a href="{}" class="text-link">{}</a>', page, _("Explain"))
