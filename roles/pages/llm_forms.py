"""The two forms of an own model: one of a host, one of a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.choices import ConnectionKind, Transport
from registry.models import Provider
from registry.types import UNSET
from roles.pages.forms import NAMES_HELP, NamesField, OwnForm
from roles.services import own_llms
from roles.services.own_connections import own_connections

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User

    from registry.models import Connection, LLMModel
    from registry.types import Unset

_THOUSAND = 1000


class LLMForm(OwnForm):
    """What both forms ask."""

    # The field that names what the model is called over.
    link: ClassVar[str] = ""

    model_name = forms.CharField(
        required=False,
        label=gettext_lazy("Model"),
        help_text=gettext_lazy("Exactly as the API wants it."),
        widget=forms.TextInput({"spellcheck": "false"}),
    )
    label = forms.CharField(
        required=False,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("As you call it; left empty it is the model's own."),
    )
    context_k = forms.IntegerField(
        required=False,
        min_value=0,
        label=gettext_lazy("Context, in thousands of tokens"),
        help_text=gettext_lazy("Empty or 0 is unknown."),
    )
    tags = NamesField(required=False, label=gettext_lazy("Tags"), help_text=NAMES_HELP)

    def __init__(
        self,
        user: User,
        llm: LLMModel | None,
        data: Any = None,
        *,
        chosen: Mapping[str, str] | None = None,
    ) -> None:
        self.user, self.llm = user, llm
        super().__init__(data, initial=dict((chosen or {}).items()) if llm is None else None)
        self._offer()
        if llm is not None:
            self.initial = self._stored(llm)

    @property
    def name(self) -> str | None:
        return None if self.llm is None else str(self.llm.pk)

    def values(self) -> dict[str, Any]:
        """Return what the services of both kinds take."""
        found = {
            name: self.cleaned_data[name] for name in ("model_name", "label", "context_k", "tags")
        }
        found["context_k"] = found["context_k"] or 0
        return found

    def _stored(self, llm: LLMModel) -> dict[str, Any]:
        return {
            "revision": llm.revision,
            "model_name": llm.model_id,
            "label": llm.name,
            "context_k": (llm.context_window or 0) // _THOUSAND or None,
            "tags": ", ".join(sorted(tag.name for tag in llm.tags.all())),
            self.link: "" if llm.connection_id is None else str(llm.connection_id),
        }

    def _offer(self) -> None:
        field: Any = self.fields[self.link]
        rows = [row for row in own_connections(self.user) if self._fits(row)]
        stored = None if self.llm is None else self.llm.connection
        if stored is not None and stored.pk not in {row.pk for row in rows}:
            rows.append(stored)  # the model's own, or one of the organisation's
        field.choices = [("", self._nothing()), *((str(row.pk), _shown(row)) for row in rows)]

    def _keeps_link(self) -> bool:
        """Whether the model is to be called over what it is; its own can be named no other way."""
        stored = None if self.llm is None else self.llm.connection
        return stored is not None and self.cleaned_data[self.link] == str(stored.pk)

    def _fits(self, row: Connection) -> bool:
        raise NotImplementedError

    def _nothing(self) -> Any:
        raise NotImplementedError


class LocalForm(LLMForm):
    """A model of a host."""

    link = "host"
    aliases: ClassVar[dict[str, str]] = {"connection": "host", "provider": "host"}

    host = forms.ChoiceField(required=False, label=gettext_lazy("Host"))

    field_order = ("revision", "host", "model_name", "label", "context_k", "tags")

    def save(self) -> LLMModel:
        return own_llms.save_local_model(
            self.user,
            self.name,
            host=UNSET if self._keeps_link() else self.cleaned_data["host"],
            change=self.as_change(),
            **self.values(),
        )

    def _fits(self, row: Connection) -> bool:
        return row.kind == ConnectionKind.HOST

    def _nothing(self) -> Any:
        return gettext_lazy("Choose a host")


class CloudForm(LLMForm):
    """A model of a provider: over an account, a command-line login, or without either."""

    link = "account"
    aliases: ClassVar[dict[str, str]] = {"connection": "account", "credential": "account"}

    provider = forms.ModelChoiceField(
        queryset=Provider.objects.order_by("name"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("Choose a provider"),
        label=gettext_lazy("Provider"),
    )
    account = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Account or login"),
        help_text=gettext_lazy("Whose key it is called with; one of the same provider."),
    )
    transport = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Called by"),
        choices=(("", gettext_lazy("As usual for this provider")), *Transport.choices[:3]),
    )

    field_order = (
        *("revision", "provider", "account", "model_name"),
        *("label", "context_k", "tags", "transport"),
    )

    def save(self) -> LLMModel:
        account, credential = self._access()
        return own_llms.save_cloud_model(
            self.user,
            self.name,
            provider=getattr(self.cleaned_data["provider"], "slug", ""),
            account=account,
            credential=credential,
            transport=self.cleaned_data["transport"],
            change=self.as_change(),
            **self.values(),
        )

    def _access(self) -> tuple[str | Unset | None, str | Unset | None]:
        """Return the account and the login that were chosen, of which there is one at most."""
        llm = self.llm
        if self._keeps_link() and llm is not None and self.cleaned_data["provider"] == llm.provider:
            return UNSET, UNSET
        chosen = self.cleaned_data["account"]
        logins = own_connections(self.user, ConnectionKind.CLI).values_list("pk", flat=True)
        is_login = chosen in {str(pk) for pk in logins}
        return None if is_login else chosen or None, chosen if is_login else None

    def _stored(self, llm: LLMModel) -> dict[str, Any]:
        told = llm.transport if llm.transport in dict(Transport.choices[:3]) else ""
        return {**super()._stored(llm), "provider": llm.provider.slug, "transport": told}

    def _fits(self, row: Connection) -> bool:
        return row.kind != ConnectionKind.HOST

    def _nothing(self) -> Any:
        return gettext_lazy("None")


def _shown(row: Connection) -> str:
    """Return a connection as people choose it; one that is part of a model bears its name."""
    is_private = row.private_to_id is not None
    label = _("Key and address of its own") if is_private else row.label
    return f"{label} · {row.provider.name}"
