"""Providers: who makes or serves models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit import events
from registry.errors import InUseError
from registry.models import Connection, LLMModel, Platform, Provider, ProviderAlias, Route
from registry.services import connections, health, origins
from registry.services.owners import owners_told
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, refresh, store
from registry.types import UNSET, Change, Unset

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_CHANGE = Change()


def save_provider(
    provider: Provider, change: Change = NO_CHANGE, *, aliases: Sequence[str] | Unset = UNSET
) -> Provider:
    """Create or change a provider.

    When its address moves, the keys of the connections that relied on it are dropped: a key
    is never sent to another origin. Raises ValidationError, StaleRevisionError, GoneError.
    """
    event = "provider_created" if provider._state.adding else "provider_updated"
    with catalogue_write(event, provider):
        stored = refresh(provider, change)
        problems = Problems()
        with problems.gather(**{NON_FIELD_ERRORS: "direct_api_url"}):
            provider.direct_api_url = origins.normalise(provider.direct_api_url)
        with problems.gather():
            provider.full_clean()
            _refuse_foreign_alias(provider)
        problems.finish()
        wanted = None if aliases is UNSET else {name.strip().casefold() for name in aliases}
        touched = wanted is not None and wanted != _alias_names(stored)
        saved = store(provider, stored, touched=touched)
        if wanted is not None:
            _set_aliases(provider, wanted, problems)
        if stored is not None and saved:
            _forget_health(provider, stored)
            _settle_connections(provider)
    return provider


def delete_provider(provider: Provider, change: Change = NO_CHANGE) -> None:
    """Delete a provider that nothing uses. Raises InUseError, which names the users."""
    with catalogue_write("provider_deleted", provider):
        refresh(provider, Change(frozenset(), change.expected_revision))
        users = users_of(provider)
        if not any(users.values()):
            provider.delete()
    if any(users.values()):
        with transaction.atomic():
            events.record("provider_delete_blocked", provider, **users)
        raise InUseError(_("Models, connections, platforms or routes use this provider."), **users)


def users_of(provider: Provider) -> dict[str, list[str]]:
    """Return the names of the models, connections, platforms and routes of the provider.

    Of people's own models and connections only the `people` are told.
    """
    llms = LLMModel.objects.filter(provider=provider)
    rows = Connection.objects.filter(provider=provider)
    people = {
        *llms.filter(owner__isnull=False).values_list("owner", flat=True),
        *rows.filter(owner__isnull=False).values_list("owner", flat=True),
    }
    return {
        "models": _names(llms.shared(), "name"),
        "connections": _names(rows.shared(), "label"),
        **({"people": owners_told(people)} if people else {}),
        "platforms": _names(Platform.objects.filter(providers=provider), "name"),
        "routes": _names(Route.objects.filter(provider=provider), "slug"),
    }


def _names(rows: object, field: str) -> list[str]:
    return sorted(rows.values_list(field, flat=True))  # type: ignore[attr-defined]


def _refuse_foreign_alias(provider: Provider) -> None:
    """One name leads to one provider; ask only for a slug that `full_clean()` let pass."""
    aliases = ProviderAlias.objects.filter(name=provider.slug).exclude(provider=provider.pk)
    if aliases.exists():
        raise ValidationError({"slug": _("Another provider has this alias.")})


def _alias_names(provider: Provider | None) -> set[str]:
    return set() if provider is None else {alias.name for alias in provider.aliases.all()}


def _set_aliases(provider: Provider, names: set[str], problems: Problems) -> None:
    wanted = set(names)
    for alias in provider.aliases.all():
        if alias.name in wanted:
            wanted.discard(alias.name)
        else:
            alias.delete()
    for name in sorted(wanted):
        alias = ProviderAlias(provider=provider, name=name)
        with problems.gather(name="aliases", slug="aliases"):
            alias.full_clean()
            if Provider.objects.filter(slug=name).exists():
                raise ValidationError({"name": _("A provider has this name: %s.") % name})
            alias.save()
    problems.finish()


def _forget_health(provider: Provider, stored: Provider) -> None:
    """Let the health be unknown of models that are called otherwise now."""
    called = LLMModel.objects.filter(provider=provider)
    if provider.dialect == stored.dialect:
        if provider.direct_api_url == stored.direct_api_url:
            return
        called = called.filter(Q(connection=None) | Q(connection__api_url=""))
    health.forget(called.values_list("pk", flat=True))


def _settle_connections(provider: Provider) -> None:
    for connection in Connection.objects.filter(provider=provider):
        users = health.hold_models_of(connection)
        stored = Connection.objects.get(pk=connection.pk)
        connection.provider = provider
        connections.settle(connection, None)
        store(connection, stored)
        if health.calls_differ(stored, connection):
            health.forget(users)
