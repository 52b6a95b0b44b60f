"""What happened when a case was carried out: every answer, error and figure."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.test import Client

from tests.cases import pages
from tests.cases.case_files import Case
from tests.cases.fixtures import World


@dataclass
class Answer:
    """One answer; `statuses` are those of its redirects and of itself."""

    statuses: list[int]
    text: str
    kind: str
    is_main: bool = True

    @cached_property
    def json(self) -> Any:
        return json.loads(self.text) if self.kind.startswith("application/json") else None

    @cached_property
    def page(self) -> pages.Node:
        return pages.parse(self.text if self.kind.startswith("text/html") else "")


@dataclass
class Run:
    """One case on its way; the methods fill it and the expectations read it.

    `before` are the tables as they were, `before_tests` without what tests of connections write.
    `queued` are the kinds of work that the case asked for, `results` what its tests found.
    """

    world: World
    case: Case
    outbound: list[object]
    answers: list[Answer] = field(default_factory=list)
    # The statuses of each round of requests, where a case has several of one form.
    rounds: list[list[int]] = field(default_factory=list)
    before: dict[str, Counter[Any]] = field(default_factory=dict)
    before_tests: dict[str, Counter[Any]] = field(default_factory=dict)
    queued: list[str] = field(default_factory=list)
    results: list[Answer] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    raised: BaseException | None = None
    exit_code: int | None = None
    printed: str = ""
    logged: str = ""
    seconds: float = 0.0

    @property
    def main(self) -> list[Answer]:
        """The answers that the case is about; others only look at what came of it."""
        found = []
        for answer in self.answers:
            if answer.is_main:
                found.append(answer)
        return found

    @property
    def answer(self) -> Answer:
        assert self.main, "the case was not answered"
        return self.main[0]

    @property
    def subject(self) -> str:
        """The fixture or row that the case is about: the one created, else the one named."""
        if self.created:
            return "new"
        for name in self.world.ids:
            if f"{{{name}}}" in self.case.path:
                return name
        for word in self.case.path.split():
            if word in self.world.ids:
                return word
        raise AssertionError(f"no model is named in {self.case.path!r}")

    def texts(self) -> list[str]:
        return [answer.text for answer in self.answers]

    def keep(self, response: Any, *, is_main: bool = True) -> Answer:
        """Keep an answer, and the id of a row that it created."""
        chain = [status for _url, status in getattr(response, "redirect_chain", ())]
        kind = response.headers.get("Content-Type", "")
        text = response.content.decode() if not response.streaming else ""
        answer = Answer([*chain, response.status_code], text, kind, is_main)
        self.answers.append(answer)
        if response.status_code == 201 and isinstance(answer.json, dict):
            self.created.append(str(answer.json["id"]))
            self.world.ids.setdefault("new", self.created[0])
        return answer

    def call(
        self, client: Client, method: str, url: str, body: Any = None, *, is_main: bool = True
    ) -> Answer:
        """Call the API as a program would."""
        return self.keep(send(client, method, url, self.world.resolve(body)), is_main=is_main)

    def look_up(self, client: Client, url: str) -> Answer:
        """Read what a test found; it is no answer to the case's request."""
        response = client.get(url)
        kind = response.headers.get("Content-Type", "")
        return Answer([response.status_code], response.content.decode(), kind, is_main=False)

    def visit(self, client: Client, url: str, *, is_main: bool = True) -> Answer:
        return self.keep(client.get(url, follow=True), is_main=is_main)

    def submit(self, client: Client, url: str, sent: dict[str, Any]) -> Answer:
        return self.keep(client.post(url, sent, follow=True))


def send(client: Client, method: str, url: str, body: Any) -> Any:
    data = "" if body is None else json.dumps(body)
    return client.generic(method, url, data, content_type="application/json")
