"""The addresses under /my/."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from registry.choices import ConnectionKind
from roles.pages import connections, entering, host_models, llms, overview, slots, tokens


class SectionConverter:
    """The two lists of connections."""

    regex = "hosts|accounts"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SectionConverter, "section")

_HOST = {"section": "hosts", "kind": ConnectionKind.HOST.value}
_ACCOUNT = {"section": "accounts", "kind": ConnectionKind.ACCOUNT.value}
_LOGIN = {"section": "accounts", "kind": ConnectionKind.CLI.value}

app_name = "my"
urlpatterns: list[URLPattern] = [
    path("", overview.overview, name="overview"),
    path("login/", entering.enter, name="login"),
    path("logout/", entering.leave, name="logout"),
    path("password/", entering.password, name="password"),
    path("hosts/", connections.listed, {"section": "hosts"}, name="hosts"),
    path("hosts/add/", connections.add, _HOST, name="add-host"),
    path("accounts/", connections.listed, {"section": "accounts"}, name="accounts"),
    path("accounts/add/", connections.add, _ACCOUNT, name="add-account"),
    path("accounts/add-login/", connections.add, _LOGIN, name="add-login"),
    path("<section:section>/<uuid:pk>/", connections.change, name="connection"),
    path("<section:section>/<uuid:pk>/models/", host_models.pick, name="host-models"),
    path("<section:section>/<uuid:pk>/test/", connections.test, name="test-connection"),
    path("<section:section>/<uuid:pk>/remove/", connections.remove, name="remove-connection"),
    path("models/", llms.listed, name="models"),
    path("models/add-of-host/", llms.add_local, name="add-local"),
    path("models/add-of-provider/", llms.add_cloud, name="add-cloud"),
    path("models/<uuid:pk>/", llms.change, name="model"),
    path("models/<uuid:pk>/test/", llms.test, name="test-model"),
    path("models/<uuid:pk>/status/", llms.status, name="model-status"),
    path("models/<uuid:pk>/remove/", llms.remove, name="remove-model"),
    path("roles/", slots.listed, name="roles"),
    path("roles/choices.json", slots.targets, name="targets"),
    path("roles/<str:name>/", slots.role, name="role"),
    path("tokens/", tokens.listed, name="tokens"),
    path("tokens/add/", tokens.add, name="add-token"),
    path("tokens/<uuid:pk>/revoke/", tokens.revoke, name="revoke-token"),
]
