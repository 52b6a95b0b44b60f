"""Coming in by a password: how often one may try, and what the trail tells of it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from audit import context, events
from registry.services import throttling

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# So many networks may use up their attempts on one account before it is locked for all of them:
# many cannot guess on without an end, and one alone locks out nobody else.
_NETWORKS = 10


def begin(typed: str, network: str) -> tuple[str, str]:
    """Count an attempt before its password is looked at; return the names of its counts.

    All pages count together, by account and network, and by account alone. Raises
    TooManyAttemptsError; whether the account exists plays no part in it.
    """
    account = f"login:{_as_stored(typed).casefold()}"
    counts = (f"{account}:{network}", account)
    for name, share in zip(counts, (1, _NETWORKS), strict=True):
        throttling.take(
            name,
            limit=settings.REGISTRY_LOGIN_ATTEMPTS * share,
            seconds=settings.REGISTRY_LOGIN_LOCK_SECONDS,
        )
    return counts


def succeeded(counts: tuple[str, str], user: AbstractBaseUser | AnonymousUser) -> None:
    """Begin the counts anew, and note that `user`, who is logged in by now, has come in."""
    for name in counts:
        throttling.forget(name)
    context.act_as(user)
    events.record("login", user)  # type: ignore[arg-type]  # logged in by now


def failed(typed: str) -> None:
    """Note a refused attempt.

    An unknown name is not stored: it may be a password in the wrong field.
    """
    model = get_user_model()
    user = model.objects.filter(username=_as_stored(typed)).first()
    if user is not None:
        events.record("login_failed", user)
    else:
        events.record_about("login_failed", model, _("unknown user"))


def ended(user: AbstractBaseUser) -> None:
    """Note that `user` is about to leave."""
    context.act_as(user)
    events.record("logout", user)


def _as_stored(typed: str) -> str:
    """Return the typed name as the login form compares it, so that no spelling counts anew."""
    return unicodedata.normalize("NFKC", typed.strip())
