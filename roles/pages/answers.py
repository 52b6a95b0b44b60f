"""Whether one's own hosts, accounts and models answer: asking for a test, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.moments import ago
from registry.admin import results
from registry.admin.refusals import REFUSED, refusal_text
from registry.choices import ConnectionKind, JobState
from registry.errors import BrokerUnavailableError
from registry.models import Connection, ConnectionTest, LLMModel
from registry.services import connection_tests, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest


@dataclass(frozen=True)
class Shown:
    """The newest test of a record as its page shows it."""

    test: ConnectionTest

    @property
    def badge(self) -> str:
        return results.result_badge(self.test)

    @property
    def words(self) -> str:
        return str(verdicts.words_of(self.test)) if self.test.code else ""

    @property
    def when(self) -> str:
        return ago(self.test.created_at)

    @property
    def is_open(self) -> bool:
        """Whether the result is still to come."""
        return self.test.job.state in (JobState.QUEUED, JobState.RUNNING)


def latest_test(
    *, connection: Connection | None = None, llm: LLMModel | None = None
) -> Shown | None:
    """Return the newest test of a connection alone, or of a model."""
    rows = ConnectionTest.objects.select_related("job").newest_first()
    rows = rows.filter(llm=llm) if llm is not None else rows.filter(connection=connection)
    found = rows.first()
    return None if found is None else Shown(found)


def ask(request: HttpRequest, row: Connection | LLMModel, page: str) -> HttpResponse:
    """Ask for a test by hand, and go back to the page that shows how it goes."""
    try:
        if isinstance(row, LLMModel):
            connection_tests.request_test(row, inference=False, by_hand=True)
        else:
            connection_tests.request_connection_test(row, by_hand=True)
    except BrokerUnavailableError as error:
        messages.warning(request, str(error.message))
    except REFUSED as error:
        messages.error(request, refusal_text(error))
    return HttpResponseRedirect(f"{page}#test")


def section_of(row: Connection) -> str:
    return "hosts" if row.kind == ConnectionKind.HOST else "accounts"


def page_of(row: Connection | LLMModel) -> str:
    """Return the address of a record's own page."""
    if isinstance(row, LLMModel):
        return reverse("my:model", args=[row.pk])
    return reverse("my:connection", args=[section_of(row), row.pk])


def llms_over(connection: Connection) -> Iterable[LLMModel]:
    rows = LLMModel.objects.filter(connection=connection, owner=connection.owner_id)
    found: Iterable[LLMModel] = rows.order_by("name", "pk")
    return found


def health_of(llm: LLMModel) -> str:
    """Return what was measured of a model; of one that nobody has tested: that."""
    return results.health_text(llm) if llm.tested_at else _("not tested yet")
