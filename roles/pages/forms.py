"""The form behind every page: it parses, and shows what the service refused. No rule is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.refusals import REFUSED, refusal_text
from registry.errors import StaleRevisionError
from registry.types import Change, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("NAMES_HELP", "REFUSED", "KeyField", "NamesField", "OwnForm")

NAMES_HELP = gettext_lazy("Words of your own, with commas between them.")


class OwnForm(forms.Form):
    """Fields are named as the services name what is wrong with them; `aliases` has the rest."""

    use_required_attribute = False
    aliases: ClassVar[dict[str, str]] = {}

    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def saves(self, service: Callable[[], Any]) -> bool:
        """Call the service if the form can be read; say whether it did what was asked.

        What it refused stands at the fields afterwards.
        """
        if not self.is_valid():
            return False
        try:
            service()
        except REFUSED as error:
            self._explain(error)
            return False
        return True

    def as_change(self) -> Change:
        return Change(frozenset(), self.cleaned_data.get("revision"))

    def _explain(self, error: Exception) -> None:
        if isinstance(error, StaleRevisionError):
            data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            data[self.add_prefix("revision")] = error.extra.get("revision", "")
            self.data = data
            text = _(
                "This was changed elsewhere in the meantime, and nothing of yours is saved. Look"
                " at what you typed, and save again to put it in place of that."
            )
            self.add_error(None, text)
        elif isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            for name, texts in error.message_dict.items():
                self._add(name, texts)
        else:
            self.add_error(None, refusal_text(error))

    def _add(self, name: str, texts: list[str]) -> None:
        field = self.aliases.get(name, name)
        if field in self.fields and not self.fields[field].widget.is_hidden:
            self.add_error(field, texts)
        elif field in ("", NON_FIELD_ERRORS):
            self.add_error(None, texts)
        else:
            self.add_error(None, [f"{name}: {text}" for text in texts])


class KeyField(forms.CharField):
    """A key that is written and never shown; blank means "keep"."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "new-password", "spellcheck": "false"}
        kwargs.setdefault("label", gettext_lazy("API key"))
        super().__init__(required=False, widget=forms.PasswordInput(attrs), **kwargs)

    def to_python(self, value: Any) -> Secret | None:  # type: ignore[override]  # no text, so that nothing can print it
        text = super().to_python(value)
        return Secret(text) if text else None

    def show_hint(self, hint: str) -> None:
        """Tell which key is stored; none is shown."""
        if hint:
            text = _("A key is stored: %s. Leave the field empty to keep it.")
            self.help_text = text % hint


class NamesField(forms.CharField):
    """Names with commas between them, as a list."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        names = (" ".join(part.split()) for part in str(super().to_python(value) or "").split(","))
        return [name for name in names if name]
