"""S2: no error shows a key, wherever it strikes and whoever reads of it."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.utils.log import AdminEmailHandler
from pytest_django import Settings

from config.logs import LineFormatter
from registry import tasks
from registry.fields import Binding, SealedSecret, seal
from registry.services.connection_tests import request_test
from registry.types import ConnectionChange, LLMChange, Secret
from tests.factories import make_connection, make_llm, make_provider, make_user
from tests.invariants.canaries import Search, make_canary
from tests.registry.admin.visitor import Visitor
from tests.registry.api.client import with_token

CANARY = make_canary()
BINDING = Binding("1", "", "https://api.example.com:443")
# Every way in which a value ends up in a text by accident.
WAYS: dict[str, Callable[[Any], object]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": lambda secret: f"{secret:>50} {secret!r} {secret!s}",
    "percent": lambda secret: "%s %r %50s" % (secret, secret, secret),  # noqa: UP031
    "list": lambda secret: str([secret, {"key": secret}, (secret,)]),
    "dataclass": lambda secret: repr(LLMChange(api_key=secret)),
    "connection change": lambda secret: f"{ConnectionChange(api_key=secret)}",
    "dir": lambda secret: str(dir(secret)),
    "sealed": lambda secret: f"{seal(secret, BINDING)!r} {seal(secret, BINDING)}",
    "bytes in the seal": lambda secret: seal(secret, BINDING).token,
    "pickled seal": lambda secret: pickle.dumps(seal(secret, BINDING)),
}
# What must not work at all.
REFUSED: dict[str, Callable[[Any], object]] = {
    "pickle": pickle.dumps,
    "old pickle": lambda secret: pickle.dumps(secret, protocol=0),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle inside": lambda secret: pickle.dumps(LLMChange(api_key=secret)),
    "asdict": lambda secret: dataclasses.asdict(LLMChange(api_key=secret)),
    "json": json.dumps,
    "vars": vars,
    "hash": hash,
    "iterate": list,
    "join": "".join,
    "add": lambda secret: "key: " + secret,
    "length": len,
    "index": lambda secret: secret[0],
}
# After each of these a key has been in the hands of the code that ran before.
PLACES = (
    "registry.services.connections.fingerprint",
    "registry.services.connections.store",
    "registry.services.connections.origins.origin_of",
    "registry.services.connections.origins.is_blocked",
    "registry.models.connection.seal",
    "registry.models.connection.Connection.full_clean",
    "registry.models.connection.Connection.save",
    "registry.services.revision.changed_fields",
    "audit.events.write",
    "audit.operations._write",
)

PLACES_OF_UNSAVED = (
    "registry.services.connection_tests.unsaved_llms.check",
    "registry.services.connection_tests.unsaved_llms.as_settings",
    "registry.models.connection_test.seal",
    "registry.models.connection_test.ConnectionTest.save",
    "registry.api.connection_tests.ConnectionTestSerializer",
)
PLACES_OF_WORKER = (
    "registry.services.targets._target",
    "registry.services.probing.run",
    "registry.services.probing.http.send",
    "registry.outbound.http._headers",
    "registry.outbound.http.httpcore2.Request",
    "registry.outbound.http.httpcore2.ConnectionPool",
)


def broken(*args: Any, **kwargs: Any) -> None:
    """Fail with everything that is at hand, as libraries do."""
    raise RuntimeError(f"cannot handle {args!r} {kwargs!r}")


@pytest.mark.invariant("S2")
@pytest.mark.parametrize("way", WAYS)
def test_a_secret_shows_nothing_of_itself(way: str) -> None:
    assert Search([CANARY]).hits(_text(WAYS[way](Secret(CANARY)))) == []


def _text(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.mark.invariant("S2")
@pytest.mark.parametrize("way", REFUSED)
def test_a_secret_does_not_leave_in_another_shape(way: str) -> None:
    with pytest.raises((TypeError, AttributeError)) as refused:
        REFUSED[way](Secret(CANARY))

    assert Search([CANARY]).hits(str(refused.value)) == []


@pytest.mark.invariant("S2")
def test_a_traceback_with_locals_shows_nothing() -> None:
    def hold(secret: Secret) -> None:
        also = [secret]
        raise RuntimeError(f"cannot use {secret} of {also}")

    try:
        hold(Secret(CANARY))
    except RuntimeError:
        shown = traceback.TracebackException(*sys.exc_info(), capture_locals=True)

    text = "".join(shown.format())
    assert "also = " in text
    assert Search([CANARY]).hits(text) == []


def test_a_secret_is_equal_to_the_same_one_only() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("another")
    assert Secret(CANARY) != CANARY
    assert bool(Secret(CANARY))
    assert not Secret("")
    assert SealedSecret(b"x") != b"x"


Send = Callable[[str], list[Any]]


def by_api() -> Send:
    """Return a function that sends a key in a PATCH of a model and in a POST of a connection."""
    api = with_token(make_user(superuser=True))
    api.client.raise_request_exception = False
    llm = make_llm()
    row = {"provider": llm.provider.slug, "label": "Team"}
    return lambda key: [
        api.patch(f"/api/v1/admin/models/{llm.pk}", {"api_key": key}),
        api.post("/api/v1/admin/connections", row | {"api_key": key}),
    ]


def by_admin() -> Send:
    """Return a function that sends a key in the form of a stored connection."""
    visitor = Visitor()
    visitor.client.raise_request_exception = False
    page, row = "registry_connection_change", make_connection()
    return lambda key: [visitor.submit(page, row.pk, api_key=key)]


def by_unsaved_test() -> Send:
    """Return a function that tests a typed key before it is saved."""
    api = with_token(make_user(superuser=True))
    api.client.raise_request_exception = False
    row = {"type": "generation", "provider": make_provider().slug, "model_id": "m"}
    return lambda key: [api.post("/api/v1/admin/models/test", row | {"api_key": key})]


@pytest.mark.invariant("S2")
@pytest.mark.django_db
def test_an_error_while_a_typed_key_is_kept_for_its_test_shows_none(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    figure: Callable[..., None],
) -> None:
    send, canary, answers = by_unsaved_test(), make_canary(), []
    for place in PLACES_OF_UNSAVED:
        with monkeypatch.context() as patch:
            patch.setattr(place, broken)
            answers += send(canary)

    assert [answer.status_code for answer in answers] == [500] * len(PLACES_OF_UNSAVED)
    seen = [answer.content for answer in answers] + [_logged(caplog)]
    assert Search([canary]).hits(b"\n".join(seen)) == []
    figure(places=len(PLACES_OF_UNSAVED), errors=len(answers), hits=0)


@pytest.mark.invariant("S2")
@pytest.mark.django_db
def test_an_error_in_a_worker_that_holds_a_key_shows_none(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    figure: Callable[..., None],
) -> None:
    """Celery logs the text of what failed; here that holds the headers about to be sent."""
    canary, failed = make_canary(), 0
    for place in PLACES_OF_WORKER:
        test = request_test(make_llm(api_key=canary), inference=True).test
        with monkeypatch.context() as patch:
            patch.setattr(place, broken)
            failed += tasks.run_connection_test.apply(args=[str(test.job_id)]).failed()

    out, err = capfd.readouterr()
    logged = _logged(caplog)
    assert failed == len(PLACES_OF_WORKER)
    assert logged.count(b"raised unexpected: RuntimeError") == failed
    assert Search([canary]).hits(b"\n".join([logged, out.encode(), err.encode()])) == []
    figure(places=len(PLACES_OF_WORKER), errors=failed, hits=0)


def _logged(caplog: pytest.LogCaptureFixture) -> bytes:
    formatter = LineFormatter()
    return "\n".join(formatter.format(record) for record in caplog.records).encode()


@pytest.fixture
def mails(settings: Settings) -> Iterator[list[Any]]:
    """Let every error be mailed to the administrators, with its page."""
    settings.ADMINS = [("Ada", "ada@mail.example")]
    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    yield mail.outbox
    logger.removeHandler(handler)


@pytest.mark.invariant("S2")
@pytest.mark.parametrize("debug", [False, True], ids=["closed", "DEBUG"])
@pytest.mark.parametrize("edge", [by_api, by_admin], ids=["api", "admin"])
@pytest.mark.django_db
def test_an_error_after_each_place_that_holds_a_key_shows_none(
    *,
    edge: Callable[[], Send],
    debug: bool,
    settings: Settings,
    mails: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    figure: Callable[..., None],
) -> None:
    settings.DEBUG = debug
    send, canary = edge(), make_canary()
    places = PLACES[:: 3 if debug else 1]  # such a page takes half a second
    answers = []
    for place in places:
        with monkeypatch.context() as patch:
            patch.setattr(place, broken)
            answers += send(canary)

    seen = [answer.content for answer in answers]
    seen += [f"{letter.subject} {letter.message().as_string()}".encode() for letter in mails]
    seen += [text.encode() for text in capfd.readouterr()]
    failed = [answer.status_code for answer in answers].count(500)
    assert Search([canary]).hits(b"\n".join(seen)) == []
    assert failed >= len(places)
    assert len(mails) >= failed
    figure(places=len(places), errors=failed, mails=len(mails), hits=0)
