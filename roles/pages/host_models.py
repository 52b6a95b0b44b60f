"""What one's own host, or account, says it serves: asked at this moment, picked, and added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.admin.refusals import REFUSED, refusal_text
from registry.choices import ConnectionKind
from registry.models import LLMModel
from roles.pages import answers
from roles.pages.base import me, own_page, show
from roles.services.host_models import models_of_host
from roles.services.own_connections import own_connection
from roles.services.own_llms import save_cloud_model, save_local_model

if TYPE_CHECKING:
    from uuid import UUID

    from registry.models import Connection

MOST_AT_ONCE = 200
_NAMED = 20  # refused models that the next page names


@own_page("GET", "POST")
def pick(request: HttpRequest, section: str, pk: UUID) -> HttpResponse:
    """Show the page; a POST asks the host, or adds what was picked."""
    row = own_connection(me(request), str(pk))
    if row is None or row.kind == ConnectionKind.CLI or answers.section_of(row) != section:
        raise Http404
    if request.method == "POST" and "add" in request.POST:
        return _add(request, row)
    found = _asked(request, row) if request.method == "POST" else {}
    title = _("Models of %s") % row.label
    return show(request, "host_models", title, row=row, section=section, **found)


def _asked(request: HttpRequest, row: Connection) -> dict[str, Any]:
    try:
        names = models_of_host(me(request), str(row.pk))
    except REFUSED as error:
        return {"error": refusal_text(error)}
    rows = LLMModel.objects.filter(owner=me(request).pk, connection=row)
    present = set(rows.values_list("model_id", flat=True))
    return {"is_asked": True, "offers": [(name, name in present) for name in names]}


def _add(request: HttpRequest, row: Connection) -> HttpResponse:
    ticked = list(dict.fromkeys(request.POST.getlist("model")))
    picked = ticked[:MOST_AT_ONCE]
    if len(ticked) > len(picked):
        text = _("Only the first %d were looked at: add the others afterwards.")
        messages.warning(request, text % MOST_AT_ONCE)
    if not picked:
        messages.warning(request, _("Tick the models to add first."))
        return HttpResponseRedirect(request.path)
    added, refused = 0, []
    for name in picked:
        try:
            _save(request, row, name)
        except REFUSED as error:
            refused.append(f"{name[:200]}: {refusal_text(error)}")
        else:
            added += 1
    if added:
        text = ngettext("%d model is added.", "%d models are added.", added) % added
        messages.success(request, f"{text} {_('Put one into a slot of a role.')}")
    for text in refused[:_NAMED]:
        messages.error(request, text)
    return HttpResponseRedirect(answers.page_of(row))


def _save(request: HttpRequest, row: Connection, name: str) -> None:
    if row.kind == ConnectionKind.HOST:
        save_local_model(me(request), None, host=str(row.pk), model_name=name)
    else:
        save_cloud_model(
            me(request), None, provider=row.provider.slug, account=str(row.pk), model_name=name
        )
