"""Choosing another row by typing, in forms and in a list's filters.

Django asks the database for whatever was sent as the chosen key when it shows a form or a filter
again: no key at all, or a number that no column holds, would be an error of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from unfold.contrib.filters.admin.autocomplete_filters import AutocompleteSelectFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest


class _KeysOnly:
    """Shows as chosen only what can be a key."""

    field: Any

    def optgroups(self, name: str, value: Sequence[Any], attr: Any = None) -> Any:
        key = self.field.remote_field.model._meta.pk
        keys = [one for one in value if _can_be(key, one)]
        return super().optgroups(name, keys, attr)  # type: ignore[misc]


class LinkSelect(_KeysOnly, AutocompleteSelect):
    """One row."""


class LinkSelectMultiple(_KeysOnly, AutocompleteSelectMultiple):
    """Several rows."""


class LinkFilterForm(AutocompleteDropdownForm):
    widget = LinkSelect


class LinkFilter(AutocompleteSelectFilter):
    """A list's filter by one other row."""

    form_class = LinkFilterForm


class LinkFields:
    """Mixed into every table's pages: `autocomplete_fields` are such links."""

    admin_site: Any
    get_autocomplete_fields: Any

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", LinkSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", LinkSelectMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


def _can_be(key: Any, value: Any) -> bool:
    """Whether the column of keys can hold `value`; an empty choice is none."""
    try:
        key.run_validators(key.to_python(value))
    except ValidationError:
        return False
    return True
