from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import body_of
from registry.api.connection_test_serializers import UnsavedLLMSerializer
from registry.api.connection_tests import ANSWERS, run
from registry.api.llms import LLMViewSet, change_of
from registry.api.permissions import require
from registry.models import Connection, ConnectionTest, LLMModel
from registry.services.connection_tests import request_unsaved


class UnsavedLLMViewSet(LLMViewSet):
    """/api/v1/admin/models/test: a POST tests settings; the other verbs mean the model `test`."""

    takes = {**LLMViewSet.takes, "create": ("wait",)}

    @extend_schema(
        operation_id="models_unsaved_test_create", request=UnsavedLLMSerializer, responses=ANSWERS
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Test what nobody has saved: the body of a new model, and `inference`.

        A typed address is only called with the key typed beside it; `connection` means that
        connection's own address and key.
        """
        require(request, "add", ConnectionTest)
        values, ignored = self.parse(body_of(request), shape=UnsavedLLMSerializer)
        inference = values.pop("inference", True)
        if values.get("connection") is not None:
            require(request, "view", Connection)
        llm = LLMModel()
        change = change_of(llm, values)
        told = {"warnings": [_("Ignored: %s") % ", ".join(ignored)]} if ignored else {}
        return run(self, request, lambda: request_unsaved(llm, change, inference=inference), **told)
