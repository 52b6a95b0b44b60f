"""Every refusal has one shape, whatever refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import Model, ProtectedError, RestrictedError
from django.http import Http404
from rest_framework import exceptions

from config.api.errors import flat, handler
from registry.errors import InUseError, RegistryError, TooManyAttemptsError
from registry.models import LLMModel, Provider
from tests.factories import make_token, make_user
from tests.registry.api.client import Api


def answer_to(error: Exception) -> tuple[int, dict[str, Any], Any]:
    """Return status, error and headers of the answer."""
    response = handler(error, {})
    assert response is not None
    data: dict[str, Any] = response.data
    assert list(data) == ["error"]
    return response.status_code, data["error"], response.headers


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.AuthenticationFailed("No.", "invalid_token"), 401, "invalid_token"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.ValidationError({"name": ["No."]}), 400, "invalid"),
        (ModelValidationError({"name": "No."}), 400, "invalid"),
        (RegistryError(), 409, "refused"),
        (InUseError(), 409, "in_use"),
        (ProtectedError("", {LLMModel(name="A")}), 409, "in_use"),
        (RestrictedError("", {LLMModel(name="A")}), 409, "in_use"),
        (IntegrityError(), 409, "conflict"),
        (OperationalError(), 503, "database_unavailable"),
        (InterfaceError(), 503, "database_unavailable"),
    ],
)
def test_a_refusal_has_a_status_a_code_and_a_sentence(
    error: Exception, status: int, code: str
) -> None:
    found, shown, _headers = answer_to(error)

    assert (found, shown["code"]) == (status, code)
    assert shown["message"]


def test_an_error_of_ours_is_not_hidden() -> None:
    assert handler(ValueError("secret"), {}) is None


@pytest.mark.parametrize("error", [OperationalError("password=x"), InterfaceError()])
def test_a_database_that_is_away_is_a_reason_to_come_back(error: Exception) -> None:
    _status, shown, headers = answer_to(error)

    assert headers["Retry-After"] == "5"
    assert "password" not in str(shown)


def test_too_many_attempts_say_how_long_to_wait() -> None:
    status, shown, headers = answer_to(TooManyAttemptsError(17))

    assert (status, headers["Retry-After"], shown["retry_after"]) == (429, "17", 17)


def test_what_a_rule_tells_stands_beside_code_and_message() -> None:
    _status, shown, _headers = answer_to(InUseError(knowledge_bases=["Docs"], is_default=True))

    assert shown["knowledge_bases"] == ["Docs"]
    assert shown["is_default"] is True


def test_protecting_rows_are_named_but_not_without_end() -> None:
    rows: set[Model] = {LLMModel(name=f"M{number:03d}") for number in range(100)}

    _status, shown, _headers = answer_to(ProtectedError("", rows))

    assert shown["rows"] == [f"M{number:03d}" for number in range(20)]


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"name": ["No."]}, {"name": ["No."]}),
        ({"config": {"top_k": ["No."]}}, {"top_k": ["No."]}),
        ({"config": {"non_field_errors": ["No."]}}, {"config": ["No."]}),
        ({"config": ["No."]}, {"config": ["No."]}),
        ({"tags": {0: ["No."], 3: ["No.", "Nor this."]}}, {"tags": ["No.", "Nor this."]}),
        ({"capabilities": {"vision": ["No."]}}, {"capabilities": ["No."]}),
        (["No."], {"__all__": ["No."]}),
        ("No.", {"__all__": ["No."]}),
    ],
)
def test_nested_messages_stand_at_the_field_to_correct(
    detail: Any, expected: dict[str, list[str]]
) -> None:
    assert flat(detail) == expected


def test_what_belongs_to_no_field_is_the_message() -> None:
    for error in (ModelValidationError("Both."), exceptions.ValidationError("Both.")):
        _status, shown, _headers = answer_to(error)
        assert shown == {"code": "invalid", "message": "Both."}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["models", "models/x", "audit", "capabilities"])
def test_a_database_that_goes_away_answers_503_in_json(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _token, text = make_token(make_user(superuser=True), scopes=("admin:read",))

    def gone(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", gone)
    for address in (f"/api/v1/admin/{path}", "/api/v1/models/generation"):
        answer = Api(Authorization=f"Bearer {text}").get(address)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "database_unavailable"
        assert answer.headers["Retry-After"] == "5"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/admin/models/", "/api/v1", "/api"])
def test_an_address_that_is_not_there_answers_in_the_same_shape(path: str) -> None:
    answer = Api().get(path)

    assert answer.status_code == 404
    assert path == "/api" or answer.json()["error"]["code"] == "not_found"


@pytest.mark.django_db
def test_an_answer_can_only_be_json() -> None:
    _token, text = make_token(make_user(superuser=True), scopes=("admin:read",))
    caller = Api(Authorization=f"Bearer {text}")

    assert caller.get("/api/v1/admin/models", Accept="application/xml").status_code == 406
    assert caller.get("/api/v1/admin/models", Accept="text/html, */*").status_code == 200
    assert caller.get("/api/v1/admin/models?format=xml").status_code == 400
    assert Provider.objects.count() == 0
