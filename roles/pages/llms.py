"""One's own models: of a host, or of a provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from registry.admin.paging import page_of
from registry.admin.refusals import REFUSED, refusal_text
from registry.choices import ConnectionKind, LLMStatus, Transport
from registry.services.statuses import set_status
from roles.choices import Slot
from roles.models import RoleSlot
from roles.pages import answers
from roles.pages.base import done, me, own_page, show
from roles.pages.llm_forms import CloudForm, LocalForm
from roles.services import consequences, own_llms
from roles.services.configuration import is_local
from roles.services.own_connections import own_connections
from roles.services.own_llms import own_model

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from registry.models import LLMModel

PAGE = 50  # rows


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    llm: LLMModel
    places: list[str]

    @property
    def health(self) -> str:
        return answers.health_of(self.llm)

    @property
    def transport(self) -> str:
        return transport_of(self.llm)


def transport_of(llm: LLMModel) -> str:
    """Return in words how a model is called."""
    words = dict(Transport.choices)
    word = words.get(llm.transport, llm.transport) or llm.provider.name
    return str(word)


@own_page("GET")
def listed(request: HttpRequest) -> HttpResponse:
    found = own_llms.own_models(me(request)).select_related("provider", "connection")
    page = page_of(request, found, PAGE)
    places = _places(page.rows)
    rows = [Row(llm, places.get(llm.pk, [])) for llm in page.rows]
    has_access = own_connections(me(request)).exists()
    return show(request, "models", _("Models"), llms=rows, rows=page, has_access=has_access)


@own_page("GET", "POST")
def add_local(request: HttpRequest) -> HttpResponse:
    if not own_connections(me(request), ConnectionKind.HOST).exists():
        messages.info(request, _("A model of this kind belongs to a host. Add the host first."))
    return _add(request, LocalForm, _("Add a model of a host"))


@own_page("GET", "POST")
def add_cloud(request: HttpRequest) -> HttpResponse:
    return _add(request, CloudForm, _("Add a model of a provider"))


@own_page("GET", "POST")
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    llm = _own(request, pk)
    kind = LocalForm if is_local(llm) else CloudForm
    form = kind(me(request), llm, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.saves(form.save):
        return done(request, _("%s is saved.") % _own(request, pk).name, "model", pk)
    stored = _own(request, pk)
    return show(
        request,
        "model",
        stored.name,
        form=form,
        llm=stored,
        transport=transport_of(stored),
        health=answers.health_of(stored),
        test=answers.latest_test(llm=stored),
        places=_places([stored]).get(stored.pk, []),
        is_used=stored.status in (LLMStatus.ACTIVE, LLMStatus.BETA),
    )


@own_page("GET", "POST")
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    llm = _own(request, pk)
    if request.method == "POST":
        own_llms.remove_model(me(request), str(pk))
        return done(request, _("%s is removed.") % llm.name, "models")
    return show(
        request,
        "remove",
        _("Remove %s") % llm.name,
        name=llm.name,
        gone=consequences.of_llm(llm),
        back=answers.page_of(llm),
    )


@own_page("POST")
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    llm = _own(request, pk)
    return answers.ask(request, llm, answers.page_of(llm))


@own_page("POST")
def status(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a model out of use, or back into it; its slots stay as they are."""
    llm = _own(request, pk)
    wanted = LLMStatus.INACTIVE if request.POST.get("to") == "inactive" else LLMStatus.ACTIVE
    try:
        set_status(llm, wanted)
    except REFUSED as error:
        messages.error(request, refusal_text(error))
        return HttpResponseRedirect(answers.page_of(llm))
    text = _("%(name)s is %(status)s now.") % {"name": llm.name, "status": wanted.label.lower()}
    return done(request, text, "model", pk)


def _add(request: HttpRequest, kind: type[Any], title: str) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = kind(me(request), None, data, chosen=request.GET)
    saved: list[LLMModel] = []
    if request.method == "POST" and form.saves(lambda: saved.append(form.save())):
        text = _("%s is added. Put it into a role's slot, so that something uses it.")
        return done(request, text % saved[0].name, "model", saved[0].pk)
    return show(request, "form", title, form=form, back="models")


def _places(llms: Iterable[LLMModel]) -> dict[Any, list[str]]:
    """Return in which slots of their owners the models stand, in one query."""
    found: dict[Any, list[str]] = {}
    rows = RoleSlot.objects.filter(llm__in=[llm.pk for llm in llms], owner__isnull=False)
    order = Slot.values
    for row in sorted(rows, key=lambda row: (row.role, order.index(row.slot))):
        found.setdefault(row.llm_id, []).append(f"{row.role}, {Slot(row.slot).label}")
    return found


def _own(request: HttpRequest, pk: UUID) -> LLMModel:
    llm = own_model(me(request), str(pk))
    if llm is None:
        raise Http404
    return llm
