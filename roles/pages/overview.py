"""The first page: what each role runs on now, and the next step of somebody who begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from registry.models import ApiToken
from roles.pages.base import me, own_page, show
from roles.services import matrix
from roles.services.own_connections import own_connections
from roles.services.own_llms import own_models

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@own_page("GET")
def overview(request: HttpRequest) -> HttpResponse:
    user = me(request)
    counts = {
        "connections": own_connections(user).count(),
        "models": own_models(user).count(),
        "tokens": ApiToken.objects.filter(user=user.pk).count(),
    }
    found = matrix.role_rows(user)
    has_slots = any(cell.row is not None for answer in found for cell in answer.cells)
    return show(
        request, "overview", _("Overview"), answers=found, counts=counts, has_slots=has_slots
    )
