"""Who may do what. A view that declares nothing is closed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from registry.choices import Scope
from registry.models import ApiToken

RIGHTS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
READ_SCOPES = frozenset({Scope.CATALOGUE_READ.value, Scope.ADMIN_READ.value})


class Denied(BasePermission):
    """Nobody: what a view gets that forgot to say who may call it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class StaffModelPermission(BasePermission):
    """Staff with Django's permission on the view's table, and a token that reaches so far.

    A view's `rights` name the right of an action that is not its method's.
    """

    message: str | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not isinstance(user, User) or not user.is_staff:
            return False
        right = view.rights.get(view.action) or RIGHTS.get(request.method or "", "view")
        if not may(user, right, view.model):
            return False
        scope = Scope.ADMIN_READ if request.method in SAFE_METHODS else Scope.ADMIN_WRITE
        if isinstance(request.auth, ApiToken) and scope.value not in request.auth.scope_set:
            self.message = _("This token lacks the scope %s.") % scope.value
            return False
        return True


def may(user: User | AnonymousUser, right: str, table: type[Model]) -> bool:
    """Say whether `user` has Django's permission `right` (view, add, ...) on `table`."""
    meta = table._meta
    return user.has_perm(f"{meta.app_label}.{right}_{meta.model_name}")


def require(request: Request, right: str, *tables: type[Model]) -> None:
    """Refuse what a request does beyond the table of its address without the right to it."""
    if not all(may(request.user, right, table) for table in tables):
        raise PermissionDenied


def may_read_lists(user: User | None, token: ApiToken | None) -> bool:
    """Say whether the caller may read chooser lists; anyone may if REGISTRY_PUBLIC_LISTS."""
    if token is not None:
        return bool(READ_SCOPES & token.scope_set)
    return user is not None or bool(settings.REGISTRY_PUBLIC_LISTS)
