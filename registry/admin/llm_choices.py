"""What the pages of a model ask while somebody types: JSON for its selects and known models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import JsonResponse
from django.urls import path

from registry.models import Connection, LLMModel, Provider, Route
from registry.models.base import is_uuid
from registry.services import known_models
from registry.services.deletion import fitting_replacements
from registry.services.llm_links import fold

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

_PAGE = 20
_LAST_PAGE = 1_000
_LONGEST_TERM = 200  # characters
_KNOWN_AT_ONCE = 20
_DIGITS = 18  # of a row number, at most


class LLMChoices:
    """Mixed into the models' page. Each answer needs the right to see what it lists."""

    admin_site: Any
    has_view_or_change_permission: Any
    has_delete_permission: Any
    has_add_permission: Any

    def get_urls(self) -> list[URLPattern]:
        views = {
            "connections": self.choose_connection,
            "models": self.choose_model,
            "fitting": self.choose_fitting,
            "known": self.known,
        }
        own = [
            path(
                f"choices/{name}/",
                self.admin_site.admin_view(view),
                name=f"registry_llmmodel_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]  # ModelAdmin's

    def choose_connection(self, request: HttpRequest) -> JsonResponse:
        """List shared connections, of one provider if the form has one."""
        if not request.user.has_perm("registry.view_connection"):
            raise PermissionDenied
        rows = Connection.objects.shared()
        provider = _provider(request.GET.get("provider", ""))
        if provider is not None:
            rows = rows.filter(provider=provider)
        return asked_page(request, rows.filter(label__icontains=asked_term(request)))

    def choose_model(self, request: HttpRequest) -> JsonResponse:
        """List shared models, of one type and status if the form asks for them."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        rows = LLMModel.objects.shared().order_by("name", "slug")
        for name in ("type", "status"):
            if request.GET.get(name):
                rows = rows.filter(**{name: request.GET[name].replace("\0", "")})
        return asked_page(request, _search(rows, request))

    def choose_fitting(self, request: HttpRequest) -> JsonResponse:
        """List the models that could take over from the one named by `for`."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        name = request.GET.get("for", "")
        llm = LLMModel.objects.shared().filter(pk=name).first() if is_uuid(name) else None
        rows = LLMModel.objects.none() if llm is None else fitting_replacements(llm)
        return asked_page(request, _search(rows, request))

    def known(self, request: HttpRequest) -> JsonResponse:
        """List known models for the add form, with the values that it fills in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        provider = _provider(request.GET.get("provider", ""))
        found = known_models.find(
            provider=provider.slug if provider else "",
            llm_type=request.GET.get("type", ""),
            query=asked_term(request),
        )
        return JsonResponse({"results": [_filling(known) for known in found[:_KNOWN_AT_ONCE]]})


def _filling(known: known_models.KnownModel) -> dict[str, Any]:
    values = {
        name: value
        for name, value in known_models.plain_values(known).items()
        if value not in (None, "")
    }
    values["name"] = known.name
    values["aliases"] = ", ".join(known.aliases)
    values |= known.prices
    values |= {
        f"capability_{name}": str(supported).lower()
        for name, supported in known.capabilities.items()
    }
    return {"model_id": known.model_id, "checked": known.checked, "values": values}


def _provider(text: str) -> Provider | None:
    """Return the provider of this number or slug."""
    if text.isascii() and text.isdigit():
        return Provider.objects.filter(pk=int(text[:_DIGITS])).first()
    return Provider.objects.named(text.replace("\0", "")).first() if text else None


def asked_term(request: HttpRequest) -> str:
    """Return what was typed into a select."""
    return request.GET.get("term", "").replace("\0", "").strip()[:_LONGEST_TERM]


def _search(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    term = asked_term(request)
    if not term:
        return rows
    names = Q(name__icontains=term) | Q(model_id__icontains=term) | Q(slug__icontains=term)
    return rows.filter(names | Q(aliases__folded__contains=fold(term))).distinct()


def asked_page(request: HttpRequest, rows: QuerySet[Any]) -> JsonResponse:
    """Answer in select2's shape."""
    text = request.GET.get("page", "1")
    number = min(int(text), _LAST_PAGE) if text.isascii() and text.isdigit() else 1
    start = (max(number, 1) - 1) * _PAGE
    found = list(rows[start : start + _PAGE + 1])
    return JsonResponse(
        {
            "results": [{"id": str(row.pk), "text": _text(row)} for row in found[:_PAGE]],
            "pagination": {"more": len(found) > _PAGE},
        }
    )


def _text(row: LLMModel | Connection | Route) -> str:
    if isinstance(row, Route):
        return str(row)
    if isinstance(row, Connection):
        return f"{row.label} · {row.get_state_display()}"
    return f"{row.name} · {row.model_id}"
