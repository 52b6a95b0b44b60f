"""A3: each link of a chain is one that its owner may use when it is made.

model -> connection, slot -> model, organisation's slot -> own model, alias, replacement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.models import LLMModel
from registry.services.llms import save_llm
from registry.types import LLMChange
from roles.choices import Slot
from roles.models import RoleSlot
from roles.services import own_llms
from roles.services.resolution import resolve
from roles.services.slots import find_target, set_slot
from tests.factories import make_llm, make_user
from tests.invariants.isolation import (
    NO_ID,
    Owner,
    checksum,
    make_owner,
    names_of,
    with_api,
    with_session,
    with_token,
)
from tests.registry.api.client import Api
from tests.roles.factories import make_local, moved

pytestmark = [pytest.mark.django_db, pytest.mark.invariant("A3")]

MY = "/api/v1/my"
# Where a deprecated model may name what takes its place.
REPLACEMENTS = (
    *("/api/v1/models/shared", "/api/registry/models/shared", "/api/v1/models/shared/alternatives"),
    *("/api/v1/models/shared/fallbacks", "/api/v1/models?status=deprecated", "/formats/openrouter"),
    *("/api/v1/admin/models/shared", "/api/v1/admin/models/shared/dependents", "/v1/models"),
)
SLOT = "/api/v1/roles/chat/primary"


@pytest.fixture
def first(db: None) -> Owner:
    return make_owner("zanna")


@pytest.fixture
def second(first: Owner) -> Owner:
    return make_owner("bruno")


def test_a_model_takes_no_connection_of_somebody_elses(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    api, before, own = with_api(second), checksum(first), second.llms
    new = {"model_id": "n", "name": "N"}
    makers = {0: "local", 1: "google", 2: "anthropic"}
    tried = 0

    for number, connection in enumerate(first.connections):
        for name in names_of(connection):
            body = {"connection": name}
            made = api.post(f"{MY}/models", new | body | {"provider": makers[number]})
            answers = [made, api.patch(f"{MY}/models/{own[number].pk}", body)]
            answers.append(api.put(f"{MY}/models/{own[number].slug}", body))
            assert {answer.status_code for answer in answers} == {400}, name
            tried += len(answers)

    assert [llm.connection_id for llm in own_llms.own_models(second.user)[:3]] == [
        row.pk for row in second.connections
    ]
    assert own_llms.own_models(second.user).count() == len(own)
    assert checksum(first) == before
    figure(writes=tried, refused=tried)


def test_the_services_refuse_it_as_they_refuse_what_is_not_there(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    host, account, login = first.connections
    told: dict[str, list[str]] = {}
    for name, missing in ((host.slug, "no-host"), (str(host.pk), str(NO_ID))):
        for text in (name, missing):
            with pytest.raises(ValidationError) as refused:
                own_llms.save_local_model(second.user, None, host=text, model_name="n")
            told.setdefault("host", []).append(str(refused.value.message_dict))
    for word, row in (("account", account), ("credential", login)):
        provider = "google" if word == "account" else "anthropic"
        for text in (row.slug, str(row.pk), "no-such", str(NO_ID)):
            link: dict[str, Any] = {word: text, "provider": provider, "model_name": "n"}
            with pytest.raises(ValidationError) as refused:
                own_llms.save_cloud_model(second.user, None, **link)
            told.setdefault(word, []).append(str(refused.value.message_dict))
    for row in first.connections:
        llm = LLMModel.objects.get(pk=second.llms[0].pk)
        with pytest.raises(ValidationError):
            save_llm(llm, LLMChange(fields=frozenset(), connection=row))

    assert [len(set(texts)) for texts in told.values()] == [1, 1, 1]
    figure(writes=sum(map(len, told.values())) + 3, different=0)


def test_a_slot_takes_no_model_of_somebody_elses(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    api, before, tried = with_api(second), checksum(first), 0
    stands = RoleSlot.objects.get(owner=second.user, role="chat", slot="primary").llm_id

    for llm in first.llms:
        for name in names_of(llm):
            for slot in Slot.values:
                answer = api.put(f"/api/v1/roles/chat/{slot}", {"model": name})
                assert answer.status_code == 400, name
                tried += 1
            with pytest.raises(ValidationError):
                find_target(name, second.user)
        with pytest.raises(ValidationError):
            set_slot(second.user, "chat", "primary", llm)

    assert RoleSlot.objects.get(owner=second.user, role="chat", slot="primary").llm_id == stands
    assert checksum(first) == before
    figure(writes=tried, refused=tried)


def test_the_organisations_slot_takes_no_own_model(
    first: Owner, figure: Callable[..., None]
) -> None:
    """Not even of the superuser who fills it."""
    carla = make_user("carla", superuser=True)
    api = Api()
    api.client = with_session(carla)
    llms = [*first.llms, make_local(carla, slug="carlas")]

    for llm in llms:
        for name in (str(llm.pk), llm.slug):
            answer = api.put(f"{SLOT}?scope=organisation", {"model": name})
            assert answer.status_code == 400, name
        with pytest.raises(ValidationError):
            set_slot(None, "chat", "primary", llm)

    assert not RoleSlot.objects.filter(owner__isnull=True).exists()
    figure(models=len(llms), refused=3 * len(llms))


def test_an_alias_leads_to_nobody_elses_model(first: Owner, second: Owner) -> None:
    """Neither an alias of the other's nor one's own of the same name."""
    llm, mine = first.llms[0], second.llms[0]
    save_llm(llm, LLMChange(fields=frozenset(), aliases=["the-best"]))
    api = with_api(second)

    assert api.put(SLOT, {"model": "the-best"}).status_code == 400
    answer = api.patch(f"{MY}/models/{mine.pk}", {"aliases": ["the-best", llm.slug]})
    assert answer.status_code == 200
    for name in ("the-best", llm.slug, str(llm.pk)):
        assert api.put(SLOT, {"model": name}).status_code in (200, 400)
        assert (
            resolve(second.user, "chat").chosen == resolve(second.user, "chat", whole=True).chosen
        )
        chosen = resolve(second.user, "chat").chosen
        assert chosen is not None
        assert chosen.llm == mine


def test_a_replacement_is_nobodys_own_model(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    """Neither when it is named, nor where it is read once it has become somebody's own."""
    shared = make_llm(name="Shared", slug="shared", status="deprecated")
    heir, carla = first.llms[0], with_session(make_user("carla", superuser=True))
    api = Api()
    api.client = carla
    for name in names_of(heir):
        answer = api.patch("/api/v1/admin/models/shared", {"replacement": name})
        assert answer.status_code == 400, name
    moved(shared, replacement=heir)

    read, telling = 0, []
    for actor, client in {"second": with_token(second.token_text), "staff": carla}.items():
        for path in REPLACEMENTS:
            answer = client.get(path)
            assert answer.status_code in (200, 403, 404), path
            if first.seen_in(answer.content + repr(answer.headers).encode()):
                telling.append((actor, path))
            read += 1

    assert telling == []
    figure(writes=len(names_of(heir)), read=read, told=len(telling))


def test_a_shared_model_takes_no_own_connection(first: Owner) -> None:
    shared = make_llm(name="Shared")

    for row in first.connections:
        with pytest.raises(ValidationError):
            save_llm(shared, LLMChange(fields=frozenset(), connection=row))
