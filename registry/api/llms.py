from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import LogEntry
from registry.api.base import ServiceViewSet, body_of, named_columns, refuse_unknown
from registry.api.conditions import expected_revision
from registry.api.fields import find_llm
from registry.api.keys import take_key
from registry.api.listing import Listing, Rows, among, linked, search
from registry.api.llm_serializers import (
    CapabilityChangeSerializer,
    DependentsSerializer,
    LLMSerializer,
    StatusSerializer,
)
from registry.api.parameters import BadValueError, choice
from registry.api.permissions import may, require
from registry.api.pricing import BOOK, PriceChangeSerializer
from registry.api.retiring import RetiringViewSet
from registry.api.trail import EntrySerializer, entries_of
from registry.choices import Health, LLMStatus, LLMType, PriceUnit
from registry.models import (
    Capability,
    KnowledgeBase,
    LLMModel,
    LLMUse,
    ModelCapability,
    Platform,
    Price,
    Provider,
    Route,
)
from registry.models.llm import LLMQuerySet
from registry.services.defaults import set_default
from registry.services.deletion import delete_llm
from registry.services.dependents import dependents_of
from registry.services.llm_links import fold
from registry.services.llm_uses import uses_of
from registry.services.llm_warnings import warnings_of
from registry.services.llms import save_llm
from registry.services.price_book import PriceBook
from registry.services.prices import append
from registry.services.statuses import set_status
from registry.types import UNSET, Change, LLMChange

OWNERS = ("shared", "me")
_DEPENDENTS = ("knowledge_bases", "is_default", "routes", "roles", "role_count", "blocks")


def _capable(rows: Rows, value: str) -> Rows:
    """Keep the models that have each capability of the comma-separated names."""
    names = {name.strip() for name in value.split(",")}
    known = set(Capability.objects.filter(name__in=names).values_list("name", flat=True))
    if names != known:
        raise BadValueError(_("Unknown capability: %s.") % ", ".join(sorted(names - known)))
    for name in names:
        has = ModelCapability.objects.filter(llm=OuterRef("pk"), capability__name=name)
        rows = rows.filter(Exists(has.filter(supported=True)))
    return rows


def _tagged(rows: Rows, value: str) -> Rows:
    return rows.filter(tags__folded=fold(value))


def _owned(rows: Rows, value: str) -> Rows:
    """Judge the value; `listed` has chosen the rows, since it knows who asks."""
    choice(value, OWNERS)
    return rows


def reachable(name: str, user: Any) -> LLMQuerySet:
    """Return the model of this id or slug, if it is shared or the user's own, or no row."""
    return LLMModel.objects.named(name).filter(Q(owner__isnull=True) | Q(owner=user.pk))


class LLMViewSet(RetiringViewSet, ServiceViewSet):
    """/api/v1/admin/models"""

    model = LLMModel
    queryset = LLMModel.objects.with_links()
    serializer_class = LLMSerializer
    lookup_url_kwarg = "model"
    rights = {"default": "change", "set_default": "change", "pricing": "view"}
    measured = "tested_at"
    takes = {
        "update": ("confirm",),
        "partial_update": ("confirm",),
        "destroy": ("reassign_to",),
        "history": ("page", "page_size"),
    }
    listing = Listing(
        filters={
            "type": among("type", LLMType.values),
            "status": among("status", LLMStatus.values),
            "health": among("health", Health.values),
            "provider": linked("provider", lambda name: Provider.objects.named(name).first()),
            "platform": linked(
                "provider__platforms", lambda name: Platform.objects.filter(slug=name).first()
            ),
            "capability": _capable,
            "tag": _tagged,
            "owner": _owned,
            "q": search("name", "model_id", "slug", related={"aliases": "name"}),
        },
        orderings=(
            *("name", "slug", "model_id", "type", "status", "provider__slug", "is_default"),
            *("created_at", "updated_at", "tested_at", "context_window", "dimensions"),
        ),
    )

    def listed(self) -> QuerySet[Any]:
        mine = self.request.query_params.get("owner") == "me"
        owner = Q(owner=self.request.user.pk) if mine else Q(owner__isnull=True)
        return self.get_queryset().filter(owner)

    def find(self, name: str) -> LLMModel | None:
        found: LLMModel | None = reachable(name, self.request.user).with_links().first()
        return found

    def represent_all(self, rows: Sequence[Any]) -> Sequence[dict[str, Any]]:
        """Show the rows with their prices, which are read at once."""
        book = PriceBook.load([row.pk for row in rows])
        context = {**self.get_serializer_context(), BOOK: book}
        serializer: Any = self.get_serializer_class()(context=context)
        return [serializer.to_representation(row) for row in rows]

    def warnings_of(self, row: LLMModel) -> list[str]:
        return warnings_of(row)

    def save(self, row: LLMModel, values: dict[str, Any], expected: int | None) -> LLMModel:
        if "pricing" in values:
            require(self.request, "add", Price)
        confirmed = self._is_confirmed()
        return save_llm(row, change_of(row, values, expected, confirm_dimensions=confirmed))

    def _is_confirmed(self) -> bool:
        value = self.request.query_params.get("confirm")
        if value not in (None, "dimensions"):
            raise ValidationError({"confirm": _("The only thing to confirm is: dimensions.")})
        return value is not None

    def remove(self, row: LLMModel, expected: int | None) -> None:
        target = None
        name = self.request.query_params.get("reassign_to")
        if name is not None:
            # It changes the replacement and the knowledge bases, too.
            require(self.request, "change", LLMModel, KnowledgeBase)
            target = find_llm(name)
            if target is None:
                raise ValidationError({"reassign_to": _("There is no model of this id or slug.")})
        delete_llm(row, reassign_to=target, change=Change(frozenset(), expected))

    @extend_schema(request=None)
    @action(detail=True, methods=["patch", "post"])
    def default(self, request: Request, model: str) -> Response:
        """Make the model the default of its type; the previous one steps down."""
        return self._make_default(request)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="set-default")
    def set_default(self, request: Request, model: str) -> Response:
        """Make the model the default of its type; the same as /default."""
        return self._make_default(request)

    def _make_default(self, request: Request) -> Response:
        refuse_unknown(body_of(request))

        def carry_out() -> Response:
            llm = self.get_object()
            expected = expected_revision(request, llm)
            return self.respond(set_default(llm, Change(frozenset(), expected)))

        return self.once(request, carry_out)

    @extend_schema(request=StatusSerializer)
    @action(detail=True, methods=["patch"])
    def status(self, request: Request, model: str) -> Response:
        """Set the status, with the date, the guide and the replacement of a retiring model."""
        llm = self.get_object()
        expected = expected_revision(request, llm)
        values, ignored = self.parse(body_of(request), shape=StatusSerializer)
        status = values.pop("status")
        return self.respond(
            set_status(llm, status, expected_revision=expected, **values), ignored=ignored
        )

    @extend_schema(request=PriceChangeSerializer)
    @action(detail=True, methods=["patch"])
    def pricing(self, request: Request, model: str) -> Response:
        """Append prices to the ledger, as typed by a person; the units that are not named stay."""
        require(request, "add", Price)
        llm = self.get_object()
        expected = expected_revision(request, llm)
        values, _ignored = self.parse(body_of(request), shape=PriceChangeSerializer)
        usd = {unit: values.pop(unit) for unit in PriceUnit.values if unit in values}
        values["route"] = _route_of(llm, values.get("route"))
        append(llm, usd, change=Change(frozenset(), expected), **values)
        return self.respond(llm)

    @extend_schema(request=CapabilityChangeSerializer)
    @action(detail=True, methods=["patch"])
    def capabilities(self, request: Request, model: str) -> Response:
        """Add, remove or set one capability; the others stay."""
        llm = self.get_object()
        expected = expected_revision(request, llm)
        values, _ignored = self.parse(body_of(request), shape=CapabilityChangeSerializer)
        change = LLMChange(
            fields=frozenset(),
            expected_revision=expected,
            capabilities={values["capability"]: _capability_value(values)},
        )
        return self.respond(save_llm(llm, change))

    @extend_schema(responses=DependentsSerializer)
    @action(detail=True, methods=["get"])
    def dependents(self, request: Request, model: str) -> Response:
        """Who uses the model, by name, and whether that blocks its deletion."""
        llm = self.get_object()
        found = dependents_of(llm, request.user)
        facts = {name: getattr(found, name) for name in _DEPENDENTS}
        sees = may(request.user, "view", LLMUse)
        facts["applications"] = uses_of(llm, request.user) if sees else None
        return Response(DependentsSerializer(facts).data)

    @extend_schema(responses=EntrySerializer(many=True), filters=False)
    @action(detail=True, methods=["get"])
    def history(self, request: Request, model: str) -> Response:
        """The model's trail, newest first, a page at a time; needs the right to see the trail."""
        require(request, "view", LogEntry)
        page = self.paginate_queryset(entries_of(self.get_object())) or []
        return self.get_paginated_response(EntrySerializer(page, many=True).data)


def change_of(
    row: LLMModel,
    values: dict[str, Any],
    expected: int | None = None,
    *,
    confirm_dimensions: bool = False,
) -> LLMChange:
    """Put the columns among `values` on the row; return what the body says beside them."""
    links = {
        name: values.pop(name, UNSET)
        for name in ("api_endpoint", "connection", "tags", "aliases", "capabilities", "pricing")
    }
    api_key = take_key(values, None if row._state.adding else row.connection)
    return LLMChange(
        fields=named_columns(row, values),
        expected_revision=expected,
        api_key=api_key,
        confirm_dimensions=confirm_dimensions,
        **links,
    )


def _route_of(llm: LLMModel, name: str | None) -> Route | None:
    """Return the route of the model that a body names."""
    routes = Route.objects.filter(llm=llm)
    route: Route | None = routes.named(name).first() if name else None
    if name and route is None:
        raise ValidationError({"route": _("The model has no route of this id or slug.")})
    return route


def _capability_value(values: dict[str, Any]) -> bool | None:
    """Return what the operation makes of the capability; None is "unknown"."""
    operation, value = values["operation"], values.get("value", True)
    if operation == "set" and "value" not in values:
        raise ValidationError({"value": _("Say true, false, or null for unknown.")})
    found: bool | None = None if operation == "remove" else value
    return found
