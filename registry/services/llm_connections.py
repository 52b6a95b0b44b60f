"""A model's own key and address: one connection that is private to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from registry import provider_rules
from registry.choices import ConnectionKind
from registry.errors import SharedConnectionError
from registry.models import Connection
from registry.services import origins
from registry.services.connections import settle
from registry.services.revision import store
from registry.types import UNSET

if TYPE_CHECKING:
    from registry.models import LLMModel
    from registry.services.problems import Problems
    from registry.types import LLMChange


def check_rule(llm: LLMModel, change: LLMChange, problems: Problems) -> None:
    """Add what the provider's rule demands of a new model and forbids of any."""
    rule = provider_rules.rule_of(llm.provider)
    if llm.type and llm.type not in rule.types:
        problems.add("provider", _("This provider has no models of this type."))
    endpoint = change.api_endpoint if change.api_endpoint is not UNSET else None
    if endpoint and rule.api_endpoint == provider_rules.HIDDEN:
        problems.add("api_endpoint", _("This provider has one address; leave this out."))
    elif endpoint:
        with problems.gather(**{NON_FIELD_ERRORS: "api_endpoint"}):
            origins.normalise(endpoint)
    if change.connection is not UNSET and change.connection is not None:
        _check_given(llm, change, problems)
    elif llm._state.adding and change.needs_connection:
        if rule.api_key == provider_rules.REQUIRED and change.api_key is None:
            problems.add("api_key", _("This provider needs a key."))
        if rule.api_endpoint == provider_rules.REQUIRED and not endpoint:
            problems.add("api_endpoint", _("This provider needs an address."))


def _check_given(llm: LLMModel, change: LLMChange, problems: Problems) -> None:
    connection = change.connection
    if not isinstance(connection, Connection):
        return
    if connection.provider_id != llm.provider_id:
        problems.add("connection", _("This connection belongs to another provider."))
    if not may_be_called_over(llm, connection):
        problems.add("connection", _("This connection cannot be shared."))
    if change.api_key is not None or change.api_endpoint not in (UNSET, None, ""):
        same = change.api_endpoint in (UNSET, None, "", connection.api_url)
        if change.api_key is not None or not same:
            problems.add("connection", _("Give a connection, or a key and address, not both."))


def may_be_called_over(llm: LLMModel, connection: Connection) -> bool:
    """Whether a model may use a connection: its owner's, one of the organisation's, or its own.

    A shared model never uses a person's connection.
    """
    if connection.private_to_id not in (None, llm.pk):
        return False
    return connection.owner_id in (None, llm.owner_id)


def apply(llm: LLMModel, change: LLMChange) -> bool:
    """Attach, create, change or drop the model's connection; return whether anything changed.

    Called under the lock, before the model itself is saved: the database checks the link back
    at the end of the transaction. Raises SharedConnectionError for a key or address that would
    change a connection others use, ValidationError on `api_endpoint`.
    """
    if change.connection is not UNSET and change.connection != llm.connection:
        _attach(llm, change.connection)
        if change.connection is None:
            _write_private(llm, change)
        return True
    if llm.connection is not None and not llm.has_private_connection:
        _refuse_on_shared(llm.connection, change)
        return False
    if change.api_key is None and change.api_endpoint is UNSET:
        return False
    return _write_private(llm, change)


def _attach(llm: LLMModel, connection: Connection | None) -> None:
    """Switch to a shared connection, or to none; a private one goes, since nobody else has it."""
    previous = llm.connection if llm.has_private_connection else None
    llm.connection = connection
    if previous is not None and not llm._state.adding:
        llm.save(update_fields=("connection", "updated_at"))
        previous.delete()


def _refuse_on_shared(connection: Connection, change: LLMChange) -> None:
    endpoint = change.api_endpoint
    same = endpoint is UNSET or (endpoint or "") in ("", connection.api_url)
    if change.api_key is not None or not same:
        raise SharedConnectionError(connection=str(connection.pk))


def _write_private(llm: LLMModel, change: LLMChange) -> bool:
    stored = None
    connection = llm.connection
    if connection is None:
        if change.api_key is None and not change.api_endpoint:
            return False
        connection = Connection(provider=llm.provider, owner=llm.owner, private_to=llm)
        connection.kind = ConnectionKind.HOST if change.api_endpoint else ConnectionKind.ACCOUNT
    else:
        stored = Connection.objects.get(pk=connection.pk)
        connection.provider = llm.provider
    rule = provider_rules.rule_of(llm.provider)
    connection.label = llm.name[:200]
    if change.api_endpoint is not UNSET:
        connection.api_url = change.api_endpoint or ""
    if rule.api_endpoint == provider_rules.REQUIRED and not connection.api_url:
        raise ValidationError({"api_endpoint": _("This provider needs an address.")})
    try:
        settle(connection, change.api_key)
        connection.full_clean(exclude=("private_to",))
    except ValidationError as error:
        raise _as_endpoint(error) from None
    llm.connection = connection
    return store(connection, stored)


def _as_endpoint(error: ValidationError) -> ValidationError:
    """Name the model's fields instead of the connection's."""
    renamed = {"api_url": "api_endpoint", "api_key": "api_key", "label": "name"}
    return ValidationError(
        {renamed.get(name, "connection"): texts for name, texts in error.message_dict.items()}
    )
