"""Who may do what with roles and records of his own: whoever is logged in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from registry.api.permissions import may
from registry.choices import Scope
from registry.models import ApiToken
from roles.models import RoleSlot


class OwnRecordsPermission(BasePermission):
    """Any user, for what is his own; a token needs roles:read, and roles:write to change."""

    message: str | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, User):
            return False
        scope = Scope.ROLES_READ if request.method in SAFE_METHODS else Scope.ROLES_WRITE
        if not reaches(request.auth, scope):
            self.message = lacking(scope)
            return False
        return True


class SlotPermission(OwnRecordsPermission):
    """Beside that the organisation's slots, for staff that may change them."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.query_params.get("scope") != "organisation" or not isinstance(
            request.user, User
        ):
            return super().has_permission(request, view)
        is_read = request.method in SAFE_METHODS
        scope = Scope.ADMIN_READ if is_read else Scope.ADMIN_WRITE
        if not reaches(request.auth, scope):
            self.message = lacking(scope)
            return False
        right = "view" if is_read else "change"
        return request.user.is_staff and may(request.user, right, RoleSlot)


def reaches(token: object, scope: Scope) -> bool:
    """Say whether the login is a session, which reaches everything, or a token of this scope."""
    return not isinstance(token, ApiToken) or scope.value in token.scope_set


def require_scope(token: object, scope: Scope) -> None:
    if not reaches(token, scope):
        raise PermissionDenied(lacking(scope))


def lacking(scope: Scope) -> str:
    return _("This token lacks the scope %s.") % scope.value
