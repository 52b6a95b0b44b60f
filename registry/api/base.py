"""What the staff resources share: four verbs over rows that services write."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import Http404
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import GenericViewSet

from registry.api import parameters
from registry.api.conditions import expected_revision, is_known, tag_of
from registry.api.listing import Listing
from registry.api.openapi import StaffSchema
from registry.api.permissions import StaffModelPermission
from registry.api.throttles import MinuteThrottle
from registry.services import idempotency

Shape = type[BaseSerializer[Any]]
LONGEST_KEY = 255  # characters of an Idempotency-Key
LONGEST_TARGET = 300


class LengthRequiredError(APIException):
    status_code = HTTPStatus.LENGTH_REQUIRED
    default_detail = gettext_lazy("Send the body with its Content-Length, not in chunks.")
    default_code = "length_required"


class StaffViewSet(GenericViewSet[Any]):
    """Access, parameters and paging of a staff resource that is read."""

    model: ClassVar[Any]
    rights: ClassVar[Mapping[str, str]] = {}
    # Query parameters by action, beside those of the list.
    takes: ClassVar[Mapping[str, Sequence[str]]] = {}
    listing: ClassVar[Listing] = Listing()
    permission_classes: Sequence[type[BasePermission]] = (StaffModelPermission,)
    throttle_classes: Sequence[type[BaseThrottle]] = (MinuteThrottle,)
    schema = StaffSchema()
    lookup_url_kwarg = "name"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            # Django would read nothing, and a PATCH would change nothing and say 200.
            raise LengthRequiredError
        known = set(self.takes.get(self.action or "", ()))
        if self.action == "list":
            known |= self.listing.parameters
        parameters.check(request.query_params, known, long=self.listing.long)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        found = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(found, ("Authorization", "Cookie"))
        found.headers.setdefault("Cache-Control", "private, no-cache")
        return found

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Name the methods, in the header Allow; the fields are in the OpenAPI document."""
        return Response()

    def listed(self) -> QuerySet[Any]:
        """Return the rows that lists show; single ones may be reached beyond them."""
        return self.get_queryset()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer_page(self.listing.choose(self.listed(), request.query_params))

    def answer_page(self, rows: QuerySet[Any]) -> Response:
        return self.get_paginated_response(self.represent_all(self.paginate_queryset(rows) or []))

    def represent_all(self, rows: Sequence[Any]) -> Sequence[dict[str, Any]]:
        # One serializer for all rows: making its fields costs more than filling them.
        serializer = self.get_serializer()
        return [serializer.to_representation(row) for row in rows]

    def represent(self, row: Any) -> dict[str, Any]:
        return dict(self.represent_all([row])[0])

    def find(self, name: str) -> Any:
        """Return the row that the address names, or None."""
        return self.get_queryset().filter(slug=name).first()

    def get_object(self) -> Any:
        name = str(self.kwargs[self.lookup_url_kwarg])
        row = None if "\0" in name else self.find(name)
        if row is None:
            raise Http404
        return row

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.respond(self.get_object())

    def respond(
        self, row: Any, status: int = HTTPStatus.OK, *, ignored: Sequence[str] = ()
    ) -> Response:
        return Response(self.represent(row), status=status)


class ActingViewSet(StaffViewSet):
    """Also takes bodies: read strictly, and under one Idempotency-Key carried out once."""

    def parse(
        self, body: Mapping[str, Any], row: Any = None, *, shape: Shape | None = None
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the values of a body, and the names in it that only answers have.

        `shape` is the body's serializer where it is not the resource's.
        """
        serializer = (shape or self.get_serializer_class())(
            row, data=body, partial=row is not None, context=self.get_serializer_context()
        )
        fields: Mapping[str, Any] = serializer.fields  # type: ignore[attr-defined]
        refuse_unknown(body, {*fields, "warnings"})
        serializer.is_valid(raise_exception=True)
        ignored = [name for name in body if name not in fields or fields[name].read_only]
        return dict(serializer.validated_data), sorted(ignored)

    def once(self, request: Request, carry_out: Callable[[], Response]) -> Response:
        """Carry out a POST, or answer as before if its Idempotency-Key was used for the same."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return carry_out()
        if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            raise ValidationError({"Idempotency-Key": [_("Use 1 to 255 visible characters.")]})

        def run() -> idempotency.Answer:
            response = carry_out()
            body = JSONRenderer().render(response.data).decode()
            return idempotency.Answer(
                response.status_code, body, response.headers.get("Location", "")
            )

        answer = idempotency.once(
            who=str(request.user.pk),
            key=key,
            target=f"{request.method} {request.path}"[:LONGEST_TARGET],
            body=json.dumps(request.data, sort_keys=True).encode(),
            run=run,
        )
        data = json.loads(answer.body)
        headers = {"ETag": tag_of(data["revision"])} if "revision" in data else {}
        if answer.location:
            headers["Location"] = answer.location
        return Response(data, status=answer.status, headers=headers)


class ServiceViewSet(ActingViewSet):
    """Four verbs: each parses, calls one service and shows the row as it is now.

    PUT and PATCH are one: they change what they name. Rows have a revision.
    """

    # The column that tells whether the row was ever measured. Measurements move no revision, so
    # for a measured row the tag does not vouch for the whole answer: it is never 304.
    measured: ClassVar[str] = ""

    def save(self, row: Any, values: dict[str, Any], expected: int | None) -> Any:
        """Put `values` on `row` and let the service write it."""
        raise NotImplementedError

    def remove(self, row: Any, expected: int | None) -> None:
        raise NotImplementedError

    def warnings_of(self, row: Any) -> list[str]:
        return []

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        def carry_out() -> Response:
            values, ignored = self.parse(body_of(request))
            row = self.save(self.model(), values, None)
            return self.respond(row, HTTPStatus.CREATED, ignored=ignored)

        return self.once(request, carry_out)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        tag = tag_of(row.revision)
        is_measured = bool(self.measured and getattr(row, self.measured))
        if not is_measured and is_known(request.headers.get("If-None-Match"), tag):
            return Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
        return self.respond(row)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        expected = expected_revision(request, row)
        values, ignored = self.parse(body_of(request), row)
        return self.respond(self.save(row, values, expected), ignored=ignored)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        self.remove(row, expected_revision(request, row))
        return Response(status=HTTPStatus.NO_CONTENT)

    def respond(
        self, row: Any, status: int = HTTPStatus.OK, *, ignored: Sequence[str] = ()
    ) -> Response:
        """Show the row as the tables have it now, with its tag and what to know of it."""
        present = self.get_queryset().get(pk=row.pk)
        data = self.represent(present)
        warnings = self.warnings_of(present)
        if ignored:
            warnings = [_("Ignored: %s") % ", ".join(ignored), *warnings]
        if warnings:
            data["warnings"] = warnings
        headers = {"ETag": tag_of(present.revision)}
        if status == HTTPStatus.CREATED:
            headers["Location"] = f"{self.request.path}/{data['id']}"
        return Response(data, status=status, headers=headers)


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the JSON object that was sent; without a body an empty one."""
    return cast("Mapping[str, Any]", request.data)


def refuse_unknown(body: Mapping[str, Any], known: Collection[str] = ()) -> None:
    """Refuse fields that nobody reads: a mistyped one would silently change nothing."""
    unknown = [name[: parameters.LONGEST_NAME] for name in body if name not in known]
    if unknown:
        raise ValidationError({name: [_("Unknown field.")] for name in unknown})


def named_columns(row: Any, values: Mapping[str, Any]) -> frozenset[str]:
    """Put `values` on the row; return the names of its columns, for the service's `Change`."""
    for name, value in values.items():
        setattr(row, name, value)
    return frozenset(values)
