"""The form behind every page: it parses, and shows what the service refused. No rule is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from registry.admin.refusals import Conflict, refusal_text
from registry.errors import RegistryError, StaleRevisionError
from registry.types import Change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.safestring import SafeString


class RegistryForm(forms.ModelForm):  # type: ignore[type-arg]
    """Fills the row and leaves every rule to the service that saves it.

    The page is shown a second time with `refusal` set when the service refused; what the person
    typed stays. `error_fields` says at which field the message of an error code stands. Hidden
    copies of what the person was shown tell which fields he changed himself.
    """

    use_required_attribute = False
    refusal: Exception | None = None
    error_fields: dict[str, str] = {}
    conflict: SafeString | None = None

    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["revision"] = getattr(self.instance, "revision", None)
        for name in self.fields:
            self.fields[name].show_hidden_initial = name in self.remembered()

    def remembered(self) -> Iterable[str]:
        """Return the fields whose shown value travels along; never one that holds a secret."""
        if self.instance._state.adding:
            return ()
        columns = {field.name for field in self.instance._meta.get_fields()}
        return [name for name in self.fields if name in columns and name != "revision"]

    def as_change(self) -> Change:
        """Return what this request says of the row beside its columns."""
        return Change(self.named_columns(), self.cleaned_data.get("revision"))

    def named_columns(self) -> frozenset[str] | None:
        """Return the columns that the person changed; None, which is all, for a new row."""
        if self.instance._state.adding:
            return None
        columns = {field.name for field in self.instance._meta.concrete_fields}
        return frozenset(columns & set(self.changed_data))

    def _post_clean(self) -> None:
        """Fill the row; Django would check here a part of the rules that the service checks all."""
        self.instance = forms.models.construct_instance(
            self, self.instance, self._meta.fields, self._meta.exclude
        )
        if self.refusal is not None and not self.errors:
            self.explain(self.refusal)

    def _save_m2m(self) -> None:
        """Links are written by the service."""

    def explain(self, error: Exception) -> None:
        """Turn what the service raised into errors at their fields."""
        if isinstance(error, ValidationError):
            self._add_all(error)
        elif isinstance(error, StaleRevisionError):
            self._keep_own_changes(error)
        elif isinstance(error, RegistryError):
            field = self.error_fields.get(error.code)
            self.add_error(field if field in self.fields else None, refusal_text(error))

    def _add_all(self, error: ValidationError) -> None:
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, texts in found.items():
            if name in self.fields:
                self.add_error(name, texts)
            elif name in ("", NON_FIELD_ERRORS):
                self.add_error(None, texts)
            else:
                self.add_error(None, [f"{name}: {text}" for text in texts])

    def _keep_own_changes(self, error: StaleRevisionError) -> None:
        """After a lost race keep what the person typed, on top of what is stored now.

        Fields that he left alone take the stored value; where both changed one, his stays and
        the stored value is told beside it. Saving once more is then a decision.
        """
        conflict = Conflict.of(self.instance)
        own = set(self.changed_data)
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        for name in self.remembered():
            field, seen = self.fields[name], self._seen(name)
            if isinstance(field.widget, forms.MultiWidget):
                continue
            stored = field.prepare_value(self.get_initial_for_field(field, name))
            data[self.add_initial_prefix(name)] = "" if stored is None else stored
            if name not in own:
                data[self.add_prefix(name)] = "" if stored is None else stored
            elif field.has_changed(seen, stored):
                text = _("Stored now: %s. Yours replaces it if you save again.")
                self.add_error(name, text % ("-" if stored in (None, "") else stored))
        data[self.add_prefix("revision")] = error.extra.get("revision", "")
        self.data = data
        self.conflict = conflict.sentence()
        self.add_error(None, self.conflict)

    def _seen(self, name: str) -> Any:
        """Return the value that the person was shown."""
        field = self.fields[name]
        widget = field.hidden_widget()
        shown = widget.value_from_datadict(self.data, self.files, self.add_initial_prefix(name))
        try:
            return field.to_python(shown)
        except ValidationError:
            return shown
