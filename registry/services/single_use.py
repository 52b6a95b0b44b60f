"""Forms whose answer is shown once: sent a second time, by a reload, they are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.errors import TooManyAttemptsError
from registry.services import throttling

if TYPE_CHECKING:
    from uuid import UUID

_FORM_LIVES = int(timedelta(days=7).total_seconds())


def refuse_second(form_id: UUID | None) -> None:
    """Note that the form of this id was sent. Raises ValidationError if it was before."""
    if form_id is None:
        return
    try:
        throttling.take(f"token form {form_id}", limit=1, seconds=_FORM_LIVES)
    except TooManyAttemptsError:
        text = _("This form was sent before, and a token is shown only once. Open it anew.")
        raise ValidationError(text) from None
