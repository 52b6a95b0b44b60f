"""Answers about one model that retires say so in their headers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import StaffViewSet
from registry.models import LLMModel
from registry.services import lifecycle


class RetiringViewSet(StaffViewSet):
    """`Deprecation`, `Sunset`, and a `Link` to the model that takes over.

    A view notes in `about` which model its answer is about.
    """

    about: LLMModel | None = None

    @property
    def mount(self) -> str:
        """What the addresses of models begin with here."""
        return "/api/v1/admin/"

    def represent(self, row: Any) -> dict[str, Any]:
        if isinstance(row, LLMModel):
            self.about = row
        return super().represent(row)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        found = super().finalize_response(request, response, *args, **kwargs)
        if self.about is not None and found.status_code < HTTPStatus.BAD_REQUEST:
            for name, value in self._headers_of(self.about).items():
                found.headers[name] = value
        return found

    def _headers_of(self, llm: LLMModel) -> dict[str, str]:
        headers = dict(lifecycle.headers(llm))
        heir = llm.replacement
        if headers and heir is not None and heir.owner_id is None:
            headers["Link"] = f'<{self.mount}models/{heir.slug}>; rel="successor-version"'
        return headers
