"""The roles with what fills their slots, and filling one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import body_of
from registry.api.conditions import expected, tag_of
from registry.api.fields import TextField
from registry.types import Change
from roles.api.base import OwnActingViewSet
from roles.api.permissions import SlotPermission
from roles.choices import Builtin, Slot
from roles.models import RoleSlot
from roles.services.builtins import builtin
from roles.services.candidates import Judge
from roles.services.slots import (
    RoleInfo,
    defined_roles,
    find_target,
    last_resort_of,
    name_of,
    revision_of,
    role_name,
    set_slot,
    slots_of,
)

SCOPES = ("user", "organisation")
SCOPE = OpenApiParameter(
    "scope",
    enum=SCOPES,
    description="Whose slot; the organisation's needs staff with roles.change_roleslot.",
)

Slots = Mapping[str, RoleSlot]


class FilledSerializer(serializers.Serializer[Any]):
    """What stands in a slot."""

    model = serializers.CharField(help_text=gettext_lazy("A built-in's key or a model's slug."))
    id = serializers.UUIDField(
        allow_null=True, help_text=gettext_lazy("The model's; null for a built-in.")
    )
    label = serializers.CharField()  # type: ignore[assignment]
    revision = serializers.IntegerField(help_text=gettext_lazy("The slot's ETag."))


class SlotsSerializer(serializers.Serializer[Any]):
    """The five slots of a role in their order; null where one is empty."""

    primary = FilledSerializer(allow_null=True)
    backup_1 = FilledSerializer(allow_null=True)
    backup_2 = FilledSerializer(allow_null=True)
    backup_3 = FilledSerializer(allow_null=True)
    backup_4 = FilledSerializer(allow_null=True)


class RoleSerializer(serializers.Serializer[Any]):
    """A role, and everything that is tried for it."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    is_defined = serializers.BooleanField(help_text=gettext_lazy("By the settings."))
    slots = SlotsSerializer(help_text=gettext_lazy("The caller's own."))
    organisation = SlotsSerializer()
    environment = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("The built-in that ROLE_<ROLE> names.")
    )
    last_resort = serializers.ChoiceField(choices=Builtin.choices)


class RolesSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    results = RoleSerializer(many=True)


class WantedSerializer(serializers.Serializer[Any]):
    """What is to stand in a slot."""

    model = TextField(
        allow_null=True,
        allow_blank=True,
        help_text=gettext_lazy("A model's id or slug, or a built-in's key; null empties the slot."),
    )


class SlotSerializer(serializers.Serializer[Any]):
    """One slot; the last four say what fills it, and are null, or 0, where nothing does."""

    role = serializers.CharField()
    slot = serializers.ChoiceField(choices=Slot.choices)
    scope = serializers.ChoiceField(choices=SCOPES)
    model = serializers.CharField(allow_null=True)
    id = serializers.UUIDField(allow_null=True)
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    revision = serializers.IntegerField()


class RoleViewSet(OwnActingViewSet):
    """/api/v1/roles"""

    model = RoleSlot
    lookup_url_kwarg = "role"

    @extend_schema(responses=RolesSerializer, operation_id="my_roles_list")
    def every(self, request: Request) -> Response:
        """The settings' roles in their order, then the added ones by name."""
        own, shared = slots_of(self.person), slots_of(None)
        results = [
            _role(info, own.get(info.name, {}), shared.get(info.name, {}))
            for info in defined_roles()
        ]
        return Response({"count": len(results), "results": results})

    @extend_schema(responses=RoleSerializer, operation_id="my_roles_retrieve")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One role: a defined one, or one of whose name something stands in slots."""
        name = role_name(str(self.kwargs["role"]))
        own = slots_of(self.person).get(name, {})
        shared = slots_of(None).get(name, {})
        info = next((info for info in defined_roles() if info.name == name), None)
        if info is None:
            if not own and not shared:
                raise Http404
            info = RoleInfo(name, name, "", last_resort_of(name), is_defined=False)
        return Response(_role(info, own, shared))


class SlotViewSet(OwnActingViewSet):
    """/api/v1/roles/{role}/{slot}"""

    model = RoleSlot
    permission_classes = (SlotPermission,)
    serializer_class = WantedSerializer
    takes = {"retrieve": ("scope",), "update": ("scope",)}

    @extend_schema(responses=SlotSerializer, parameters=[SCOPE], operation_id="role_slots_retrieve")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What stands in the slot; its ETag is for the If-Match of a PUT."""
        return self._answer(self._stored())

    @extend_schema(responses=SlotSerializer, parameters=[SCOPE], operation_id="role_slots_update")
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Fill the slot, or empty it; whatever stood there gives way."""
        seen = None
        if "If-Match" in request.headers:
            seen = expected(request, revision_of(self._stored()))
        values, _ignored = self.parse(body_of(request))
        owner, text = self._owner(), (values["model"] or "").strip()
        role, slot = self._names()
        target = find_target(text, owner) if text else None
        change = Change(frozenset(), seen)
        return self._answer(set_slot(owner, role, slot, target, change=change))

    def _names(self) -> tuple[str, str]:
        """Return the names of role and slot in the address, if they can be such."""
        slot = str(self.kwargs["slot"])
        if slot not in Slot.values:
            message = _("A role has these slots: %s.") % ", ".join(Slot.values)
            raise ValidationError({"slot": [message]})
        return role_name(str(self.kwargs["role"])), slot

    def _owner(self) -> User | None:
        return None if self._scope() == "organisation" else self.person

    def _scope(self) -> str:
        scope = self.request.query_params.get("scope", "user")
        if scope not in SCOPES:
            raise ValidationError({"scope": [_("Choose one of: %s.") % ", ".join(SCOPES)]})
        return scope

    def _stored(self) -> RoleSlot | None:
        role, slot = self._names()
        return slots_of(self._owner()).get(role, {}).get(slot)

    def _answer(self, row: RoleSlot | None) -> Response:
        role, slot = self._names()
        empty = {"model": None, "id": None, "label": None, "revision": 0}
        data = {"role": role, "slot": slot, "scope": self._scope(), **(_filled(row) or empty)}
        return Response(data, headers={"ETag": tag_of(data["revision"])})


def _role(info: RoleInfo, own: Slots, shared: Slots) -> dict[str, Any]:
    candidate = Judge().of_environment(info.name)
    named = None if candidate is None else candidate.configuration
    return {
        "name": info.name,
        "label": info.label,
        "description": info.description,
        "is_defined": info.is_defined,
        "slots": {slot: _filled(own.get(slot)) for slot in Slot.values},
        "organisation": {slot: _filled(shared.get(slot)) for slot in Slot.values},
        "environment": None if named is None else named.key,
        "last_resort": info.last_resort.value,
    }


def _filled(row: RoleSlot | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "model": name_of(row),
        "id": None if row.llm_id is None else str(row.llm_id),
        "label": _label(row),
        "revision": revision_of(row),
    }


def _label(row: RoleSlot) -> str:
    if row.llm is not None and row.llm.owner_id in (None, row.owner_id):
        return str(row.llm.name)
    known = builtin(row.builtin)
    return name_of(row) if known is None else known.label
