"""The catalogue's addresses, the same at both mounts."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from registry.api import chooser
from registry.api.catalogue.choosing import CostViewSet, RecommendViewSet
from registry.api.catalogue.comparing import MatrixViewSet, PricingViewSet, SearchViewSet
from registry.api.catalogue.llm_questions import LLMQuestionViewSet
from registry.api.catalogue.llms import CatalogueLLMViewSet
from registry.api.catalogue.platforms import CataloguePlatformViewSet
from registry.api.catalogue.providers import CatalogueProviderViewSet
from registry.api.catalogue.renaming import OURS, THEIRS, Names
from registry.api.catalogue.routes import CatalogueRouteViewSet

_LIST: dict[str, Any] = {"get": "list"}
_ROWS: dict[str, Any] = {"get": "list", "post": "create"}
_ASK: dict[str, Any] = {"post": "create"}
_ROW: dict[str, Any] = {
    "get": "retrieve",
    "put": "update",
    "patch": "partial_update",
    "delete": "destroy",
}
_RESOURCES: dict[str, Any] = {
    "model": CatalogueLLMViewSet,
    "platform": CataloguePlatformViewSet,
    "provider": CatalogueProviderViewSet,
    "route": CatalogueRouteViewSet,
}
_CHOOSERS = {
    "embedding": chooser.embedding,
    "generation": chooser.generation,
    "ner": chooser.ner,
    "available": chooser.available,
}
# One field of a row, changed at an address of its own.
_CHANGES = (
    ("model", CatalogueLLMViewSet, ("status", "pricing", "capabilities")),
    ("route", CatalogueRouteViewSet, ("priority",)),
)
_QUESTIONS = ("routes", "alternatives", "cheaper", "availability", "fallbacks")
_WHOLE: dict[str, tuple[Any, dict[str, Any]]] = {
    "search": (SearchViewSet, _LIST),
    "capabilities": (MatrixViewSet, _LIST),
    "pricing": (PricingViewSet, _LIST),
    "recommend": (RecommendViewSet, _ASK),
    "cost": (CostViewSet, _ASK),
}


def _addresses(names: Names) -> list[URLPattern]:
    """Return every address of one mount; the chooser's come before a model of such a name."""
    named = "" if names is OURS else "registry-"
    found = [
        path(f"models/{kind}", view, name=f"{named}chooser-{kind}")
        for kind, view in _CHOOSERS.items()
    ]
    for kind, view in _RESOURCES.items():
        found += [
            path(f"{kind}s", view.as_view(_ROWS, names=names), name=f"{named}{kind}s"),
            path(f"{kind}s/<str:{kind}>", view.as_view(_ROW, names=names), name=f"{named}{kind}"),
        ]
    for kind, view, actions in _CHANGES:
        found += [
            path(
                f"{kind}s/<str:{kind}>/{action}",
                view.as_view({"patch": action}, names=names),
                name=f"{named}{kind}-{action}",
            )
            for action in actions
        ]
    found += [
        path(
            f"models/<str:model>/{action}",
            LLMQuestionViewSet.as_view({"get": action}, names=names),
            name=f"{named}model-{action}",
        )
        for action in _QUESTIONS
    ]
    found += [
        path(name, view.as_view(actions, names=names), name=f"{named}{name}")
        for name, (view, actions) in _WHOLE.items()
    ]
    return found


our_addresses = _addresses(OURS)
their_addresses = _addresses(THEIRS)
