"""A passed connection test ends the quota marks that it speaks against."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_django import Settings
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from registry.choices import HolderState, ProbeCode
from registry.models import ClientModel, LLMModel
from registry.services import clients
from registry.services.clients import states
from tests.factories import end_test, make_client, make_llm, make_provider, make_test, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def llm() -> LLMModel:
    """A model whose id four clients are over quota of; the last one has another model."""
    for client_id, provider in (("own", "acme"), ("mute", ""), ("foreign", "other")):
        make_client(client_id, "m", provider=provider)
        clients.mark_quota(client_id, "m")
    make_client("else", "M", provider="acme")
    clients.mark_quota("else", "M")
    return make_llm(provider=make_provider("acme"), model_id="m")


def marked() -> set[str]:
    rows = ClientModel.objects.filter(quota_until__isnull=False)
    return set(rows.values_list("client__client_id", flat=True))


def test_a_passed_test_ends_the_marks_of_the_same_id_and_provider(
    llm: LLMModel, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    test = make_test(llm, inference=True)

    with django_capture_on_commit_callbacks(execute=True):
        end_test(test, ProbeCode.OK)

    assert marked() == {"foreign", "else"}
    assert clients.clear_after_test(llm) == 0


@pytest.mark.parametrize(
    ("inference", "code"), [(False, ProbeCode.OK), (True, ProbeCode.RATE_LIMITED)]
)
def test_a_test_without_a_passed_inference_ends_no_mark(
    llm: LLMModel,
    inference: bool,
    code: ProbeCode,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    test = make_test(llm, inference=inference)

    with django_capture_on_commit_callbacks(execute=True):
        end_test(test, code, stage="inference")

    assert marked() == {"own", "mute", "foreign", "else"}


@pytest.mark.django_db(transaction=True)
def test_the_marks_end_once_the_result_is_stored(llm: LLMModel) -> None:
    test = end_test(make_test(llm, inference=True), ProbeCode.OK)

    assert test.success
    assert marked() == {"foreign", "else"}


def test_the_installation_may_keep_marks_through_tests(llm: LLMModel, settings: Settings) -> None:
    settings.REGISTRY_TEST_CLEARS_QUOTA = False

    assert clients.clear_after_test(llm) == 0
    assert marked() == {"own", "mute", "foreign", "else"}


def test_a_users_own_model_says_nothing_of_the_organisations_clients(llm: LLMModel) -> None:
    own = make_llm(provider=llm.provider, model_id="m", owner=make_user())

    assert clients.clear_after_test(own) == 0
    assert marked() == {"own", "mute", "foreign", "else"}


def test_a_suspension_stays_through_a_passed_test(llm: LLMModel) -> None:
    clients.suspend("own", "m", "quota")

    assert clients.clear_after_test(llm) == 2
    assert states.state_of(ClientModel.objects.of("own", "m").get(), NOON) == HolderState.COOLING
