"""Asking for connection tests, and reading what they found."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import ActingViewSet, StaffViewSet, body_of, refuse_unknown
from registry.api.connection_test_serializers import (
    ConnectionTestSerializer,
    HostModelsSerializer,
    InferenceSerializer,
    NoBodySerializer,
)
from registry.api.connections import find_connection
from registry.api.fields import find_llm
from registry.api.listing import Filter, Listing, Rows, among, linked
from registry.api.llms import reachable
from registry.api.parameters import BadValueError, choice
from registry.api.permissions import require
from registry.choices import JobState, ProbeCode
from registry.errors import BrokerUnavailableError
from registry.models import Connection, ConnectionTest, LLMModel, Provider
from registry.models.base import is_uuid
from registry.services import awaited_tests
from registry.services.connection_tests import (
    Requested,
    request_connection_test,
    request_test,
)
from registry.services.host_models import models_of

LONGEST_WAIT = 30  # seconds
_STATES = {
    JobState.QUEUED.value: (JobState.QUEUED,),
    JobState.RUNNING.value: (JobState.RUNNING,),
    JobState.DONE.value: (JobState.DONE, JobState.FAILED),
}
ANSWERS = {
    HTTPStatus.OK: OpenApiResponse(ConnectionTestSerializer, _("It has ended within the wait.")),
    HTTPStatus.ACCEPTED: OpenApiResponse(
        ConnectionTestSerializer, _("It waits or runs; Location is where to look.")
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: OpenApiResponse(
        description=_(
            "`broker_unavailable`: it is stored, under the id `test`, and runs as soon as the "
            "message broker answers."
        )
    ),
}


def run(
    view: ActingViewSet,
    request: Request,
    ask: Callable[[], Requested],
    place: str = "tests-detail",
    /,
    **extra: Any,
) -> Response:
    """Ask for a test, once per Idempotency-Key, and wait for it as long as the request says.

    `place` names the address at which the requester finds the test.
    """
    seconds = _wait_of(request)

    def carry_out() -> Response:
        return _answer(request, _present(ask().test.pk), place, **extra)

    try:
        accepted = view.once(request, carry_out)
    except BrokerUnavailableError as error:
        test = ConnectionTest.objects.get(job=error.extra["job"])
        raise BrokerUnavailableError(
            error.retry_after, job=error.extra["job"], test=str(test.pk)
        ) from error
    # Outside of `once`: that is one transaction, which would see nothing of the worker's.
    ended = awaited_tests.wait(accepted.data["id"], seconds=seconds) if seconds else None
    return accepted if ended is None else _answer(request, ended, place, **extra)


def _wait_of(request: Request) -> int:
    text = request.query_params.get("wait", "0")
    if not (text.isascii() and text.isdecimal() and int(text) <= LONGEST_WAIT):
        raise ValidationError({"wait": [_("Give whole seconds, from 0 to %d.") % LONGEST_WAIT]})
    return int(text)


def _present(test_id: UUID) -> ConnectionTest:
    test: ConnectionTest = ConnectionTest.objects.with_links().get(pk=test_id)
    return test


def _answer(request: Request, test: ConnectionTest, place: str, **extra: Any) -> Response:
    data = {**ConnectionTestSerializer(test, context={"request": request}).data, **extra}
    if test.job.is_finished:
        return Response(data)
    address = reverse(place, kwargs={"test": str(test.pk)})
    return Response(data, HTTPStatus.ACCEPTED, headers={"Location": address})


def _in_state(rows: Rows, value: str) -> Rows:
    return rows.filter(job__state__in=_STATES[choice(value, _STATES)])


def _with_success(rows: Any, value: str) -> Rows:
    is_success = choice(value, ("true", "false")) == "true"
    found: Rows = rows.passed() if is_success else rows.failed()
    return found


def _of_provider(rows: Rows, value: str) -> Rows:
    """Keep the tests of a provider's models and connections, unsaved ones too."""
    provider = Provider.objects.named(value).first()
    if provider is None:
        raise BadValueError(_("There is nothing of this name."))
    return rows.filter(
        Q(llm__provider=provider)
        | Q(connection__provider=provider)
        | Q(settings__provider=provider.slug)
    )


RESULTS: dict[str, Filter] = {
    "code": among("code", ProbeCode.values),
    "state": _in_state,
    "success": _with_success,
}
ORDERINGS = ("created_at", "latency_ms", "code")


class ConnectionTestViewSet(StaffViewSet):
    """/api/v1/admin/tests: every test, newest first; read only."""

    model = ConnectionTest
    serializer_class = ConnectionTestSerializer
    lookup_url_kwarg = "test"
    listing = Listing(
        filters={
            "model": linked("llm", find_llm),
            "connection": linked("connection", find_connection),
            "provider": _of_provider,
            **RESULTS,
        },
        orderings=ORDERINGS,
        tie="-pk",
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Keep what the organisation or the requester owns."""
        rows = ConnectionTest.objects.told_to(self.request.user.pk)
        found: QuerySet[Any] = rows.with_links().newest_first()
        return found

    def find(self, name: str) -> ConnectionTest | None:
        rows = self.get_queryset()
        found: ConnectionTest | None = rows.filter(pk=name).first() if is_uuid(name) else None
        return found


class NamedTestViewSet(ConnectionTestViewSet):
    """/api/v1/admin/models/tests/{test}: the same tests, under the address of the models."""

    @extend_schema(operation_id="models_any_test_retrieve")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)


class LLMTestViewSet(ConnectionTestViewSet, ActingViewSet):
    """/api/v1/admin/models/{model}/test and /tests"""

    takes = {"create": ("wait",)}
    listing = Listing(filters=RESULTS, orderings=ORDERINGS, tie="-pk")

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(llm=self._llm())

    def _llm(self) -> LLMModel:
        require(self.request, "view", LLMModel)
        name = str(self.kwargs["model"])
        rows = reachable(name, self.request.user).select_related("provider")
        found = None if "\0" in name else rows.select_related("connection__provider").first()
        if found is None:
            raise Http404
        llm: LLMModel = found
        return llm

    @extend_schema(request=InferenceSerializer, responses=ANSWERS)
    def create(self, request: Request, model: str) -> Response:
        """Test the stored model; whoever says nothing about inference gets the whole test."""
        llm = self._llm()
        values, _ignored = self.parse(body_of(request), shape=InferenceSerializer)
        inference = values.get("inference", True)
        return run(self, request, lambda: request_test(llm, inference=inference))


class ConnectionTestingViewSet(ActingViewSet):
    """/api/v1/admin/connections/{connection}/test: its address and key, nothing billed."""

    model = ConnectionTest
    serializer_class = ConnectionTestSerializer
    takes = {"create": ("wait",)}

    @extend_schema(request=NoBodySerializer, responses=ANSWERS)
    def create(self, request: Request, connection: str) -> Response:
        """Test the stored address with the stored key; a body may name nothing else."""
        row = _connection(request, connection)
        refuse_unknown(body_of(request))
        return run(self, request, lambda: request_connection_test(row))


class HostModelsViewSet(StaffViewSet):
    """/api/v1/admin/connections/{connection}/models: what the host serves, asked right now."""

    model = ConnectionTest
    serializer_class = HostModelsSerializer

    @extend_schema(request=NoBodySerializer, responses={HTTPStatus.OK: HostModelsSerializer})
    def create(self, request: Request, connection: str) -> Response:
        """List the models of the host by id; nothing is stored."""
        row = _connection(request, connection)
        refuse_unknown(body_of(request))
        found = models_of(row)
        results = [{"id": one.id, "name": one.name, **one.values} for one in found.models]
        return Response({"count": len(results), "results": results, "is_cut": found.is_cut})


def _connection(request: Request, name: str) -> Connection:
    require(request, "view", Connection)
    found = find_connection(name)
    if found is None:
        raise Http404
    return found
