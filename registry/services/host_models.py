"""What a host says it serves, asked at this moment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from registry.choices import JobKind, ProbeCode
from registry.errors import ProviderRefusedError
from registry.models import ConnectionTest
from registry.outbound import http
from registry.outbound.calls import CallError
from registry.outbound.scrub import key_finder
from registry.services import job_queue, probing, targets, verdicts

if TYPE_CHECKING:
    from registry.dialects.base import ListedModel
    from registry.models import Connection
    from registry.services.targets import Aim

MOST_MODELS = 5_000
MOST_PAGES = 50


@dataclass(frozen=True)
class HostModels:
    """The models of a host by id; `is_cut` when it listed more than 5,000."""

    models: list[ListedModel]
    is_cut: bool


def models_of(connection: Connection) -> HostModels:
    """Return what the host lists, by id, within REGISTRY_HTTP_SECONDS; nothing is stored.

    Raises ProviderRefusedError, whose message says why and what to do, and HostBusyError.
    """
    try:
        aim = targets.of_connection(connection)
        host = targets.host_of_connection(connection)
        seconds = float(settings.REGISTRY_HTTP_SECONDS)
        with job_queue.in_person(JobKind.HOST_MODELS, host=host, seconds=seconds):
            return _read(aim, time.monotonic() + seconds)
    except (targets.NoTargetError, CallError) as error:
        raise ProviderRefusedError(_in_words(error), result=error.code) from None


def _in_words(error: targets.NoTargetError | CallError) -> str:
    stages = probing.refusal(error.code, error.detail).stages
    test = ConnectionTest(code=error.code, detail=error.detail, stages=stages)
    if isinstance(error, CallError):
        test.latency_ms = error.elapsed_ms
    return str(verdicts.words_of(test))


def _read(aim: Aim, deadline: float) -> HostModels:
    call = aim.dialect.list_call(aim.target)
    if call is None:
        raise CallError(ProbeCode.CANNOT_TEST, "no_list")
    has_key = key_finder(aim.target.key)
    found: dict[str, ListedModel] = {}
    for _page in range(MOST_PAGES):
        answer = http.send(call, seconds=max(0.1, deadline - time.monotonic()))
        page = aim.dialect.read_list(aim.target, answer)
        found |= {
            model.id: model
            for model in page.models
            if model.id and not has_key(f"{model.id} {model.name}")
        }
        if page.next is None or len(found) > MOST_MODELS:
            break
        call = page.next
    models = sorted(found.values(), key=lambda model: model.id)
    return HostModels(models[:MOST_MODELS], len(models) > MOST_MODELS or page.next is not None)
