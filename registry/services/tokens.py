"""Tokens: an application's key to the API, shown once and stored as a digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import context, tracking
from audit.operations import operation
from registry.choices import Scope
from registry.errors import NotPermittedError
from registry.models import ApiToken
from registry.services.fingerprints import fingerprint
from registry.services.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AbstractBaseUser

    from audit.operations import Operation

PREFIX = "reg_"
# What a scope opens that a plain GET shows, the most particular first: to try a new token with.
_SHOWN_BY: dict[str, str] = {
    Scope.ROLES_READ.value: "/roles",
    Scope.CATALOGUE_READ.value: "/models/available",
    Scope.AVAILABILITY_REPORT.value: "/clients",
    Scope.ADMIN_READ.value: "/admin/models",
}
_NOTED_AT_MOST_EVERY = timedelta(minutes=1)
_STAFF_SCOPES = frozenset({Scope.ADMIN_READ.value, Scope.ADMIN_WRITE.value})
# The right without which a scope opens nothing: a token that names it would say too much.
RIGHT_OF_SCOPE = {
    Scope.AVAILABILITY_REPORT.value: "registry.report_availability",
    Scope.SECRETS_RESOLVE.value: "registry.reveal_key",
    Scope.ROLES_FOR_USER.value: "roles.resolve_for_user",
}


def create_token(
    user: User, *, application: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Return a new token of `user` and its text, which cannot be read again.

    Without `expires_at` it lives REGISTRY_TOKEN_DAYS. Raises ValidationError, and
    NotPermittedError for a scope beyond the user's rights or a token for somebody else.
    """
    _refuse_foreign(user)
    _refuse_wider(user, scopes)
    text = PREFIX + secrets.token_urlsafe(32)
    life = timedelta(days=settings.REGISTRY_TOKEN_DAYS)
    token = ApiToken(
        user=user,
        application=application,
        scopes=" ".join(sorted(set(scopes))),
        digest=_digest(text),
        password_stamp=_stamp(user),
        expires_at=expires_at or timezone.now() + life,
    )
    problems = Problems()
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown:
        problems.add("scopes", _("Unknown scope: %s.") % ", ".join(unknown))
    if expires_at is not None and expires_at <= timezone.now():
        problems.add("expires_at", _("Choose a moment in the future."))
    with problems.gather():
        token.full_clean()
    problems.finish()
    with operation("token_created", token):
        token.save()
    return token, text


def path_to_try(token: ApiToken) -> str:
    """Return a path below /api/v1 that answers this token's GET; empty for one that only writes."""
    scopes = token.scope_set
    return next((path for scope, path in _SHOWN_BY.items() if scope in scopes), "")


def revoke_token(token: ApiToken) -> None:
    """Delete a token; the next request with it is refused.

    Raises NotPermittedError unless it is the actor's own or he administers people.
    """
    running = context.current()
    actor = running.person if running else None
    if not _administers_people(actor):
        _refuse_foreign(token.user)
    with operation("token_revoked", token):
        token.delete()


def end_all(user: User, running: Operation) -> None:
    """Delete a person's tokens; the event of `running` names the applications."""
    ended = list(user.api_tokens.order_by("application", "pk"))
    for token in ended:
        token.delete()
    if ended:
        running.tell(tokens=[token.application for token in ended])


def find_token(text: str, *, now: datetime | None = None) -> ApiToken | None:
    """Return the live token of this text, else None. One look-up by digest, whatever the text.

    A token ends with its date, with its user, and with its user's password.
    """
    moment = now or timezone.now()
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=moment)
    token: ApiToken | None = (
        ApiToken.objects.select_related("user")
        .filter(live, digest=_digest(text), user__is_active=True)
        .first()
    )
    if token is None or token.password_stamp != _stamp(token.user):
        return None
    return token


def note_use(token: ApiToken, *, now: datetime | None = None) -> None:
    """Note that the token was used, at most once a minute; this is no event of the trail."""
    moment = now or timezone.now()
    if token.last_used_at is None or moment - token.last_used_at >= _NOTED_AT_MOST_EVERY:
        rows = ApiToken.objects.filter(pk=token.pk)
        tracking.unaudited(rows).update(last_used_at=moment)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _stamp(user: User) -> str:
    return fingerprint(user.password, purpose="token_password")


def _refuse_foreign(user: User) -> None:
    running = context.current()
    actor = running.person if running else None
    if actor is not None and actor.pk != user.pk and not getattr(actor, "is_superuser", False):
        raise NotPermittedError(_("You can make and revoke only your own tokens."))


def _administers_people(actor: AbstractBaseUser | None) -> bool:
    return isinstance(actor, User) and actor.has_perm("auth.change_user")


def scopes_open_to(user: User) -> list[str]:
    """Return the scopes that a token of this person may name."""
    closed = set() if user.is_staff else set(_STAFF_SCOPES)
    closed |= {scope for scope, right in RIGHT_OF_SCOPE.items() if not user.has_perm(right)}
    return [scope for scope in Scope.values if scope not in closed]


def _refuse_wider(user: User, scopes: Sequence[str]) -> None:
    if not user.is_staff and _STAFF_SCOPES & set(scopes):
        raise NotPermittedError(
            _("This user is no staff member: the scopes of the administration API are not for him.")
        )
    for scope, right in RIGHT_OF_SCOPE.items():
        if scope in scopes and not user.has_perm(right):
            raise NotPermittedError(_("This user lacks the right that %s needs.") % scope)
