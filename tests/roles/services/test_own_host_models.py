from __future__ import annotations

import json

import pytest

from registry.choices import ConnectionKind, HostType, ProbeCode
from registry.errors import NotFoundError, ProviderRefusedError
from registry.outbound.calls import Call
from registry.types import Secret
from roles.services.host_models import models_of_host
from tests.factories import API_KEY, make_connection
from tests.outbound import answer, far_side
from tests.roles.factories import make_account, make_host, make_login, make_person

pytestmark = pytest.mark.django_db

LIST = {"data": [{"id": "b"}, {"id": "", "name": "c"}, {"name": "a"}, {"id": "b"}, {"id": ""}]}
TAGS = {"models": [{"name": "b:latest", "model": "b:latest"}, {"name": "a"}]}


@pytest.mark.parametrize(
    ("host", "url", "said", "ids"),
    [
        (("openwebui", "http://x.example/"), "http://x.example/api/models", LIST, ["a", "b", "c"]),
        (
            ("openwebui", "http://x.example/api"),
            "http://x.example/api/models",
            LIST,
            ["a", "b", "c"],
        ),
        (("openai", "http://x.example/v1/"), "http://x.example/v1/models", LIST, ["a", "b", "c"]),
        (("openai", "http://x.example"), "http://x.example/models", LIST, ["a", "b", "c"]),
        (("openai", "http://x.example/v1"), "http://x.example/v1/models", {"data": []}, []),
        (("ollama", "http://x.example"), "http://x.example/api/tags", TAGS, ["a", "b:latest"]),
    ],
)
def test_a_host_is_asked_by_its_kind_and_told_sorted(
    monkeypatch: pytest.MonkeyPatch,
    host: tuple[str, str],
    url: str,
    said: dict[str, object],
    ids: list[str],
) -> None:
    user = make_person()
    host_type, address = host
    row = make_host(user, api_url=address, host_type=host_type)
    far = far_side(monkeypatch, lambda call: answer(said))

    assert models_of_host(user, row.slug) == ids
    (call,) = far.calls
    assert (call.method, call.url) == ("GET", url)
    assert call.credential is not None
    assert call.credential.secret == Secret(API_KEY)


def test_a_host_without_a_key_is_asked_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_person()
    host = make_host(user, api_key="")
    far = far_side(monkeypatch, lambda call: answer(LIST))

    assert models_of_host(user, str(host.pk)) == ["a", "b", "c"]
    assert far.calls[0].credential is None


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, {"detail": "Not authenticated"}), (500, {}), (200, {"data": "none"}), (200, "text")],
)
def test_what_is_no_list_is_an_error_and_never_empty(
    monkeypatch: pytest.MonkeyPatch, status: int, said: object
) -> None:
    user = make_person()
    host = make_host(user)
    far_side(monkeypatch, lambda call: answer(json.dumps(said).encode(), status=status))

    with pytest.raises(ProviderRefusedError) as refused:
        models_of_host(user, host.slug)
    assert API_KEY not in str(refused.value)


def test_a_blocked_address_and_a_login_are_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_person()
    blocked, login = make_host(user, api_url="http://10.0.0.7:3000"), make_login(user)
    far = far_side(monkeypatch, lambda call: answer(LIST))

    for row, code in ((blocked, ProbeCode.ADDRESS_BLOCKED), (login, ProbeCode.CANNOT_TEST)):
        with pytest.raises(ProviderRefusedError) as refused:
            models_of_host(user, row.slug)
        assert refused.value.extra["result"] == code
    assert far.calls == []


def test_an_account_is_asked_as_its_provider_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_person()
    account = make_account(user)

    def google(call: Call) -> object:
        return answer({"models": [{"name": "models/gemini-2.5-pro"}]})

    far_side(monkeypatch, google)  # type: ignore[arg-type]

    assert models_of_host(user, account.slug) == ["gemini-2.5-pro"]


def test_nobody_asks_anybody_elses_host(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_person()
    foreign = make_host(make_person(), slug="theirs")
    shared = make_connection(
        foreign.provider,
        kind=ConnectionKind.HOST,
        host_type=HostType.OPENAI,
        api_url="http://y.example",
    )
    far = far_side(monkeypatch, lambda call: answer(LIST))

    for name in ("theirs", str(foreign.pk), str(shared.pk), "", "zz", "\0"):
        with pytest.raises(NotFoundError):
            models_of_host(user, name)
    assert far.calls == []
