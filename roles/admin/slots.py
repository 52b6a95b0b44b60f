"""The role matrix: roles by slots, of the organisation or of one user, and why each answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.admin.base import RegistryModelAdmin
from registry.admin.widgets import LazySelect
from registry.services import people
from roles.admin.matrix_form import TARGETS, USERS, MatrixForm
from roles.models import Role, RoleSlot
from roles.services import matrix, target_choices

_LONGEST = 200  # characters of a search
_LAST_PAGE = 1_000
_MOST = 20  # users offered at once
_DIGITS = 18  # of a row number, at most

if TYPE_CHECKING:
    from django.db.models import QuerySet


class UserForm(forms.Form):
    """Whose matrix it is; nobody's is the organisation's."""

    user = forms.ModelChoiceField(
        queryset=User.objects.none(),
        required=False,
        label=gettext_lazy("User"),
        widget=LazySelect(USERS),
    )

    def __init__(self, rows: QuerySet[User], data: Any) -> None:
        super().__init__(data)
        chosen: Any = self.fields["user"]
        chosen.queryset = rows


@admin.register(RoleSlot)
class RoleSlotAdmin(RegistryModelAdmin):
    """The list is a matrix, and a row's own page is the explanation of its role."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        own = [
            path("explain/<str:name>/", guard(self.explain), name="roles_roleslot_explain"),
            path("choices/targets.json", guard(self.targets), name=TARGETS),
            path("choices/users.json", guard(self.users), name=USERS),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._require_view(request)
        owner = self._owner(request, request.GET)
        may_change = self._may_change(request, owner)
        data = None
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            data = request.POST
        form = MatrixForm(matrix.role_rows(owner), _key(owner), data)
        if data is not None and form.is_valid():
            answer = self._write(request, owner, form)
            if answer is not None:
                return answer
        context = {
            **self._context(request, owner),
            "title": _("Roles"),
            "form": form,
            "rows": form.shown(may_change=may_change),
            "may_change": may_change,
            "may_add_role": request.user.has_perm("roles.add_role"),
            "role_pages": _role_pages() if request.user.has_perm("roles.change_role") else {},
        }
        return TemplateResponse(request, "admin/roles/matrix.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self._require_view(request)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        query = {} if row.owner_id is None else {"user": str(row.owner_id)}
        page = reverse("admin:roles_roleslot_explain", args=[row.role], query=query)
        return HttpResponseRedirect(page)

    def explain(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show the whole trace of one role, as asked."""
        self._require_view(request)
        owner = self._owner(request, request.GET)
        info = matrix.find_role(owner, name)
        if info is None:
            raise Http404
        asked = {"healthy": "healthy" in request.GET, "local": "local" in request.GET}
        row = matrix.role_row(owner, info, healthy_only=asked["healthy"], local_only=asked["local"])
        context = {
            **self._context(request, owner),
            "title": _("What %s runs on") % info.label,
            "row": row,
            "asked": asked,
        }
        return TemplateResponse(request, "admin/roles/explain.html", context)

    def targets(self, request: HttpRequest) -> JsonResponse:
        """Answer in select2's shape what may fill the owner's slots."""
        self._require_view(request)
        owner = self._owner(request, request.GET)
        page = request.GET.get("page", "1")
        number = min(int(page), _LAST_PAGE) if _is_number(page) else 1
        term = request.GET.get("term", "").replace("\0", "")[:_LONGEST]
        found, more = target_choices.targets(owner, term, max(number, 1))
        results = [{"id": choice.value, "text": choice.text} for choice in found]
        return JsonResponse({"results": results, "pagination": {"more": more}})

    def users(self, request: HttpRequest) -> JsonResponse:
        """Answer in select2's shape whose matrix may be looked at."""
        self._require_view(request)
        if not _sees_users(request):
            raise PermissionDenied
        term = request.GET.get("term", "").replace("\0", "")[:_LONGEST]
        rows = people.visible_users(request.user).filter(username__icontains=term)
        found = [
            {"id": str(user.pk), "text": user.get_username()}
            for user in rows.order_by("username")[:_MOST]
        ]
        return JsonResponse({"results": found})

    def _write(
        self, request: HttpRequest, owner: User | None, form: MatrixForm
    ) -> HttpResponse | None:
        """Fill the slots; return the way on, None if a cell was refused and says so."""
        filled = matrix.fill_slots(owner, form.wanted())
        count = len(filled.changed)
        if count:
            text = ngettext("%d slot is saved.", "%d slots are saved.", count)
            messages.success(request, text % count)
        for name, text in filled.refused.items():
            form.add_error(name if name in form.fields else None, text)
        if filled.refused:
            return None
        if not count:
            messages.info(request, _("Nothing was changed."))
        return HttpResponseRedirect(request.get_full_path())

    def _context(self, request: HttpRequest, owner: User | None) -> dict[str, Any]:
        sees_users = _sees_users(request)
        shown = people.visible_users(request.user) if sees_users else User.objects.none()
        chooser = UserForm(shown, {"user": _key(owner)})
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "owner": owner,
            "owner_key": _key(owner),
            "chooser": chooser if sees_users else None,
            "media": chooser.media,
        }

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if any("\0" in text for _name, texts in request.GET.lists() for text in texts):
            raise SuspiciousOperation("NUL in the query")

    def _owner(self, request: HttpRequest, asked: Any) -> User | None:
        """Return whose slots are asked for. Raises Http404 of a user who may not be looked at."""
        key = asked.get("user", "")
        if not key:
            return None
        if not _sees_users(request) or not _is_number(key):
            raise Http404
        found = people.visible_users(request.user).filter(pk=int(key)).first()
        if found is None:
            raise Http404
        return found

    def _may_change(self, request: HttpRequest, owner: User | None) -> bool:
        """Whoever fills another person's slots may change that person, too."""
        allowed = bool(self.has_change_permission(request))
        if owner is None or owner.pk == request.user.pk:
            return allowed
        return allowed and request.user.has_perm("auth.change_user")


def _sees_users(request: HttpRequest) -> bool:
    return any(request.user.has_perm(f"auth.{verb}_user") for verb in ("view", "change"))


def _key(owner: User | None) -> str:
    return "" if owner is None else str(owner.pk)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _role_pages() -> dict[str, str]:
    """Return the pages of the roles that have a row."""
    return {
        name: reverse("admin:roles_role_change", args=[pk])
        for name, pk in Role.objects.values_list("name", "pk")
    }
