from __future__ import annotations

from typing import Any

import pytest

from registry.choices import Stage
from registry.dialects.base import Target
from tests.factories import API_KEY
from tests.registry.dialects.answers import (
    CHAT,
    EMBEDDING,
    RESPONSES,
    answer,
    body_of,
    dialect,
    outcome,
    probe,
    target,
)

AZURE = dialect("azure")
V1 = "https://acme.openai.azure.com/openai/v1"


def refused(code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


def v1(mode: str = CHAT, **values: Any) -> Target:
    return target("azure", mode, address=V1, **values)


def test_the_key_goes_into_azures_own_header() -> None:
    (check,) = AZURE.checks(target("azure"))

    assert check.call.credential is not None
    assert check.call.credential.header == "api-key"
    assert check.call.credential.prefix + check.call.credential.secret.reveal() == API_KEY


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://acme.openai.azure.com", "/openai/models?api-version=2024-10-21"),
        ("https://acme.openai.azure.com/openai", "/openai/models?api-version=2024-10-21"),
        (V1, "/openai/v1/models"),
    ],
)
def test_the_list_of_base_models_proves_resource_and_key_only(address: str, url: str) -> None:
    (check,) = AZURE.checks(target("azure", address=address))

    assert check.call.url == f"https://acme.openai.azure.com{url}"
    assert check.proves == (Stage.REACH, Stage.AUTH)
    assert check.optional is True  # proxies lack it


@pytest.mark.parametrize(("mode", "path"), [(CHAT, "chat/completions"), (EMBEDDING, "embeddings")])
def test_the_classic_form_names_the_deployment_in_the_path(mode: str, path: str) -> None:
    check = probe("azure", mode, model_id="my deployment/1")

    assert check.call.url == (
        "https://acme.openai.azure.com/openai/deployments/my%20deployment%2F1/"
        f"{path}?api-version=2024-10-21"
    )
    assert "model" not in body_of(check)


@pytest.mark.parametrize(
    ("mode", "path"),
    [(CHAT, "chat/completions"), (EMBEDDING, "embeddings"), (RESPONSES, "responses")],
)
def test_the_newer_form_names_the_deployment_as_the_model(mode: str, path: str) -> None:
    check = AZURE.probe(v1(mode))

    assert check is not None
    assert check.call.url == f"{V1}/{path}"
    assert body_of(check)["model"] == "acme-1"


def test_responses_exist_in_the_newer_form_only() -> None:
    classic = target("azure", RESPONSES)

    assert AZURE.cannot_test(classic) == "mode"
    assert AZURE.probe(classic) is None
    assert AZURE.cannot_test(v1(RESPONSES)) == ""


NO_DEPLOYMENT = refused(
    "DeploymentNotFound",
    "The API deployment for this resource does not exist. If you created the deployment within "
    "the last 5 minutes, please wait a moment and try again.",
)


@pytest.mark.parametrize(
    ("status", "body", "code", "detail"),
    [
        (404, NO_DEPLOYMENT, "deployment_missing", ""),
        (404, refused("404", "Resource not found"), "bad_shape", "path"),
        (401, refused("401", "Access denied due to invalid subscription key"), "bad_key", ""),
        (403, refused("403", "Access denied due to Virtual Network rules."), "forbidden", ""),
        (
            400,
            refused("OperationNotSupported", "The embeddings operation does not work with"),
            "wrong_operation",
            "",
        ),
        (400, refused("content_filter", "The response was filtered", status=400), "ok", ""),
        (
            400,
            refused("BadRequest", "Filtered", innererror={"code": "ResponsibleAIPolicyViolation"}),
            "ok",
            "",
        ),
        (429, refused("429", "Requests have exceeded call rate limit"), "rate_limited", ""),
        (429, refused("RateLimitReached", "Too many"), "rate_limited", ""),
        (429, refused("insufficient_quota", "Quota"), "no_credit", ""),
        (500, refused("InternalServerError", "Oops"), "server_error", "HTTP 500"),
        (503, refused("ServiceUnavailable", "Busy"), "overloaded", ""),
        (408, refused("Timeout", "The operation was timeout."), "timeout", ""),
        (400, refused("BadRequest", "Model o1 needs a later api-version"), "bad_parameter", ""),
    ],
)
def test_refusals_are_told_apart(status: int, body: object, code: str, detail: str) -> None:
    assert outcome(probe("azure").read(answer(body, status))) == (code, detail)


def test_what_a_filter_took_offence_at_reached_the_model() -> None:
    verdict = probe("azure").read(answer(refused("content_filter", "Filtered"), 400))

    assert verdict.note == "content_filter"


def test_a_missing_list_is_no_missing_model() -> None:
    (check,) = AZURE.checks(target("azure"))

    verdict = check.read(answer({"detail": "Not Found"}, 404))

    assert outcome(verdict) == ("bad_shape", "path")


def test_a_vector_of_a_deployment_is_measured() -> None:
    verdict = probe("azure", EMBEDDING).read(answer({"data": [{"embedding": [1, 2]}]}))

    assert (outcome(verdict), verdict.dimensions) == (("ok", ""), 2)


def test_the_list_names_base_models() -> None:
    rows = [{"id": "gpt-4o", "status": "succeeded", "lifecycle_status": "generally-available"}]

    found = AZURE.read_list(target("azure"), answer({"data": rows, "object": "list"}))

    assert [model.id for model in found.models] == ["gpt-4o"]
