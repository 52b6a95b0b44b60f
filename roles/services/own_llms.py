"""A person's own models: of his hosts and accounts, of commands, of every dialect.

Each function says of another user's record what it says of one that is not there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry import provider_rules
from registry.choices import ConnectionKind, LLMType
from registry.models import Connection, LLMModel
from registry.models.base import is_uuid
from registry.services.llms import save_llm
from registry.services.problems import Problems
from registry.services.revision import catalogue_write
from registry.types import UNSET, Change, LLMChange, Unset
from roles.services import removal, transports
from roles.services.configuration import LOCAL, provider_word, tokens_of
from roles.services.own_connections import find_login, usable_connection
from roles.services.provider_names import find_provider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User

    from registry.models import Provider
    from registry.models.llm import LLMQuerySet

_NOTHING_NAMED = Change(frozenset())
_ALL = LLMChange()


def own_models(user: User) -> LLMQuerySet:
    """Return the user's models, oldest first."""
    found: LLMQuerySet = LLMModel.objects.filter(owner=user.pk).order_by("created_at", "pk")
    return found


def own_model(user: User, name: str | None) -> LLMModel | None:
    """Return the user's model of this slug or id, None if he has none."""
    text = (name or "").strip()
    rows = own_models(user).select_related("provider", "connection__provider")
    found: LLMModel | None = (
        rows.filter(pk=text).first() if is_uuid(text) else rows.slugged(text).first()
    )
    return found


def save_own(llm: LLMModel, change: LLMChange = _ALL, *, transport: str = "") -> LLMModel:
    """Create or change a model that has an owner, as `save_llm` does a shared one.

    Another provider drops the connection. It is called over a connection of its owner's or one
    of the organisation's; a provider without an address of its own needs one. `transport` is
    chosen by provider and connection unless one that fits is asked for. Raises what `save_llm`
    does, ValidationError on `connection` and `transport` beside it.
    """
    if llm.owner_id is None:
        raise ValueError("a shared model is none of a person's own")
    if not llm.provider_id:
        raise ValidationError({"provider": [_("Choose a provider.")]})
    event = "model_created" if llm._state.adding else "model_updated"
    with catalogue_write(event, llm):
        rows = LLMModel.objects.select_related("provider", "connection")
        stored: LLMModel | None = rows.filter(pk=llm.pk).first()
        _take_provider(llm, stored, change)
        moved = stored is None or stored.provider_id != llm.provider_id
        kind = _kind(stored, change, moved=moved)
        if not kind and (moved or change.connection is not UNSET):
            _require_address(llm)
        told = "" if moved or stored is None else stored.transport
        llm.transport = transports.choose(llm.provider, kind, stored=told, asked=transport)
        named = {"transport"}
        if moved or change.connection is not UNSET:
            llm.connection_ref = ""
            named.add("connection_ref")
        fields = None if change.fields is None else change.fields | named
        return save_llm(llm, replace(change, fields=fields, needs_connection=False))


def remove_model(user: User, slug: str | None, change: Change = _NOTHING_NAMED) -> bool:
    """Remove one of the user's models and empty the slots that named it.

    Returns whether there was one. Raises StaleRevisionError.
    """
    found = own_model(user, slug)
    return found is not None and removal.remove_llm(found, change)


def save_local_model(
    user: User,
    slug: str | None,
    *,
    host: str | Unset,
    model_name: str | Unset,
    label: str | Unset = "",
    context_k: int | Unset = 0,
    tags: Sequence[str] | Unset = (),
    change: Change = _NOTHING_NAMED,
) -> LLMModel:
    """Create a model of a host (`slug` None) or change one of the user's, as a whole.

    What is UNSET stays. A host is named by its short name or id. Raises ValidationError on
    `model`, `host`, `model_name`, `label`, `context_k` or `tags`, and what `save_own` does.
    """
    problems = Problems()
    llm = _found_or_new(user, slug)
    if slug and not _is_local(llm.provider):
        raise ValidationError({"model": [_("This is no model of a host.")]})
    named = _put(llm, problems, model_name=model_name, label=label, context_k=context_k)
    connection: Connection | Unset | None = UNSET
    if host is not UNSET or llm._state.adding:
        connection = usable_connection(user, host if isinstance(host, str) else None)
        if connection is None or not _is_host(connection):
            problems.add("host", _("There is no such host."))
        else:
            llm.provider = connection.provider
    problems.finish()
    wanted = LLMChange(
        named | {"provider"}, change.expected_revision, connection=connection, tags=_cleaned(tags)
    )
    return _save(llm, wanted, link="host")


def save_cloud_model(
    user: User,
    slug: str | None,
    *,
    provider: str | Unset,
    model_name: str | Unset,
    label: str | Unset = "",
    account: str | Unset | None = None,
    credential: str | Unset | None = None,
    context_k: int | Unset = 0,
    tags: Sequence[str] | Unset = (),
    transport: str = "",
    change: Change = _NOTHING_NAMED,
) -> LLMModel:
    """Create a model of a provider (`slug` None) or change one of the user's, as a whole.

    What is UNSET stays; without account and login (`credential`) it has none any more. Raises
    ValidationError on `model`, `provider`, `account`, `credential`, `transport`, `model_name`,
    `label`, `context_k` or `tags`, and what `save_own` does.
    """
    problems = Problems()
    llm = _found_or_new(user, slug)
    if slug and _is_local(llm.provider):
        raise ValidationError({"model": [_("This is a model of a host.")]})
    named = _put(llm, problems, model_name=model_name, label=label, context_k=context_k)
    if provider is not UNSET or llm._state.adding:
        _put_provider(llm, provider if isinstance(provider, str) else "", problems)
    problems.finish()
    with catalogue_write("model_created" if llm._state.adding else "model_updated", llm):
        wanted = LLMChange(
            named | {"provider"},
            change.expected_revision,
            connection=_access(user, llm.provider, account, credential),
            tags=_cleaned(tags),
        )
        return _save(llm, wanted, link="account", transport=transport)


def _found_or_new(user: User, slug: str | None) -> LLMModel:
    """Return the stored model of this name, or a new one. Raises ValidationError on `model`."""
    if not slug:
        return LLMModel(owner=user, type=LLMType.GENERATION)
    llm = own_model(user, slug)
    if llm is None:
        raise ValidationError({"model": [_("There is no such model.")]})
    return llm


def _put(
    llm: LLMModel,
    problems: Problems,
    *,
    model_name: str | Unset,
    label: str | Unset,
    context_k: int | Unset,
) -> frozenset[str]:
    """Write values in the words of older documents into columns; return which were named.

    A label that is blank is the model's name; 0 thousands of tokens are an unknown window.
    """
    values: dict[str, Any] = {}
    if model_name is not UNSET:
        values["model_id"] = model_name.strip()
    if label is not UNSET:
        values["name"] = label.strip() or values.get("model_id", llm.model_id)
    if context_k is not UNSET:
        values["context_window"] = tokens_of(context_k, llm.context_window)
    for name, value in values.items():
        setattr(llm, name, value)
    llm.name = llm.name or llm.model_id
    if not llm.model_id:
        problems.add("model_name", _("A model needs a name."))
    return frozenset(values)


def _kind(stored: LLMModel | None, change: LLMChange, *, moved: bool) -> str:
    """Return the kind of connection that the model will have; empty for none."""
    if isinstance(change.connection, Connection):
        return str(change.connection.kind)
    if change.api_endpoint:
        return ConnectionKind.HOST.value
    if change.api_key is not None:
        return ConnectionKind.ACCOUNT.value
    stays = stored is not None and not moved and change.connection is UNSET
    if stays and stored is not None and stored.connection is not None:
        return str(stored.connection.kind)
    return ""


def _require_address(llm: LLMModel) -> None:
    if provider_rules.rule_of(llm.provider).api_endpoint == provider_rules.REQUIRED:
        raise ValidationError({"connection": [_("This provider needs a connection.")]})


def _take_provider(llm: LLMModel, stored: LLMModel | None, change: LLMChange) -> None:
    """Let the model have the stored provider, unless the request names one."""
    is_named = change.fields is None or "provider" in change.fields
    if stored is not None and not is_named:
        llm.provider = stored.provider


def _put_provider(llm: LLMModel, word: str, problems: Problems) -> None:
    found = find_provider(word)
    if found is None:
        problems.add("provider", _("There is no provider of this name."))
    elif _is_local(found):
        problems.add("provider", _("A model of a host is registered with its host."))
    else:
        llm.provider = found


def _access(
    user: User,
    provider: Provider,
    account: str | Unset | None,
    credential: str | Unset | None,
) -> Connection | Unset | None:
    """Return what the model is called over; UNSET leaves it as it is.

    The login that everybody has is made when it is first named. Raises ValidationError.
    """
    login = credential if isinstance(credential, str) else ""
    if account and login:
        raise ValidationError({"credential": [_("Give an account or a login, not both.")]})
    if isinstance(account, str) and account:
        found = usable_connection(user, account)
        if found is None or found.kind == ConnectionKind.CLI or found.provider != provider:
            raise ValidationError({"account": [_("This provider has no such account.")]})
        return found
    if login:
        found = find_login(user, login, provider)
        if found is None:
            raise ValidationError({"credential": [_("This provider has no such login.")]})
        return found
    return UNSET if account is UNSET or credential is UNSET else None


def _save(llm: LLMModel, change: LLMChange, *, link: str, transport: str = "") -> LLMModel:
    """Save, and name what is wrong in the words of the request; `link` is its connection's."""
    problems = Problems()
    words = {"model_id": "model_name", "name": "label", "context_window": "context_k"}
    with problems.gather(**words, connection=link):
        save_own(llm, change, transport=transport)
    problems.finish()
    return llm


def _cleaned(tags: Sequence[str] | Unset) -> Sequence[str] | Unset:
    return UNSET if tags is UNSET else [tag for tag in tags if tag.strip()]


def _is_local(provider: Provider) -> bool:
    return provider_word(provider) == LOCAL


def _is_host(connection: Connection) -> bool:
    return connection.kind != ConnectionKind.CLI and _is_local(connection.provider)
