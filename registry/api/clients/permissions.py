"""Who may speak for clients: people and applications that report, staff or not."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from registry.api.permissions import may
from registry.choices import Scope
from registry.models import ApiToken, Client
from registry.services.tokens import RIGHT_OF_SCOPE

REPORT = RIGHT_OF_SCOPE[Scope.AVAILABILITY_REPORT.value]


class ClientPermission(BasePermission):
    """Who may report also reads; staff who may see clients read, too."""

    message: str | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not isinstance(user, User):
            return False
        enough = set()
        if user.has_perm(REPORT):
            enough.add(Scope.AVAILABILITY_REPORT.value)
        if request.method in SAFE_METHODS and user.is_staff and may(user, "view", Client):
            enough.add(Scope.ADMIN_READ.value)
        if not isinstance(request.auth, ApiToken):
            return bool(enough)
        if enough & request.auth.scope_set:
            return True
        if enough:
            self.message = _("This token lacks the scope %s.") % " or ".join(
                sorted(enough, reverse=True)
            )
        return False
