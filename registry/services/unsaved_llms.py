"""Models that nobody has saved: what a test of them needs, and how it is kept meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from registry.choices import LLMType, Mode, ProbeCode
from registry.models import Connection, LLMModel, Provider
from registry.services import llm_connections, origins, targets
from registry.services.problems import Problems
from registry.types import UNSET

if TYPE_CHECKING:
    from registry.types import LLMChange

# What a test reads of a model; the rest may be wrong or missing still.
_COLUMNS = (
    "type", "name", "model_id", "mode", "dimensions", "probe_max_tokens", "probe_reasoning_effort",
)  # fmt: skip


def check(llm: LLMModel, change: LLMChange) -> None:
    """Raise ValidationError naming what is missing or wrong for a test, as saving would."""
    problems = Problems()
    if not llm.provider_id:
        problems.add("provider", _("Choose a provider."))
    exclude = {field.name for field in llm._meta.fields} - {*_COLUMNS} | {"name"}
    with problems.gather():
        llm.clean_fields(exclude=exclude)
    if llm.type == LLMType.EMBEDDING and llm.dimensions is None:
        problems.add("dimensions", _("An embedding model needs its dimensions."))
    if not problems.found:
        with problems.gather(**{NON_FIELD_ERRORS: "api_endpoint"}):
            llm_connections.check_rule(llm, change, problems)
    problems.finish()


def origin_of(llm: LLMModel, change: LLMChange) -> str:
    """Return the origin that a test of these settings calls."""
    connection = change.connection or None
    if isinstance(connection, Connection):
        return targets.host_of_connection(connection)
    typed = change.api_endpoint if isinstance(change.api_endpoint, str) else ""
    return origins.origin_of(origins.normalise(typed or llm.provider.direct_api_url))


def as_settings(llm: LLMModel, change: LLMChange) -> dict[str, Any]:
    """Return what is kept of unsaved settings until they are tested. There is no key in it."""
    kept = {name: getattr(llm, name) for name in _COLUMNS if getattr(llm, name) not in (None, "")}
    kept["provider"] = llm.provider.slug
    if change.api_endpoint is not UNSET and change.api_endpoint:
        kept["api_endpoint"] = origins.normalise(change.api_endpoint)
    if isinstance(change.connection, Connection):
        kept["connection"] = str(change.connection.pk)
    return kept


def from_settings(settings: dict[str, Any]) -> LLMModel:
    """Return the model in memory that `settings` describe.

    Raises NoTargetError if its provider or connection has gone meanwhile.
    """
    columns = {name: settings[name] for name in _COLUMNS if name in settings}
    provider = Provider.objects.filter(slug=settings["provider"]).first()
    if provider is None:
        raise targets.NoTargetError(ProbeCode.CANNOT_TEST, "gone")
    llm = LLMModel(provider=provider, **columns)
    llm.mode = llm.mode or Mode.usual(llm.type)
    if "connection" in settings:
        llm.connection = Connection.objects.filter(pk=settings["connection"]).first()
        if llm.connection is None:
            raise targets.NoTargetError(ProbeCode.CANNOT_TEST, "gone")
    return llm
