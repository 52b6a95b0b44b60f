"""The form of a connection, and the filters of their list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin.dropdown_filters import DropdownFilter

from audit.moments import exact
from registry.admin.base import RegistryForm
from registry.admin.widgets import KeyField
from registry.choices import ConnectionKind, ConnectionState
from registry.models import Connection
from registry.types import ConnectionChange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

    Rows = QuerySet[Connection]


class ConnectionForm(RegistryForm):
    """Beside the columns the key, which is empty whenever it is shown."""

    api_key = KeyField(label=gettext_lazy("API key"))

    class Meta:
        model = Connection
        fields = ("provider", "label", "kind", "api_url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "api_url" not in self.fields:  # somebody who may only look
            return
        texts = []
        if self.is_bound and self.data.get(self.add_prefix("api_key")):
            texts.append(_("Enter the key once more: no page sends one back."))
        if self.instance.has_key:
            texts += [key_text(self.instance), _("Leave empty to keep it.")]
            cast("KeyField", self.fields["api_key"]).hint = self.instance.key_hint
            self.fields["api_url"].help_text = _(
                "Another scheme, host or port drops the stored key: a key is only ever sent to "
                "the address that it was entered for. Enter the key again when you change it."
            )
        self.fields["api_key"].help_text = " ".join(texts)

    def remembered(self) -> Iterable[str]:
        return [name for name in super().remembered() if name != "api_key"]

    def as_change(self) -> ConnectionChange:
        named = self.named_columns()
        return ConnectionChange(
            fields=None if named is None else named - {"api_key"},
            expected_revision=self.cleaned_data.get("revision"),
            api_key=self.cleaned_data.get("api_key"),
        )


class KindFilter(DropdownFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ConnectionKind.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class StateFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ConnectionState.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(state=self.value()) if self.value() else queryset


def key_text(connection: Connection) -> str:
    if not connection.is_readable:
        return _("The stored key cannot be read. Enter it again.")
    since = exact(connection.key_changed_at) if connection.key_changed_at else "-"
    return _("Stored: %(hint)s, since %(when)s.") % {"hint": connection.key_hint, "when": since}
