"""One function for each method that a case may name."""

from __future__ import annotations

import io
import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.urls import reverse

from registry.models import KnowledgeBase, LLMModel
from tests.cases import admin_forms, paths
from tests.cases.run import Run, send
from tests.cases.work import work_off
from tests.stopwatch import stopwatch

Method = Callable[[Run], None]
BASES = "/api/v1/admin/knowledge-bases"
UNSAVED = "/api/v1/admin/models/test"
PARTIES = 2  # who act at once, in every such method
API_VERBS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


class FailedLaterError(Exception):
    """What goes wrong after the request, in the same transaction."""


def carry_out(run: Run) -> None:
    """Do what the case says. An unknown method fails by its name."""
    method = METHODS.get(run.case.method) or _by_pattern(run.case.method)
    assert method is not None, f"unknown method: {run.case.method}"
    with stopwatch() as watch:
        method(run)
        work_off(run)
    run.seconds = watch.seconds


def _by_pattern(text: str) -> Method | None:
    action = re.fullmatch(r"admin action '([\w ]+)' on (\w+(?:(?:, | and )\w+)*)", text)
    if action is None:
        return None
    names = re.split(r", | and ", action[2])
    return lambda run: admin_forms.bulk_action(run, action[1], names)


def plain(run: Run) -> None:
    """One verb: on the API, or on each page that the path speaks of."""
    if run.case.surface == "api":
        client = run.world.api(run.case.actor)
        for url in paths.urls(run.case.path, run.world):
            run.call(client, run.case.method, url, run.case.body)
        return
    browser = run.world.browser(run.case.actor)
    if run.case.method == "GET":
        for url in paths.urls(run.case.path, run.world):
            run.visit(browser, url)
    elif run.case.method == "POST":
        admin_forms.post(run, browser)
    else:
        raise AssertionError(f"unknown method of a page: {run.case.method}")


def twice(run: Run) -> None:
    client = run.world.api(run.case.actor)
    (url,) = paths.urls(run.case.path, run.world)
    for again in (url, url):
        run.call(client, "POST", again, run.case.body)


def twice_at_once(run: Run) -> None:
    (url,) = paths.urls(run.case.path, run.world)
    _at_once(run, "POST", [url, url])


def defaults_at_once(run: Run) -> None:
    rows = [run.world.ids[name] for name in ("E1", "E2")]
    _at_once(run, "PATCH", [run.case.path.replace("{..}", row) for row in rows])


def _at_once(run: Run, verb: str, urls: list[str]) -> None:
    """Send the requests from threads of their own that begin together."""
    barrier = threading.Barrier(parties=PARTIES)
    responses: list[Any] = []
    body = run.world.resolve(run.case.body)

    def call(url: str) -> None:
        client = run.world.api(run.case.actor)
        barrier.wait()
        try:
            responses.append(send(client, verb, url, body))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for response in responses:
        run.keep(response)


def delete_then_get(run: Run) -> None:
    client = run.world.api(run.case.actor)
    for url in paths.urls(run.case.path, run.world):
        run.call(client, "DELETE", url)
        run.call(client, "GET", url, is_main=False)


def post_then_look_everywhere(run: Run) -> None:
    """Create a model, then open every place that tells of it."""
    client, browser = run.world.api(run.case.actor), run.world.browser(run.case.actor)
    (url,) = paths.urls(run.case.path, run.world)
    run.call(client, "POST", url, run.case.body)
    row = run.world.ids["new"]
    for place in (url, f"{url}/{row}", f"{url}/{row}/history", "/api/v1/admin/audit"):
        run.call(client, "GET", place, is_main=False)
    for page in ("change", "history"):
        run.visit(browser, reverse(f"admin:registry_llmmodel_{page}", args=(row,)), is_main=False)
    run.visit(browser, reverse("admin:audit_logentry_changelist"), is_main=False)


def bases_on_wrong_models(run: Run) -> None:
    client = run.world.api(run.case.actor)
    for name, field, llm in (
        ("First", "embedding_model", "G1"),
        ("Second", "generation_model", "G3"),
    ):
        run.call(client, "POST", BASES, {"name": name, field: run.world.ids[llm]})


def base_without_models(run: Run) -> None:
    client = run.world.api(run.case.actor)
    answer = run.call(client, "POST", BASES, run.case.body or {"name": "New base"})
    run.world.bases.add("new")
    run.world.ids["new"] = str(KnowledgeBase.objects.get(slug=answer.json["slug"]).pk)


def failing_transaction(run: Run) -> None:
    """Create inside a transaction that something later rolls back."""
    client = run.world.api(run.case.actor)
    url, body = "/api/v1/admin/models", run.case.body or admin_forms.NEW_EMBEDDING
    try:
        with transaction.atomic():
            run.call(client, "POST", url, body)
            raise FailedLaterError
    except FailedLaterError as error:
        run.raised = error
    assert run.answer.statuses == [201], f"the create itself failed: {run.answer.text}"


def second_default(run: Run) -> None:
    """Insert a row by SQL that differs from E1's in everything but its type and being default."""
    llm = run.world.row("E1")
    llm.pk, llm.slug, llm.model_id, llm.connection = uuid.uuid4(), "second", "second", None
    table: Any = LLMModel
    columns = table._meta.concrete_fields
    names = ", ".join(connection.ops.quote_name(column.column) for column in columns)
    places = ", ".join("%s" for _column in columns)
    values = [
        column.get_db_prep_save(getattr(llm, column.attname), connection) for column in columns
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table._meta.db_table} ({names}) VALUES ({places})", values
            )
    except IntegrityError as error:
        run.raised = error


def every_verb(run: Run) -> None:
    """List, create, read, change and delete a row of each resource that the path names."""
    client = run.world.api(run.case.actor)
    for url in paths.siblings(run.case.path):
        body = run.case.body or NEW_ROWS[url.rpartition("/")[2]]
        row = "/".join((url, body[f"{url.rpartition('/')[2].removesuffix('s')}_id"]))
        steps = (
            ("GET", url, None),
            ("POST", url, body),
            ("GET", row, None),
            ("PATCH", row, {"description": "Changed"}),
            ("DELETE", row, None),
        )
        answers = [run.call(client, *step) for step in steps]
        run.rounds.append([answer.statuses[-1] for answer in answers])


def one_verb_each(run: Run) -> None:
    """The verbs of the method, each at its own address of the path."""
    client = run.world.api(run.case.actor)
    verbs = run.case.method.split(", ")
    for verb, url in zip(verbs, paths.siblings(run.case.path), strict=True):
        run.call(client, verb, url, (run.case.body or {}) if verb == "POST" else None)


def unsaved_values(run: Run) -> None:
    """Test settings that nobody has saved: the body, or those of a new embedding model."""
    client = run.world.api(run.case.actor)
    body = admin_forms.NEW_EMBEDDING if run.case.body is None else run.case.body
    run.call(client, "POST", UNSAVED, body)


def status_by_command(run: Run) -> None:
    """Set a status by the command; `--as` names a person, the system has no name."""
    body = run.case.body or {}
    llm = run.world.row(body.get("model", "G2"))
    person = ("--as", run.case.actor) if run.case.actor in run.world.people else ()
    output = io.StringIO()
    try:
        call_command("set_status", body.get("status", "inactive"), llm.slug, *person, stdout=output)
        run.exit_code = 0
    except CommandError as error:
        run.exit_code, run.raised = error.returncode, error
        output.write(str(error))
    run.printed = output.getvalue()


# A new row of each resource under /api/registry.
NEW_ROWS: dict[str, dict[str, Any]] = {
    "platforms": {"platform_id": "new-hub", "name": "New hub", "auth_type": "api_key"},
    "providers": {
        "provider_id": "new-maker",
        "name": "New maker",
        "direct_api_url": "https://api.new-maker.example/v1",
    },
    "models": {
        "model_id": "new-model",
        "provider_id": "openai",
        "name": "New model",
        "model_string": "new-model-2026",
        "api_key": "sk-new-0123456789abcdef",
    },
}
METHODS: dict[str, Method] = {
    **dict.fromkeys(API_VERBS, plain),
    "POST twice": twice,
    "POST twice at once": twice_at_once,
    "PATCH at once on E1 and E2": defaults_at_once,
    "DELETE then GET": delete_then_get,
    "POST then GET list, detail, change form, audit history": post_then_look_everywhere,
    "GET, POST, GET one, PATCH, DELETE": every_verb,
    "GET, GET, GET, POST": one_verb_each,
    "create a knowledge base with G1 as embedding model, then with G3 as generation model": (
        bases_on_wrong_models
    ),
    "create a knowledge base without models": base_without_models,
    "create inside a transaction that fails": failing_transaction,
    "direct insert of a second default embedding model": second_default,
    "save G2 in the admin with a new name": admin_forms.rename,
    "status change by a command": status_by_command,
    "test of unsaved values": unsaved_values,
}
