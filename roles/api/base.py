"""What the views of a person's own records share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django.contrib.auth.models import User
from rest_framework.permissions import BasePermission

from registry.api.base import ActingViewSet, ServiceViewSet
from roles.api.permissions import OwnRecordsPermission


class OwnActingViewSet(ActingViewSet):
    """Acts for whoever is logged in; what is somebody else's is not there."""

    permission_classes: Sequence[type[BasePermission]] = (OwnRecordsPermission,)

    @property
    def person(self) -> User:
        """The user who asks: the permission has let nobody else in."""
        return cast("User", self.request.user)


class OwnServiceViewSet(OwnActingViewSet, ServiceViewSet):
    """Four verbs over the rows that a person owns."""
