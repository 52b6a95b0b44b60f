"""What changed since an application last asked."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.catalogue.base import CatalogueViewSet
from registry.api.conditions import is_known, tag_of
from registry.api.fields import MomentField
from registry.models import CatalogueChange, LLMModel
from registry.services import changes

LARGEST = 2**63 - 1
_NUMBER = re.compile(r"[0-9]{1,19}")
# What is known in addresses by its slug, and has no other id there.
_BY_SLUG = ("provider", "platform")


class ChangeSerializer(serializers.Serializer[CatalogueChange]):
    """One subject that one write changed. `model` and `model_id` are of the model it is about."""

    revision = serializers.IntegerField()
    event = serializers.CharField()
    kind = serializers.CharField()
    id = serializers.SerializerMethodField()
    name = serializers.CharField()
    model = serializers.SerializerMethodField()
    model_id = serializers.SerializerMethodField()
    at = MomentField()

    def get_id(self, row: CatalogueChange) -> str:
        return row.name if row.kind in _BY_SLUG else row.subject_id

    def get_model(self, row: CatalogueChange) -> str | None:
        return row.llm_slug or None

    def get_model_id(self, row: CatalogueChange) -> str | None:
        return row.llm_model_id or None


class ChangesSerializer(serializers.Serializer[changes.Changes]):
    """`next` is the `since` of the next call, null when these are all up to `revision`."""

    revision = serializers.IntegerField()
    since = serializers.IntegerField()
    complete = serializers.BooleanField()
    next = serializers.IntegerField(allow_null=True)
    results = ChangeSerializer(source="rows", many=True)


class ChangesViewSet(CatalogueViewSet):
    """/api/v1/changes"""

    model = LLMModel  # whose right to view makes a caller one of the staff
    serializer_class = ChangesSerializer
    takes = {"changes": ("since", "limit")}

    @extend_schema(responses=ChangesSerializer)
    def changes(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Name what has changed after the revision `since`, oldest first.

        `complete` is false when that is not remembered: read the lists anew, and go on from
        `revision`.
        """
        since = _number(request.query_params, "since", LARGEST)
        limit = _number(request.query_params, "limit", changes.MOST, 1, changes.USUAL)
        reach = changes.reach()
        tag = tag_of(reach.revision)
        if reach.answers(since) and is_known(request.headers.get("If-None-Match"), tag):
            return Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
        found = changes.changes(
            since, limit=limit, user_id=request.user.pk, staff=self.is_staff_caller, at=reach
        )
        # Whoever still has to read on has no tag, with which he would be told that he is done.
        headers = {"ETag": tag} if found.next is None else {}
        return Response(ChangesSerializer(found).data, headers=headers)


def _number(
    params: QueryDict, name: str, high: int, low: int = 0, default: int | None = None
) -> int:
    text = params.get(name)
    if text is None and default is not None:
        return default
    if text is None or not _NUMBER.fullmatch(text) or not low <= int(text) <= high:
        message = _("Give a whole number from %(low)d to %(high)d.") % {"low": low, "high": high}
        raise ValidationError({name: [message]})
    return int(text)
