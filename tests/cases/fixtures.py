"""Builds the fixtures of a case with the services, and the people who act."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from audit import context
from audit.models import LogEntry
from registry.choices import Scope
from registry.models import KnowledgeBase, LLMModel, Provider, Revision
from registry.services import accounts, reference_data, tokens
from registry.services.knowledge_bases import save_knowledge_base
from registry.services.llms import save_llm
from registry.services.revision import THE_ROW
from registry.types import UNSET, LLMChange, Secret
from tests.cases import case_files, selection_catalogue
from tests.cases.replay import Template
from tests.provider import PROXY_KEY, FakeProvider

_ID = re.compile(r"\{(\w+)\}")
_VALUE = re.compile(r"\$(\w+)\.(\w+)")
_templates: dict[str, Template] = {}
_revisions = itertools.count(1_000, 1_000)
SELECTION = "selection.json"
# Who needs no login, or acts without being a person.
NOBODY = {"anonymous", "system", "worker"}


@dataclass
class World:
    """What is in the database: the fixtures by name, and those who act by role.

    `provider` is whoever answers the calls that tests of connections make.
    """

    fixtures: dict[str, dict[str, Any]]
    provider: FakeProvider = field(default_factory=FakeProvider)
    ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    bases: set[str] = field(default_factory=set)

    def build(self, *, models: bool, knowledge_bases: bool, catalogue: bool = False) -> None:
        """Fill the database with the services, or with the rows that they made for a former case.

        `catalogue` is that of the selection cases, in place of the fixtures. The trail of it is
        emptied, so that a case sees its own.
        """
        right = accounts.permission_of("llmmodel", "view").pk  # another one after a flush
        name = repr((models, knowledge_bases, catalogue, right, self.fixtures))
        template = _templates.get(name)
        if template is None:
            self._make(models=models and not catalogue, knowledge_bases=knowledge_bases)
            if catalogue:
                selection_catalogue.load(case_files.read(SELECTION))
            template = Template({"ids": self.ids, "tokens": self.tokens}, self.bases)
            template.take()
            _templates[name] = template
        else:
            template.put_back()
        self.ids, self.tokens = dict(template.names["ids"]), dict(template.names["tokens"])
        self.bases = set(template.bases)
        self.people = {user.username: user for user in User.objects.all()}
        # Tests are rolled back, revisions too; prepared answers of another case must not fit.
        Revision.objects.update_or_create(pk=THE_ROW, defaults={"number": next(_revisions)})
        empty_the_trail()

    def _make(self, *, models: bool, knowledge_bases: bool) -> None:
        reference_data.load()
        accounts.ensure_groups()
        self._invite("user", is_staff=False, scopes=[Scope.CATALOGUE_READ.value])
        self._invite("admin", is_staff=True, scopes=())
        for name, values in self.fixtures.items():
            if "embedding_model" in values:
                if models and knowledge_bases:
                    self._add_base(name, values)
            elif models:
                self._add_llm(name, values)

    def row(self, name: str) -> Any:
        """Return the fixture's row as the table has it now; None if it is gone."""
        table: Any = KnowledgeBase if name in self.bases else LLMModel
        key = table._meta.pk.to_python(self.ids[name])
        return table.objects.in_bulk([key]).get(key)

    def name_of(self, row_id: object) -> str:
        """Return the fixture's name of an id; the id itself for a row that is no fixture."""
        return {value: name for name, value in self.ids.items()}.get(str(row_id), str(row_id))

    def resolve(self, value: Any) -> Any:
        """Put ids, values of fixtures and the proxy's key in place of {E1}, $E1.x, $proxy_key."""
        if isinstance(value, dict):
            return {self.resolve(name): self.resolve(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.resolve(part) for part in value]
        if not isinstance(value, str):
            return value
        named = _VALUE.sub(lambda found: str(self._value(found[1], found[2])), value)
        named = named.replace("$proxy_key", PROXY_KEY)
        return _ID.sub(lambda found: self.ids[found[1]], named)

    def api(self, actor: str) -> Client:
        """Return a client of the API: with the actor's token, or with none."""
        token = self.tokens.get(actor)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._check(actor)
        return Client(headers=headers, raise_request_exception=False)

    def browser(self, actor: str) -> Client:
        """Return a browser in which the actor is logged in."""
        client = Client(raise_request_exception=False)
        self._check(actor)
        if actor in self.people:
            client.force_login(self.people[actor])
        return client

    def _check(self, actor: str) -> None:
        if actor not in self.people and actor not in NOBODY:
            raise AssertionError(f"unknown actor {actor!r}")

    def _value(self, name: str, column: str) -> Any:
        return self.ids[name] if column == "id" else self.fixtures[name][column]

    def _invite(self, role: str, *, is_staff: bool, scopes: Sequence[str]) -> None:
        """Add a person with a token of these scopes, without any of all that he may have."""
        user = User.objects.create_user(role, password=f"{role}-Password-1", is_staff=is_staff)
        if is_staff:
            user.groups.add(Group.objects.get(name="administrators"))
        allowed = scopes or tokens.scopes_open_to(user)
        self.tokens[role] = tokens.create_token(user, application="cases", scopes=allowed)[1]

    def _add_llm(self, name: str, values: dict[str, Any]) -> None:
        plain = {
            column: values[column]
            for column in ("type", "name", "model_id", "status", "is_default")
        }
        provider = Provider.objects.get(slug=values["provider"])
        llm = LLMModel(provider=provider, **plain, **values["config"])
        key = values.get("api_key")
        endpoint = values.get("api_endpoint", UNSET)
        change = LLMChange(api_key=Secret(key) if key else None, api_endpoint=endpoint)
        self.ids[name] = str(save_llm(llm, change).pk)

    def _add_base(self, name: str, values: dict[str, Any]) -> None:
        base = KnowledgeBase(
            name=values["name"],
            status=values["status"],
            embedding_model=self._llm(values["embedding_model"]),
            generation_model=self._llm(values["generation_model"]),
        )
        self.ids[name] = str(save_knowledge_base(base).pk)
        self.bases.add(name)

    def _llm(self, name: str | None) -> LLMModel | None:
        return LLMModel.objects.get(pk=self.ids[name]) if name else None


def provider_slugs() -> dict[str, str]:
    """Return the providers' slugs by the value that a form has for them."""
    return {str(pk): slug for pk, slug in Provider.objects.values_list("pk", "slug")}


def empty_the_trail() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {LogEntry._meta.db_table}")


def as_system() -> Any:
    """Return the context in which the given state of a case is made."""
    return context.use(source="system")
