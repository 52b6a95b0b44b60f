"""Users and groups; what one may give to others is in services.people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count
from django.forms import ModelForm
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2MultipleWidget,
)

from audit.moments import ago
from registry.admin.base import RegistryModelAdmin
from registry.services import people
from registry.types import UNSET

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

_DELETE_PAGE = "admin/registry/delete_with_consequences.html"

admin.site.unregister(User)
admin.site.unregister(Group)


class RefusableMixin:
    """Shows at the form what the service refused."""

    refusal: Exception | None = None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.refusal is not None:
            self.add_error(None, str(getattr(self.refusal, "message", self.refusal)))  # type: ignore[attr-defined]


class UserForm(RefusableMixin, UserChangeForm):
    """The password has a page of its own, so that its hash is in no page."""


class NewUserForm(RefusableMixin, UserCreationForm):
    pass


class GroupForm(RefusableMixin, ModelForm):  # type: ignore[type-arg]
    pass


class PasswordForm(AdminPasswordChangeForm):
    """A password that somebody else chose: its owner has to change it."""

    def save(self, commit: bool = True) -> User:
        return people.set_password(self.user, super().save)


@admin.register(User)
class UserAdmin(RegistryModelAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """The people who may log in; each is in groups, and the groups have the rights."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = PasswordForm
    list_display = ("username", "full_name", "email", "in_groups", "is_staff", "is_active", "seen")
    list_filter = ("is_active", "is_staff", "groups")
    list_filter_submit = True
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = gettext_lazy("Name or e-mail address")
    delete_confirmation_template = _DELETE_PAGE  # type: ignore[misc]  # the bases disagree
    ordering = ("username",)
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2")}),)
    show_full_result_count = True  # type: ignore[misc]  # the bases disagree
    readonly_fields = ("password_page", "last_login", "date_joined")
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return people.visible_users(request.user).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        rights = ["is_active", "is_staff", "groups"]
        if people.is_trusted(request.user):
            rights += ["is_superuser", "user_permissions"]
        return (
            (None, {"fields": ("username", "password_page")}),
            (_("Person"), {"fields": ("first_name", "last_name", "email")}),
            (_("Rights"), {"fields": rights}),
            (_("Dates"), {"fields": ("last_login", "date_joined")}),
        )

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = people.grantable_groups(request.user)
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return _permissions_field(db_field)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and self._may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and self._may_manage(request, obj)

    def save_row(self, request: HttpRequest, row: User, form: ModelForm[User]) -> None:
        people.save_user(
            row,
            groups=form.cleaned_data.get("groups", UNSET),
            permissions=form.cleaned_data.get("user_permissions", UNSET),
        )

    def delete_row(self, request: HttpRequest, row: User) -> None:
        people.delete_user(row)

    def delete_context(self, request: HttpRequest, row: User) -> dict[str, Any]:
        tokens = sorted(row.api_tokens.values_list("application", flat=True))
        own = sorted(row.llms.values_list("name", flat=True))
        connections = sorted(people.own_connections(row).values_list("label", flat=True))
        texts = []
        if tokens:
            texts.append(_("These applications lose their tokens: %s") % ", ".join(tokens))
        if own:
            texts.append(_("The user's own models go too: %s") % ", ".join(own))
        if connections:
            texts.append(_("So do the user's own connections: %s") % ", ".join(connections))
        return super().delete_context(request, row) | {"consequences": texts}

    @admin.display(description=gettext_lazy("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=gettext_lazy("groups"))
    def in_groups(self, user: User) -> str:
        names = [group.name for group in user.groups.all()]
        return ", ".join([*names, *([_("superuser")] if user.is_superuser else [])])

    @admin.display(description=gettext_lazy("last login"), ordering="last_login")
    def seen(self, user: User) -> str:
        return ago(user.last_login) or _("never")

    @admin.display(description=gettext_lazy("password"))
    def password_page(self, user: User) -> str:
        page = reverse("admin:auth_user_password_change", args=(user.pk,))
        return format_html('<a href="{}" class="text-link">{}</a>', page, _("Set a new password"))

    def _may_manage(self, request: HttpRequest, user: Any) -> bool:
        # unfold asks about its actions with an id in place of the row.
        return not isinstance(user, User) or people.may_manage(request.user, user)


@admin.register(Group)
class GroupAdmin(RegistryModelAdmin, DjangoGroupAdmin):
    """Sets of rights; only a superuser changes what is in them."""

    form = GroupForm
    delete_confirmation_template = _DELETE_PAGE  # type: ignore[misc]  # the bases disagree
    list_display = ("name", "members")
    search_fields = ("name",)
    ordering = ("name",)
    show_full_result_count = True  # type: ignore[misc]  # the bases disagree
    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        return _permissions_field(db_field)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(member_count=Count("user"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return people.is_trusted(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return people.is_trusted(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return people.is_trusted(request.user)

    def save_row(self, request: HttpRequest, row: Group, form: ModelForm[Group]) -> None:
        people.save_group(row, permissions=form.cleaned_data["permissions"])

    def delete_row(self, request: HttpRequest, row: Group) -> None:
        people.delete_group(row)

    def delete_context(self, request: HttpRequest, row: Group) -> dict[str, Any]:
        names = sorted(row.user_set.values_list("username", flat=True))
        texts = [_("These people lose its rights: %s") % ", ".join(names)] if names else []
        return super().delete_context(request, row) | {"consequences": texts}

    @admin.display(description=gettext_lazy("people"), ordering="member_count")
    def members(self, group: Group) -> int:
        return int(group.member_count)  # type: ignore[attr-defined]  # annotated above


def _permissions_field(db_field: Any) -> Any:
    """Return a field in which single rights are found by typing a part of their names."""
    return db_field.formfield(
        queryset=Permission.objects.select_related("content_type"),
        widget=UnfoldAdminSelect2MultipleWidget(),
    )
