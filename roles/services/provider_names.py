"""Providers by the words that people and older documents use for them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.models import Provider
from roles.services.configuration import LOCAL

# The provider of hosts that people run themselves.
HOST_PROVIDER = "openai-compatible"


def find_provider(word: str) -> Provider | None:
    """Return the provider of this slug or alias; `local` is whoever runs hosts of one's own."""
    name = word.strip().casefold()
    rows = Provider.objects.named(HOST_PROVIDER if name == LOCAL else name)
    found: Provider | None = rows.first()
    return found


def provider_named(word: str) -> Provider:
    """Return the provider of this name. Raises ValidationError on `provider`."""
    found = find_provider(word)
    if found is None:
        raise ValidationError({"provider": [_("There is no provider of this name.")]})
    return found
