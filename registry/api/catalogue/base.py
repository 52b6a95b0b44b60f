"""What the catalogue's resources share: who may read, and the names of the two mounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from registry.api.base import ActingViewSet, Shape
from registry.api.catalogue.renaming import OURS, Names
from registry.api.conditions import tag_of
from registry.api.openapi import CatalogueSchema
from registry.api.permissions import StaffModelPermission, may, may_read_lists
from registry.api.throttles import take_turn
from registry.choices import Scope
from registry.models import ApiToken


class CataloguePermission(BasePermission):
    """Who may read lists reads; writing is for the staff who may do so in the staff API.

    A view's `asks` name the actions that only read although they are POSTs.
    """

    message: str | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        if not is_read(request, view):
            staff = StaffModelPermission()
            is_allowed = staff.has_permission(request, view)
            self.message = staff.message
            return is_allowed
        user = request.user if isinstance(request.user, User) else None
        token = request.auth if isinstance(request.auth, ApiToken) else None
        if may_read_lists(user, token):
            return True
        if token is not None:
            self.message = _("This token lacks the scope %s.") % Scope.CATALOGUE_READ.value
        return False


class CatalogueThrottle(BaseThrottle):
    """The staff API's limits; a question counts as a read, whatever its method."""

    def allow_request(self, request: Request, view: Any) -> bool:
        take_turn(request._request, request.user, request.auth, is_read=is_read(request, view))
        return True


def is_read(request: Request, view: Any) -> bool:
    return request.method in SAFE_METHODS or view.action in view.asks


class CatalogueViewSet(ActingViewSet):
    """Reads for everyone, writes for staff; `names` are those of the mount.

    A write is the staff resource's own, answer included; a read shows `read_class`.
    """

    names: Names = OURS
    # The kind of object that the addresses are about, and other actions answer.
    kind: ClassVar[str] = ""
    kinds: ClassVar[Mapping[str, str]] = {}
    asks: ClassVar[frozenset[str]] = frozenset()
    read_class: ClassVar[Shape | None] = None
    permission_classes = (CataloguePermission,)
    throttle_classes = (CatalogueThrottle,)
    schema = CatalogueSchema()
    # Whether what is wrong would be told in our names: parameters and unread bodies have theirs.
    is_in_ours = False

    def get_serializer_class(self) -> Any:
        if self.read_class is not None and self.action in ("list", "retrieve"):
            return self.read_class
        return super().get_serializer_class()

    def parse(
        self, body: Mapping[str, Any], row: Any = None, *, shape: Shape | None = None
    ) -> tuple[dict[str, Any], list[str]]:
        kind = self.kind_of_answer
        ours = self.names.ours(kind, body, is_new=self.action == "create")
        self.is_in_ours = True
        values, ignored = super().parse(ours, row, shape=shape)
        return values, [self.names.field(kind, name) for name in ignored]

    def respond(
        self, row: Any, status: int = HTTPStatus.OK, *, ignored: Sequence[str] = ()
    ) -> Response:
        """Show a row that was read as it is; warnings are for those who write."""
        if self.request.method in SAFE_METHODS:
            return Response(self.represent(row), headers={"ETag": tag_of(row.revision)})
        return super().respond(row, status, ignored=ignored)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        found = super().finalize_response(request, response, *args, **kwargs)
        if self.is_in_ours or not found.exception:
            found.data = self.names.theirs(self.kind_of_answer, found.data)
        return found

    @property
    def kind_of_answer(self) -> str:
        return self.kinds.get(self.action or "", self.kind)

    @property
    def is_staff_caller(self) -> bool:
        """Whether the caller could read the same in the staff API, where more is shown."""
        user, token = self.request.user, self.request.auth
        if not (isinstance(user, User) and user.is_staff and may(user, "view", self.model)):
            return False
        return not isinstance(token, ApiToken) or Scope.ADMIN_READ.value in token.scope_set

    @property
    def mount(self) -> str:
        """What the addresses of this mount begin with."""
        return self.names.prefix


def own_action(action: Any, shape: Shape) -> Any:
    """Return an action of the staff resource as a method of the catalogue's own.

    In the OpenAPI document one decorated method cannot describe two resources.
    """

    def own(self: Any, request: Request, **names: str) -> Response:
        response: Response = action(self, request, **names)
        return response

    own.__name__, own.__doc__ = action.__name__, action.__doc__
    return extend_schema(request=shape)(own)
