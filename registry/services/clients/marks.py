"""What a client reports of one of its models: over quota for a while, or suspended.

Marks stand only on what is registered. Quota marks are measured: no event tells them.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.operations import operation
from registry.fields import LabelField
from registry.models import ClientModel
from registry.models.client import LONGEST_REASON
from registry.services.clients.states import as_id, is_quota
from registry.services.clock import database_now
from registry.services.revision import availability_write

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from registry.models import LLMModel
    from registry.models.client import ClientModelQuerySet

logger = logging.getLogger(__name__)

LONGEST_WINDOW = 31 * 86_400  # seconds: a quota by the month

_REASON = LabelField(max_length=LONGEST_REASON, blank=True)
_NO_MARK = {"quota_marked_at": None, "quota_until": None}


def mark_quota(
    client_id: str,
    model_id: str,
    *,
    retry_after: int | None = None,
    now: datetime | None = None,
) -> bool:
    """Block the client's model for `retry_after` seconds, or REGISTRY_QUOTA_SECONDS; it then
    ends by itself. Marking again restarts the window. False: it is not registered.

    Raises ValidationError on `retry_after`.
    """
    window = settings.REGISTRY_QUOTA_SECONDS if retry_after is None else retry_after
    if not 0 <= window <= LONGEST_WINDOW:
        text = _("Enter a number of seconds from 0 to %(most)s.")
        raise ValidationError({"retry_after": [text % {"most": f"{LONGEST_WINDOW:,}"}]})
    pk = held(client_id, model_id).values_list("pk", flat=True).first()
    if pk is None:  # asked before the lock: a stranger keeps nobody waiting and moves no list
        return False
    moment = database_now(now)
    until = moment + timedelta(seconds=window)
    with availability_write():
        rows = ClientModel.objects.filter(pk=pk)
        done = rows.update(quota_marked_at=moment, quota_until=until)
    logger.info("client %s is over its quota of %s until %s", client_id, model_id, until)
    return bool(done)


def clear_quota(client_id: str, model_id: str, *, now: datetime | None = None) -> bool:
    """End a running quota mark; a suspension stays. False: there is none."""
    done = _clear(held(client_id, model_id), now)
    if done:
        logger.info("client %s has quota of %s again", client_id, model_id)
    return bool(done)


def clear_ended(now: datetime | None = None) -> int:
    """Forget the quota marks that have ended; return how many.

    No answer is another without them, so no list is prepared anew.
    """
    ended = ClientModel.objects.filter(quota_until__lte=database_now(now))
    return ended.update(**_NO_MARK)


def clear_after_test(llm: LLMModel, *, now: datetime | None = None) -> int:
    """End the quota marks that a passed test of this model speaks against; return how many.

    Those of its very id, at clients of its provider or of none that they name. What a user
    tries with a key of his own says nothing of the organisation's clients.
    """
    if not settings.REGISTRY_TEST_CLEARS_QUOTA or llm.owner_id is not None:
        return 0
    rows = ClientModel.objects.filter(model_id=llm.model_id)
    done = _clear(rows.filter(client__provider__in=("", llm.provider.slug)), now)
    if done:
        logger.info("a test of %s passed: %d quota marks have ended", llm.model_id, done)
    return done


def suspend(
    client_id: str, model_id: str, reason: str = "", *, now: datetime | None = None
) -> bool:
    """Block the client's model until it is resumed; for the reason "quota" it stays listed.

    Another reason replaces "quota"; else the first one stays. False: that, or it is not
    registered. Raises ValidationError on `reason`.
    """
    try:
        text = str(_REASON.clean(reason, None))
    except ValidationError as error:
        raise ValidationError({"reason": error.messages}) from None

    def is_news(row: ClientModel) -> bool:
        is_harder = is_quota(row.suspended_reason) and not is_quota(text)
        return row.suspended_at is None or is_harder

    return _change("client_suspended", held(client_id, model_id), is_news, text, now=now)


def resume(client_id: str, model_id: str, *, now: datetime | None = None) -> bool:
    """End a suspension; a quota mark stays. False: there is none."""

    def is_suspended(row: ClientModel) -> bool:
        return row.suspended_at is not None

    return _change("client_resumed", held(client_id, model_id), is_suspended, None, now=now)


def held(client_id: str, model_id: str) -> ClientModelQuerySet:
    """Return the one row of what this client holds of this model, or none."""
    return ClientModel.objects.of(as_id(client_id), as_id(model_id))


def _clear(rows: ClientModelQuerySet, now: datetime | None) -> int:
    """End the running marks among `rows`; where none runs, nobody is kept waiting."""
    running = rows.filter(quota_until__gt=database_now(now))
    if not running.exists():
        return 0
    with availability_write():
        return running.update(**_NO_MARK)


def _change(
    event: str,
    rows: ClientModelQuerySet,
    is_news: Callable[[ClientModel], bool],
    reason: str | None,
    *,
    now: datetime | None,
) -> bool:
    """Suspend the one row there is, or resume it (`reason` None), and tell it, if it `is_news`.

    That is asked before the lock, too: a report made twice moves no list.
    """
    rows = rows.select_related("client")
    found = rows.first()
    if found is None or not is_news(found):
        return False
    with availability_write():
        row = rows.first()
        if row is None or not is_news(row):
            return False
        why = row.suspended_reason if reason is None else reason
        moment = database_now(now)
        with operation(event, row.client, always=True, model=row.model_id, reason=why):
            ClientModel.objects.filter(pk=row.pk).update(
                suspended_at=None if reason is None else moment,
                suspended_reason=reason or "",
                changed_at=moment,
            )
    return True
