"""How a connection test and a model's health look: words, colours, times, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.moments import ago
from registry.admin.badges import badge
from registry.choices import Health, JobState, ProbeCode
from registry.services import health

if TYPE_CHECKING:
    from registry.models import ConnectionTest, LLMModel

# unfold's colours; the word stands beside each.
HEALTH_COLOURS: dict[str, str] = {
    Health.OK: "success",
    Health.DEGRADED: "warning",
    Health.DOWN: "danger",
    Health.UNKNOWN: "",
}
_STATE_COLOURS = {JobState.RUNNING: "info", JobState.FAILED: "danger"}


def colour_of(code: str) -> str:
    return HEALTH_COLOURS[health.state_of(code)]


def code_badge(code: str) -> str:
    return badge(ProbeCode(code).label, colour_of(code))


def health_badge(llm: LLMModel) -> str:
    return badge(Health(llm.health).label, HEALTH_COLOURS[llm.health])


def health_text(llm: LLMModel) -> str:
    """Return the health, and since when it is so."""
    if llm.health_since is None:
        return health_badge(llm)
    since = '{} <span class="whitespace-nowrap">{} {}</span>'
    return format_html(since, health_badge(llm), _("since"), ago(llm.health_since))


def result_badge(test: ConnectionTest) -> str:
    """Return how a test ended, or how far it is."""
    if test.code:
        return code_badge(test.code)
    state = JobState(test.job.state)
    return badge(state.label, _STATE_COLOURS.get(state, ""))


def who(test: ConnectionTest) -> str:
    """Return who asked for a test: an application, a person, or where it came from."""
    person = test.job.requested_by
    name = test.job.application or (person.get_username() if person else "")
    return name or str(test.job.get_source_display())


def milliseconds(value: int | None) -> str:
    return "" if value is None else _("%s ms") % grouped(value)


def cost(test: ConnectionTest) -> str:
    """Say what a finished test was billed, as far as the provider told."""
    if not test.billed_calls:
        return _("Nothing was billed.")
    calls = ngettext("%d billed call", "%d billed calls", test.billed_calls) % test.billed_calls
    known = (
        (test.prompt_tokens, _("%s tokens sent")),
        (test.output_tokens, _("%s tokens received")),
    )
    told = [text % grouped(number) for number, text in known if number is not None]
    if told:
        return f"{calls}: {', '.join(told)}."
    if not test.success:
        calls = ngettext(
            "%d call that the provider may have billed",
            "%d calls that the provider may have billed",
            test.billed_calls,
        )
        return f"{calls % test.billed_calls}."
    return _("%s; the provider did not say how many tokens.") % calls


def subject(test: ConnectionTest) -> str:
    """Return the name of what was tested."""
    return str(test)


def page_of(test: ConnectionTest) -> str:
    return reverse("admin:registry_connectiontest_change", args=[test.pk])


def subject_page(test: ConnectionTest) -> str:
    """Return the page of what was tested; unsaved settings, and what is private, have none."""
    if test.llm is not None and test.llm.owner_id is None:
        return reverse("admin:registry_llmmodel_change", args=[test.llm_id]) + "#tests"
    if test.connection is not None and test.connection.private_to_id is None:
        return reverse("admin:registry_connection_change", args=[test.connection_id])
    return ""


def grouped(value: int) -> str:
    return str(number_format(value, force_grouping=True))
