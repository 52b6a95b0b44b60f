"""Who asks is told in his own shape: lists, single models and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from registry.formats import FORMATS
from registry.models import Provider
from registry.services import model_lists
from tests.factories import make_client, make_llm, make_user
from tests.registry.api.client import Api, with_token

ANTHROPIC = {"anthropic_version": "2023-06-01"}
LISTS = ["/v1/models", "/v1beta/models", "/api/tags", "/formats/openrouter"]
# The keys of each client's refusal, from the outside in.
REFUSALS: dict[str, list[str]] = {
    "/v1/models": ["error", "code"],
    "/v1beta/models": ["error", "status"],
    "/api/tags": ["error"],
    "/formats/openrouter": ["error", "code"],
    "/formats/litellm": ["error", "type"],
}


@pytest.fixture
def reader(catalogue: None) -> Api:
    """An application of somebody who is no staff member."""
    return with_token(make_user("bob"))


def ids_of(answer: Any) -> list[str]:
    return [entry["id"] for entry in answer.json()["data"]]


def refusal_of(answer: Any, path: str) -> Any:
    found = answer.json()
    for key in REFUSALS[path]:
        found = found[key]
    return found


def test_one_address_has_four_shapes_by_who_asks(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai, model_id="acme/chat")

    plain = reader.get("/v1/models").json()
    anthropic = reader.get("/v1/models", **ANTHROPIC).json()
    codex = reader.get("/v1/models?client_version=1.0").json()
    google = reader.get("/v1/models", x_goog_api_client="google-genai-sdk/3").json()

    assert (plain["object"], plain["data"][0]["id"]) == ("list", "acme/chat")
    assert (anthropic["has_more"], anthropic["data"][0]["type"]) == (False, "model")
    assert codex["models"][0]["slug"] == "acme/chat"
    assert google["models"][0]["name"] == "models/acme/chat"


@pytest.mark.parametrize("mount", ["/formats", "/api/v1/formats"])
@pytest.mark.parametrize("name", [*FORMATS])
def test_every_format_is_at_both_mounts(
    reader: Api, openai: Provider, mount: str, name: str
) -> None:
    make_llm(provider=openai, model_id="acme/chat")

    listed = reader.get(f"{mount}/{name}")
    single = reader.get(f"{mount}/{name}/acme/chat")

    assert (listed.status_code, single.status_code) == (200, 200)
    assert b"acme/chat" in listed.content
    assert listed.headers["Content-Type"] == FORMATS.get(name).content_type


@pytest.mark.parametrize("path", ["/formats/nothing", "/api/v1/formats/nothing/acme/chat"])
def test_an_unknown_format_is_not_found(reader: Api, path: str) -> None:
    answer = reader.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/v1/models", "/v1beta/models", "/formats/openrouter"])
def test_ids_have_slashes_and_are_exact(reader: Api, openai: Provider, path: str) -> None:
    make_llm(provider=openai, model_id="acme/team/Chat:7b")

    assert reader.get(f"{path}/acme/team/Chat:7b").status_code == 200
    assert reader.get(f"{path}/acme%2Fteam%2FChat:7b").status_code == 200
    assert reader.get(f"{path}/acme/team/chat:7b").status_code == 404
    assert reader.get(f"{path}/acme/team").status_code == 404


@pytest.mark.parametrize("path", ["/v1/models", "/v1beta/models", "/formats/openrouter"])
def test_no_address_ends_in_a_slash_and_none_redirects(reader: Api, path: str) -> None:
    answer = reader.get(f"{path}/")

    assert answer.status_code == 404
    assert refusal_of(answer, path) in ("model_not_found", "NOT_FOUND", 404)


def test_show_answers_about_the_model_that_the_body_names(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai, model_id="acme/chat", context_window=32768)

    for body in ({"model": "acme/chat"}, {"name": "acme/chat"}, {"model": "acme/chat", "v": 1}):
        answer = reader.post("/api/show", body)
        assert (answer.status_code, "model_info" in answer.json()) == (200, True)


def test_for_ollama_latest_says_nothing(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai, model_id="host:81/plain")
    make_llm(provider=openai, model_id="tagged:latest")
    make_llm(provider=openai, model_id="other:7b")
    found = {"host:81/plain", "host:81/plain:latest", "tagged", "tagged:latest", "other:7b"}

    asked = found | {"other", "other:7b:latest", "other:latest", "host", "Tagged"}
    answered = {m for m in asked if reader.post("/api/show", {"model": m}).status_code == 200}

    assert answered == found | {"other:7b:latest"}


def test_show_reads_whatever_content_type_says(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai, model_id="plain")

    form = {"content_type": "application/x-www-form-urlencoded"}
    assert reader.post("/api/show", b'{"model": "plain"}', **form).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[1]", 400),
        (b"{}", 400),
        (b'{"model": null}', 400),
        (b'{"model": 5}', 400),
        (b'{"model": ""}', 400),
        (b'{"model": "a\\u0000b"}', 400),
        (b'{"model": "\xff"}', 400),
        (b'{"model": "nothing"}', 404),
        (b'{"model": "' + b"x" * 10_000 + b'"}', 404),
        (b"[" * 2_000, 400),
        (b'{"model": "' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
def test_a_body_that_names_no_model_is_refused_in_ollamas_shape(
    reader: Api, body: bytes, status: int
) -> None:
    answer = reader.post("/api/show", body)

    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)
    assert len(answer.content) < 1_000


def test_a_body_in_chunks_is_asked_for_with_its_length(reader: Api) -> None:
    answer = reader.client.generic(
        "POST", "/api/show", headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH=""
    )

    assert (answer.status_code, type(answer.json()["error"])) == (411, str)


def test_the_version_is_one_that_clients_compare(reader: Api) -> None:
    parts = reader.get("/api/version").json()["version"].split(".")

    assert [part.isdigit() for part in parts] == [True, True, True]


@pytest.mark.parametrize("path", REFUSALS)
def test_a_missing_login_is_told_in_the_clients_shape(catalogue: None, path: str) -> None:
    answer = Api().get(path)

    assert (answer.status_code, bool(refusal_of(answer, path))) == (401, True)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_each_client_knows_its_word_for_a_missing_model(reader: Api) -> None:
    openai = reader.get("/v1/models/no").json()["error"]
    anthropic = reader.get("/v1/models/no", **ANTHROPIC).json()
    gemini = reader.get("/v1beta/models/no").json()["error"]
    ollama = reader.post("/api/show", {"model": "no"}).json()

    assert openai["code"] == "model_not_found"
    assert (anthropic["type"], anthropic["error"]["type"]) == ("error", "not_found_error")
    assert (gemini["code"], gemini["status"]) == (404, "NOT_FOUND")
    assert ollama == {"error": "model 'no' not found"}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_lists_are_read_only(reader: Api, path: str, method: str) -> None:
    answer = reader.call(method, path, None if method == "TRACE" else {})

    assert (answer.status_code, bool(refusal_of(answer, path))) == (405, True)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_show_is_asked_by_post(reader: Api) -> None:
    answer = reader.get("/api/show")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize("path", [*LISTS, "/api/version", "/v1/models/acme/chat"])
def test_head_and_options_answer_without_a_body(reader: Api, openai: Provider, path: str) -> None:
    make_llm(provider=openai, model_id="acme/chat")

    head, options = reader.call("HEAD", path), reader.call("OPTIONS", path)

    assert (head.status_code, head.content) == (200, b"")
    assert (options.status_code, options.headers["Allow"]) == (200, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", REFUSALS)
def test_too_many_reads_are_429_in_the_clients_shape(reader: Api, settings: Any, path: str) -> None:
    settings.REGISTRY_READS_PER_MINUTE = 1

    first, second = reader.get(path), reader.get(path)

    assert (first.status_code, second.status_code) == (200, 429)
    assert (bool(refusal_of(second, path)), int(second.headers["Retry-After"]) > 0) == (True, True)


def test_asking_for_one_of_ollamas_is_a_read(reader: Api, settings: Any) -> None:
    settings.REGISTRY_READS_PER_MINUTE = 1
    settings.REGISTRY_WRITES_PER_MINUTE = 0

    statuses = [reader.post("/api/show", {"model": "no"}).status_code for _ in range(2)]

    assert statuses == [404, 429]


@pytest.mark.parametrize("path", REFUSALS)
def test_an_error_of_ours_is_told_in_the_clients_shape(
    reader: Api, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> Any:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(model_lists, "prepared", broken)

    answer = reader.get(path)

    assert (answer.status_code, bool(refusal_of(answer, path))) == (500, True)
    assert b"secret detail" not in answer.content
    assert "ZeroDivisionError" in caplog.text


def test_what_only_clients_offer_is_listed_and_told(reader: Api) -> None:
    make_client("c1", {"id": "only/theirs", "created": 5, "owned_by": "acme"})

    assert ids_of(reader.get("/v1/models")) == ["only/theirs"]
    assert reader.get("/v1/models/only/theirs").json()["owned_by"] == "acme"


def test_state_and_until_are_told_when_asked_for(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai, model_id="free")
    make_llm(provider=openai, model_id="held")
    make_client("c1", "held")

    plain = reader.get("/v1/models").json()["data"]
    told = {entry["id"]: entry for entry in reader.get("/v1/models?status=1").json()["data"]}
    one = reader.get("/v1/models/held?status=1").json()

    assert all("state" not in entry for entry in plain)
    assert (told["held"]["state"], told["held"]["until"]) == ("ready", None)
    assert (told["free"]["state"], told["free"]["until"]) == (None, None)
    assert one["state"] == "ready"
    assert reader.get("/v1/models?status=maybe").status_code == 400
