"""Whatever the slots name: the answer is the first candidate that was not skipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from registry.choices import Health, LLMStatus
from registry.models import LLMModel
from registry.services import clients
from registry.services.connections import remove_key
from roles.choices import Builtin, Slot, Source
from roles.models import RoleSlot
from roles.services.builtins import builtins
from roles.services.prepared import forget, prepared
from roles.services.resolution import Resolution, resolve
from tests.factories import make_llm
from tests.roles.factories import (
    hold,
    make_account,
    make_claude,
    make_gemini,
    make_host,
    make_local,
    make_person,
    measured,
    moved,
)

EXAMPLES = 400
DRAWN = examples(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
SLOTS = Slot.values
EVERY_REASON = {
    *(None, "inactive", "deprecated", "needs_key", "connection_gone"),
    *("not_visible", "not_local", "down", "cooling", "suspended", "unknown"),
}


@dataclass(frozen=True)
class Known:
    """A model, and what is said of it: always, and where only healthy ones count."""

    llm: LLMModel
    reason: str | None = None
    unhealthy: str | None = None
    local: bool = False

    def verdict(self, *, healthy_only: bool, local_only: bool) -> str | None:
        if self.reason is not None:
            return self.reason
        if local_only and not self.local:
            return "not_local"
        return self.unhealthy if healthy_only else None


def of_any_owner(owner: User | None) -> list[Known]:
    """One model of each kind that an owner, or the organisation, may have."""
    keyless = make_account(owner)
    remove_key(keyless)
    blocked = make_host(owner, api_url="http://127.0.0.1:3000")
    return [
        Known(make_claude(owner)),
        Known(make_claude(owner, status=LLMStatus.BETA)),
        Known(make_claude(owner, status=LLMStatus.INACTIVE), "inactive"),
        Known(make_local(owner, status=LLMStatus.DEPRECATED), "deprecated"),
        Known(make_gemini(owner)),
        Known(make_gemini(owner, make_account(owner))),
        Known(make_gemini(owner, keyless), "needs_key"),
        Known(make_gemini(owner, connection_ref="gone"), "connection_gone"),
        Known(make_local(owner), local=True),
        Known(make_local(owner, blocked), local=True),
        Known(make_local(owner, connection_ref="gone"), "connection_gone"),
        Known(measured(make_local(owner), Health.DOWN), None, "down", local=True),
        Known(measured(make_claude(owner), Health.DEGRADED)),
    ]


def of_clients() -> list[Known]:
    """Shared models that no client can serve now."""
    cooling, suspended = make_llm(), make_local(None, transport="")
    hold("c1", cooling.model_id, suspended.model_id)
    clients.mark_quota("c1", cooling.model_id, retry_after=86_400)
    clients.suspend("c1", suspended.model_id, "maintenance")
    return [
        Known(cooling, None, "cooling"),
        Known(suspended, None, "suspended", local=True),
    ]


def a_strangers() -> Known:
    """A model that slots name since it was not yet somebody else's."""
    llm = make_local(make_person())
    return Known(llm, "not_visible")


def a_lost_host(owner: User) -> Known:
    """A model whose host is somebody else's by now."""
    host = make_host(owner)
    llm = make_local(owner, host)
    moved(host, owner=make_person())
    return Known(llm, "connection_gone")


# For each slot of a user and of the organisation: nothing, a built-in, or the how-manieth model.
filling = st.lists(
    st.none() | st.sampled_from(list(Builtin)) | st.sampled_from(range(60)), min_size=5, max_size=5
)
questions = st.fixed_dictionaries(
    {
        "mine": filling,
        "ours": filling,
        "environment": st.sampled_from(["", "gemini_cli", "claude_cli", "nothing"]),
        "role": st.sampled_from(["chat", "research", "poet"]),
        "healthy_only": st.booleans(),
        "local_only": st.booleans(),
        "whole": st.booleans(),
    }
)


def fill_slots(owner: User | None, choices: list[Any], pool: list[Known], role: str) -> list[Any]:
    """Fill the slots behind the services' back; return what stands there, in order."""
    filled = []
    for slot, choice in zip(SLOTS, choices, strict=True):
        if choice is None:
            continue
        row = RoleSlot(owner=owner, role=role, slot=slot)
        what = choice if isinstance(choice, Builtin) else pool[choice % len(pool)]
        if isinstance(what, Builtin):
            row.builtin = what.value
        else:
            row.llm = what.llm
        row.save()
        filled.append(what)
    return filled


def expected_reason(what: Known | Builtin, asked: dict[str, bool]) -> str | None:
    if isinstance(what, Builtin):
        return "not_local" if asked["local_only"] else None
    return what.verdict(**asked)


@pytest.mark.django_db
def test_the_answer_is_the_first_that_was_not_skipped(
    settings: Settings, figure: Callable[..., None]
) -> None:
    user = make_person()
    shared = [*of_any_owner(None), *of_clients()]
    stranger = a_strangers()
    own = [*of_any_owner(user), a_lost_host(user), stranger, *shared]
    ours = [*shared, stranger]
    seen: set[str | None] = set()
    counts = {"resolutions": 0}

    @DRAWN
    @given(questions)
    def holds(question: dict[str, Any]) -> None:
        role, whole = question["role"], question["whole"]
        asked = {name: question[name] for name in ("healthy_only", "local_only")}
        settings.ROLE_DEFAULTS = {role: question["environment"]}
        forget()
        with transaction.atomic():
            standing = fill_slots(user, question["mine"], own, role)
            standing += fill_slots(None, question["ours"], ours, role)
            found = resolve(user, role, whole=whole, **asked)
            told = prepared(user, role, whole=whole, **asked)
            transaction.set_rollback(True)
        counts["resolutions"] += 1
        skipped = [one.skipped and one.skipped.value for one in found.trace]
        seen.update(skipped)

        check_first(found, whole=whole, may_be_none=asked["local_only"])
        reasons = up_to_the_answer([expected_reason(what, asked) for what in standing], whole)
        assert skipped[: len(reasons)] == reasons
        if not asked["local_only"]:
            check_endings(found.trace[len(reasons) :], question, needed=None not in reasons)
        assert (told.llm_id is None) == (found.chosen is None or found.chosen.is_builtin)

    holds()

    figure(**counts)
    assert seen >= EVERY_REASON


def up_to_the_answer(reasons: list[str | None], whole: bool) -> list[str | None]:
    if whole or None not in reasons:
        return reasons
    return reasons[: reasons.index(None) + 1]


def check_first(found: Resolution, *, whole: bool, may_be_none: bool) -> None:
    answers = [one for one in found.trace if one.skipped is None]
    first = answers[0] if answers else None
    assert found.chosen == (first.configuration if first else None)
    assert (found.source, found.slot) == ((first.source, first.slot) if first else (None, ""))
    assert whole or len(answers) <= 1
    assert first is not None or may_be_none
    assert whole or first is None or found.trace[-1] is first


def check_endings(rest: Any, question: dict[str, Any], *, needed: bool) -> None:
    """What follows the slots: the environment, the last resort, and what is always there."""
    if not needed and not question["whole"]:
        assert not rest
        return
    sources = [one.source for one in rest]
    order = [Source.ENVIRONMENT, Source.LAST_RESORT, Source.ABSOLUTE]
    assert sources == [source for source in order if source in sources]
    assert (Source.ENVIRONMENT in sources) == bool(question["environment"])
    assert question["environment"] in builtins() or Source.LAST_RESORT in sources
