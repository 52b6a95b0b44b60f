"""What a test of unsaved settings calls: a typed address gets the key typed beside it, or none."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from audit import context
from audit.choices import Source
from registry.choices import LLMType, Mode, ProbeCode
from registry.models import ConnectionTest, Job, LLMModel, Provider
from registry.services import connection_tests, targets, unsaved_llms
from registry.services.connections import delete_connection
from registry.services.targets import Aim, NoTargetError
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.raw_sql import by_sql

pytestmark = pytest.mark.django_db

ELSEWHERE = "https://evil.example/v1"


def why_not(aim: Any, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(NoTargetError) as refused:
        aim(*arguments)
    return refused.value.code, refused.value.detail


def unsaved(one: Provider, *, key: str = "", **parts: Any) -> ConnectionTest:
    llm = LLMModel(type=LLMType.GENERATION, provider=one, model_id="model-1")
    change = LLMChange(api_key=Secret(key) if key else None, **parts)
    return connection_tests.request_unsaved(llm, change, inference=False).test


def aim_of(test: ConnectionTest) -> Aim:
    row = ConnectionTest.objects.with_links().get(pk=test.pk)
    return targets.of_unsaved(unsaved_llms.from_settings(row.settings or {}), row)


def test_a_typed_key_goes_to_the_address_typed_beside_it() -> None:
    test = unsaved(make_provider(), key=API_KEY, api_endpoint="https://eu.one.example/v1/")

    target = aim_of(test).target

    assert (target.address, target.key) == ("https://eu.one.example/v1", Secret(API_KEY))
    assert (target.model_id, target.mode) == ("model-1", Mode.CHAT)
    assert test.job.host == "https://eu.one.example:443"


def test_a_typed_key_without_an_address_goes_to_the_providers() -> None:
    one = make_provider()

    assert aim_of(unsaved(one, key=API_KEY)).target.address == one.direct_api_url


def test_a_chosen_connection_is_called_at_its_own_address() -> None:
    connection = make_connection(api_url="https://eu.one.example/v1")

    target = aim_of(unsaved(connection.provider, connection=connection)).target

    assert (target.address, target.key) == ("https://eu.one.example/v1", Secret(API_KEY))


def test_a_typed_address_never_gets_a_stored_key() -> None:
    """Whatever is stored for the provider: without a typed key the call has none."""
    one = make_provider(auth_required=False)
    make_connection(one)
    make_llm(provider=one)

    target = aim_of(unsaved(one, api_endpoint=ELSEWHERE)).target

    assert (target.address, target.key) == (ELSEWHERE, None)


def test_a_connection_with_another_address_typed_beside_it_is_refused() -> None:
    connection = make_connection()

    with pytest.raises(ValidationError) as refused:
        unsaved(connection.provider, connection=connection, api_endpoint=ELSEWHERE)

    assert "connection" in refused.value.message_dict
    assert not ConnectionTest.objects.exists()


def test_settings_that_were_changed_past_the_services_get_no_key() -> None:
    one = make_provider()
    test = unsaved(one, key=API_KEY, api_endpoint="https://eu.one.example/v1")
    kept = dict(test.settings or {})
    ConnectionTest.objects.filter(pk=test.pk).update(settings=kept | {"api_endpoint": ELSEWHERE})

    assert why_not(aim_of, test) == (ProbeCode.NEEDS_KEY, "")
    ConnectionTest.objects.filter(pk=test.pk).update(origin="https://evil.example:443")
    assert why_not(aim_of, test) == (ProbeCode.CREDENTIAL_UNREADABLE, "")


def test_a_connection_named_in_changed_settings_gets_no_typed_address() -> None:
    connection = make_connection(api_url="https://eu.one.example/v1")
    test = unsaved(connection.provider, connection=connection)
    kept = dict(test.settings or {})
    ConnectionTest.objects.filter(pk=test.pk).update(settings=kept | {"api_endpoint": ELSEWHERE})

    assert aim_of(test).target.address == "https://eu.one.example/v1"


def test_a_typed_key_does_not_follow_a_provider_that_moves() -> None:
    one = make_provider()
    test = unsaved(one, key=API_KEY)
    by_sql(one, direct_api_url=ELSEWHERE)

    assert why_not(aim_of, test) == (ProbeCode.NEEDS_KEY, "")


def test_a_typed_key_is_bound_to_who_typed_it() -> None:
    with context.use(source=Source.ADMIN, actor=make_user("ada")):
        test = unsaved(make_provider(), key=API_KEY)
    assert aim_of(test).target.key == Secret(API_KEY)

    Job.objects.filter(pk=test.job_id).update(requested_by=make_user("eve"))

    assert why_not(aim_of, test) == (ProbeCode.CREDENTIAL_UNREADABLE, "")


def test_what_is_gone_when_the_test_begins_is_said() -> None:
    connection = make_connection()
    of_connection = unsaved(connection.provider, connection=connection)
    of_provider = unsaved(make_provider("gone"), key=API_KEY)
    delete_connection(connection)
    Provider.objects.filter(slug="gone").delete()

    for test in (of_connection, of_provider):
        assert why_not(aim_of, test) == (ProbeCode.CANNOT_TEST, "gone")


def test_a_private_address_that_was_typed_is_not_called() -> None:
    test = unsaved(make_provider(), key=API_KEY, api_endpoint="http://10.0.0.5:11434")

    assert why_not(aim_of, test) == (ProbeCode.ADDRESS_BLOCKED, "10.0.0.5:11434")
