"""Where the objects of the trail can be looked at, while they still exist."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.urls import reverse

from audit import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.admin import AdminSite
    from django.db.models import Model
    from django.http import HttpRequest

    from audit.models import LogEntry


def pages_of(entries: Iterable[LogEntry], request: HttpRequest, site: AdminSite) -> dict[int, str]:
    """Return the admin page of each entry's object, by the entry's id.

    Left out are objects that are gone, kinds without a page, and pages that this user may not
    open. One query a kind, however many entries there are.
    """
    by_model: dict[type[Model], list[LogEntry]] = defaultdict(list)
    for entry in entries:
        model = sentences.model_of(entry)
        if model is not None and entry.object_pk and _may_open(model, request, site):
            by_model[model].append(entry)
    return {
        entry.pk: _page(model, entry.object_pk, site)
        for model, group in by_model.items()
        for entry in _still_there(model, group)
    }


def _may_open(model: type[Model], request: HttpRequest, site: AdminSite) -> bool:
    page = site._registry.get(model)
    return page is not None and page.has_view_permission(request)


def _still_there(model: type[Model], entries: list[LogEntry]) -> list[LogEntry]:
    wanted: dict[Any, str] = {}
    for pk in {entry.object_pk for entry in entries}:
        try:
            wanted[model._meta.pk.to_python(pk)] = pk
        except ValidationError:  # a primary key of another kind, from an older schema
            continue
    present = model._base_manager.filter(pk__in=wanted).values_list("pk", flat=True)
    found = {wanted[pk] for pk in present}
    return [entry for entry in entries if entry.object_pk in found]


def _page(model: type[Model], pk: str, site: AdminSite) -> str:
    options = model._meta
    return reverse(f"{site.name}:{options.app_label}_{options.model_name}_change", args=(pk,))
