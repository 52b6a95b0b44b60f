"""Which models a provider is offered with, and what a person adds to that for himself."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import body_of
from registry.api.fields import TextField, WholeField
from registry.models import Provider
from registry.services.problems import Problems
from roles.api.base import OwnActingViewSet
from roles.services.catalogs import catalog, remove_entry, save_entry
from roles.services.provider_names import find_provider


class CatalogEntrySerializer(serializers.Serializer[Any]):
    """One model of a catalogue; `is_own` of what the caller has added."""

    id = serializers.CharField(help_text=gettext_lazy("Exactly what the provider's API is sent."))
    label = serializers.CharField()  # type: ignore[assignment]
    context_k = serializers.IntegerField(help_text=gettext_lazy("Thousands of tokens; 0 unknown."))
    retires_on = serializers.DateField(allow_null=True)
    is_own = serializers.BooleanField()


class AdditionSerializer(serializers.Serializer[Any]):
    """A model that is added to one's own catalogue, or changed there."""

    id = TextField()
    label = TextField(required=False, allow_blank=True)  # type: ignore[assignment]
    context_k = WholeField(required=False, min_value=0, max_value=1_000_000)


class CatalogSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    results = CatalogEntrySerializer(many=True)


class CatalogViewSet(OwnActingViewSet):
    """/api/v1/my/catalog/{provider}"""

    model = Provider
    serializer_class = AdditionSerializer
    lookup_url_kwarg = "provider"
    takes = {"destroy": ("model",)}

    @extend_schema(responses=CatalogSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The server's list, then the caller's additions; of an unknown provider nothing."""
        results = catalog(self._word(), self.person)
        return Response({"count": len(results), "results": results})

    @extend_schema(responses={HTTPStatus.CREATED: CatalogEntrySerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a model to one's own catalogue, or change what it says of one that is there."""

        def carry_out() -> Response:
            values, _ignored = self.parse(body_of(request))
            name = values.pop("id")
            self._known()
            problems = Problems()
            with problems.gather(model_id="id"):
                save_entry(self.person, self._word(), model_id=name, **values)
            problems.finish()
            found = catalog(self._word(), self.person)
            data = next(one for one in found if one["id"] == name)
            return Response(data, HTTPStatus.CREATED)

        return self.once(request, carry_out)

    @extend_schema(
        parameters=[OpenApiParameter("model", required=True, description="The addition's id.")]
    )
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take one's own addition away; the server's entries stay."""
        name = request.query_params.get("model")
        if not name:
            raise ValidationError({"model": [_("Say which addition goes.")]})
        if not remove_entry(self.person, self._word(), name):
            raise Http404
        return Response(status=HTTPStatus.NO_CONTENT)

    def _word(self) -> str:
        word = str(self.kwargs["provider"])
        if "\0" in word:
            raise Http404
        return word

    def _known(self) -> None:
        """A catalogue of no provider takes no additions: there is nothing at that address."""
        if find_provider(self._word()) is None:
            raise Http404
