from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config import errors

HANDLERS = {400: errors.bad_request, 403: errors.forbidden, 404: errors.not_found}


def handled(status: int, path: str) -> HttpResponse:
    return HANDLERS[status](RequestFactory().get(path), ValueError("<script>secret</script>"))


@pytest.mark.parametrize("path", ["/api/v1/x", "/v1/models/x", "/formats/x", "/readyz"])
@pytest.mark.parametrize(
    ("status", "code"), [(400, "bad_request"), (403, "forbidden"), (404, "not_found")]
)
def test_programs_get_our_error_shape(path: str, status: int, code: str) -> None:
    response = handled(status, path)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert f'"code": "{code}"' in response.content.decode()
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("status", [400, 403, 404])
def test_people_get_a_plain_page(status: int) -> None:
    response = handled(status, "/admin/x")
    text = response.content.decode()

    assert response.status_code == status
    assert f"<h1>{status}</h1>" in text
    assert "secret" not in text


def test_our_own_failure_names_the_request_id() -> None:
    response = errors.server_error(RequestFactory().get("/api/v1/x"))

    assert response.status_code == 500
    assert "X-Request-ID" in response.content.decode()


def test_an_unknown_address_is_404_in_our_shape(client: Client) -> None:
    response = client.get("/api/nowhere")

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_another_host_name_is_refused(client: Client) -> None:
    response = client.get("/api/nowhere", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"


def test_a_form_without_its_token_is_refused() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a"})

    assert response.status_code == 403
    assert "<h1>403</h1>" in response.content.decode()


def test_the_root_leads_to_the_admin(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/admin/"
    assert client.get("/admin").headers["Location"] == "/admin/"
