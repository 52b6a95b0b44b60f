"""Form fields and widgets that more than one page uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.urls import reverse
from unfold.widgets import (
    INPUT_CLASSES,
    SELECT_CLASSES,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from registry.provider_rules import allows
from registry.services.keys import read_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.types import Secret


class LazySelect(forms.Select):
    """A select that holds only what is chosen; the rest is asked from `url_name` while typing.

    `forward` names fields of the form whose values are sent along to narrow the choice.
    """

    template_name = "unfold/widgets/select.html"

    def __init__(self, url_name: str, *, forward: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.url_name = url_name
        self.forward = tuple(forward)

    def __deepcopy__(self, memo: dict[int, Any]) -> LazySelect:
        return self.__class__(self.url_name, forward=self.forward, attrs=self.attrs.copy())

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return {
            **super().build_attrs(base_attrs, extra_attrs),
            "class": " ".join((*SELECT_CLASSES, "registry-lazy-select")),
            "data-url": reverse(f"admin:{self.url_name}"),
            "data-forward": " ".join(self.forward),
        }

    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[Any]:
        """Render the chosen row and the empty choice; Django's select renders the whole table."""
        rows = self._chosen(value)
        options = [self.create_option(name, "", "", not rows, 0)]
        for row in rows:
            options.append(self.create_option(name, str(row.pk), str(row), True, len(options)))
        return [(None, [option], index) for index, option in enumerate(options)]

    def _chosen(self, value: list[str]) -> list[Any]:
        """Return the rows of the chosen keys; what is no key at all chooses nothing."""
        queryset: Any = getattr(self.choices, "queryset", None)
        keys = [text for text in map(str, value) if text]
        if queryset is None or not keys:
            return []
        try:
            return list(queryset.filter(pk__in=keys))
        except (ValueError, ValidationError):
            return []

    @property
    def media(self) -> forms.Media:
        vendor, extra = "admin/js/vendor", "" if settings.DEBUG else ".min"
        return forms.Media(
            js=(
                f"{vendor}/jquery/jquery{extra}.js",
                f"{vendor}/select2/select2.full{extra}.js",
                "admin/js/jquery.init.js",
                "registry/lazy_select.js",
            ),
            css={
                "screen": (
                    f"admin/css/vendor/select2/select2{extra}.css",
                    "admin/css/autocomplete.css",
                )
            },
        )


class ProviderSelect(UnfoldAdminSelectWidget):
    """A select of providers; those without models of `llm_type` cannot be chosen."""

    llm_type = ""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        provider = getattr(value, "instance", None)
        if provider is not None and self.llm_type and not allows(provider, self.llm_type):
            option["attrs"] |= {"disabled": True, "hidden": True}
        return option


def date_input() -> forms.DateInput:
    """Return the browser's own date field, which follows the reader's locale."""
    return forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


def moment_input() -> forms.DateTimeInput:
    """Return the browser's own field for a date and a time of day, to the minute."""
    attrs = {"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}
    return forms.DateTimeInput(attrs, format="%Y-%m-%dT%H:%M")


class KeyField(forms.CharField):
    """A key that is written and never shown. Blank and the stored key's own hint mean "keep"."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault(
            "widget",
            UnfoldAdminPasswordWidget({"autocomplete": "new-password", "spellcheck": "false"}),
        )
        super().__init__(**kwargs)
        self.hint = ""

    def to_python(self, value: Any) -> Secret | None:  # type: ignore[override]  # no text, so that nothing can print it
        return read_key(value, hint=self.hint)


class SettingsField(forms.JSONField):
    """An object of free names and values as JSON; nothing typed is an empty one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget({"rows": 3, "spellcheck": "false"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            found = super().to_python(value)
        except RecursionError:  # nested too deep to be read
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": ""}
            ) from None
        return {} if found is None else found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show again what was typed, letter for letter: read, it may be what no page can show."""
        return data if data is None else InvalidJSONInput(data)


class NamesField(forms.CharField):
    """Names with commas between them, as a list."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget())
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        if isinstance(value, list):
            return value
        names = (" ".join(part.split()) for part in str(value or "").split(","))
        return [name for name in names if name]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(self.to_python(initial)) != sorted(self.to_python(data))
