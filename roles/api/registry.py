"""All that a person has registered, as one document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry.models import LLMModel
from roles.api.base import OwnActingViewSet
from roles.services.registry_of import registry_of


class OwnRegistryViewSet(OwnActingViewSet):
    """/api/v1/my/registry"""

    model = LLMModel

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="my_registry_retrieve")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The version 2 document of the older installations, with a hint in place of each key."""
        return Response(registry_of(self.person))
