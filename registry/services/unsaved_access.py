"""Over which address, and with whose key, unsaved settings of a model are tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.services import origins
from registry.types import UNSET, LLMChange

if TYPE_CHECKING:
    from registry.models import Connection, LLMModel
    from registry.types import Secret


def access_of(
    stored: LLMModel | None,
    *,
    connection: Connection | None,
    api_endpoint: str,
    api_key: Secret | None,
) -> LLMChange:
    """Return the access that the typed values stand for; `stored` is the model they are about.

    A stored key goes only to the address stored with it. So a model's own key is used where key
    and address are left as they are, and another address needs a key typed beside it: else
    raises ValidationError on `api_key`.
    """
    own = stored.connection if stored is not None and stored.has_private_connection else None
    is_same = own is not None and _is_same(api_endpoint, own.api_url)
    if connection is not None:
        left = UNSET if is_same else api_endpoint or UNSET
        return LLMChange(connection=connection, api_endpoint=left, api_key=api_key)
    if own is not None and api_key is None:
        if is_same:
            return LLMChange(connection=own)
        if own.has_key:
            text = _("Enter the key of this address: the stored one is only sent to its own.")
            raise ValidationError({"api_key": text})
    return LLMChange(api_endpoint=api_endpoint or UNSET, api_key=api_key)


def _is_same(typed: str, stored: str) -> bool:
    try:
        return origins.normalise(typed) == stored
    except ValidationError:  # it is named where the settings are checked
        return False
