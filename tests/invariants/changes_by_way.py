"""The ways into the catalogue that all its tables have: what is done, and what it must leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from audit import context
from registry.models import Platform, Provider
from registry.services.connections import delete_connection, save_connection
from registry.services.deletion import delete_llm
from registry.services.knowledge_bases import delete_knowledge_base, save_knowledge_base
from registry.services.llms import save_llm
from registry.services.platforms import delete_platform, save_platform
from registry.services.providers import delete_provider, save_provider
from tests.factories import (
    make_connection,
    make_knowledge_base,
    make_llm,
    make_provider,
    make_user,
)
from tests.registry.admin.visitor import Visitor
from tests.registry.api.client import KEY, with_token

Act = Callable[[], Any]


class Stage:
    """Whoever makes the requests: one superuser, with a token and with a browser."""

    def __init__(self) -> None:
        self.boss = make_user("boss", superuser=True)
        self.api = with_token(self.boss)
        self.admin = Visitor(self.boss)

    def come_in(self) -> Stage:
        """Log in anew: the session of the last way was taken back with it."""
        self.admin.client.force_login(self.boss)
        return self


@dataclass(frozen=True)
class Way:
    """One request, command or call.

    The name begins with the edge and the address there: all that stands before a colon is the
    entry point. `prepare` makes the rows and returns what is to be done with them. `events` are
    the names that must be on the trail afterwards; None stands for one of each changed row.
    `told_with` are the tables of the rows that another row's event names instead of having one.
    """

    name: str
    prepare: Callable[[Stage], Act]
    events: tuple[str, ...] | None = ()
    told_with: tuple[str, ...] = ()
    status: int | None = None

    @property
    def entry_point(self) -> str:
        return self.name.partition(":")[0]

    @property
    def source(self) -> str:
        """Where the events must say that they came from; services are called as by a task."""
        edge = self.name.partition(" ")[0]
        return {"service": "task", "my": "admin"}.get(edge, edge)

    def run(self, act: Act) -> Any:
        """Do it; a service is called inside a context, all others bring their own."""
        if not self.name.startswith("service "):
            return act()
        with context.use(source="task"):
            return act()


@dataclass(frozen=True)
class Kind:
    """A table with all four verbs on each edge; `body` takes the name of a provider there."""

    noun: str
    page: str
    resource: str
    make: Callable[[Provider], Any]
    save: Callable[..., Any]
    delete: Callable[..., Any]
    body: Callable[[str], dict[str, Any]]
    column: str = "name"

    def row(self, **columns: Any) -> Any:
        """Return a stored row with `columns` set on it, unsaved."""
        row = self.make(make_provider())
        for name, value in columns.items():
            setattr(row, name, value)
        return row

    def address(self) -> str:
        row = self.row()
        name = row.pk if self.resource in ("models", "connections") else row.slug
        return f"/api/v1/admin/{self.resource}/{name}"


def _platform(provider: Provider) -> Platform:
    row = Platform(slug=f"at-{provider.slug}", name="Hub")
    return save_platform(row, providers=[provider])


KINDS = (
    Kind(
        *("provider", "provider", "providers", lambda _: make_provider(aliases=["other"])),
        *(save_provider, delete_provider),
        lambda _: {"slug": "new", "name": "New", "dialect": "openai", "aliases": ["newest"]},
    ),
    Kind(
        *("platform", "platform", "platforms", _platform, save_platform, delete_platform),
        lambda provider: {"slug": "new", "name": "New", "providers": [provider]},
    ),
    Kind(
        *("connection", "connection", "connections", make_connection),
        *(save_connection, delete_connection),
        lambda provider: {"provider": provider, "label": "New", "api_key": KEY},
        column="label",
    ),
    Kind(
        *("knowledge_base", "knowledgebase", "knowledge-bases", lambda _: make_knowledge_base()),
        *(save_knowledge_base, delete_knowledge_base, lambda _: {"name": "New"}),
    ),
    Kind(
        *("model", "llmmodel", "models", lambda provider: make_llm(provider=provider)),
        *(save_llm, delete_llm),
        lambda provider: {
            **{"provider": provider, "type": "generation", "name": "New", "model_id": "new"},
            **{"api_key": KEY, "aliases": ["newest"]},
        },
    ),
)


def ways_of_services(kind: Kind) -> Iterator[Way]:
    save, delete = f"service {kind.save.__name__}", f"service {kind.delete.__name__}"
    new = {kind.column: "Renamed"}
    yield Way(
        f"{save}: new", lambda _: partial(kind.make, make_provider()), (f"{kind.noun}_created",)
    )
    yield Way(
        f"{save}: change", lambda _: partial(kind.save, kind.row(**new)), (f"{kind.noun}_updated",)
    )
    yield Way(f"{save}: the same", lambda _: partial(kind.save, kind.row()))
    yield Way(delete, lambda _: partial(kind.delete, kind.row()), (f"{kind.noun}_deleted",))


def ways_of_api(kind: Kind) -> Iterator[Way]:
    rows, row = f"/api/v1/admin/{kind.resource}", f"{kind.resource}-detail"
    new = {kind.column: "Renamed"}

    def body() -> dict[str, Any]:
        return kind.body(make_provider().slug)

    def post_again(stage: Stage) -> Act:
        act = partial(stage.api.post, rows, body(), Idempotency_Key=f"a {kind.noun}")
        assert act().status_code == 201
        return act

    def patch_the_same(stage: Stage) -> Act:
        address = kind.address()
        value = stage.api.get(address).json()[kind.column]
        return partial(stage.api.patch, address, {kind.column: value})

    post = f"api POST {kind.resource}-list"
    created, updated = (f"{kind.noun}_created",), (f"{kind.noun}_updated",)
    yield Way(post, lambda stage: partial(stage.api.post, rows, body()), created)
    yield Way(f"{post}: repeated", post_again, status=201)
    yield Way(
        f"{post}: wrong", lambda stage: partial(stage.api.post, rows, {"wrong": 1}), status=400
    )
    for method in ("PUT", "PATCH"):
        call = partial(_call, method=method, kind=kind)
        yield Way(f"api {method} {row}", partial(call, body=new), updated)
        yield Way(f"api {method} {row}: wrong", partial(call, body={kind.column: ""}), status=400)
        stale = partial(call, body=new, If_Match='"0"')
        yield Way(f"api {method} {row}: outdated", stale, status=412)
    yield Way(f"api PATCH {row}: the same", patch_the_same, status=200)
    gone = partial(_call, method="DELETE", kind=kind)
    yield Way(f"api DELETE {row}", partial(gone, body=None), (f"{kind.noun}_deleted",))
    yield Way(f"api DELETE {row}: outdated", partial(gone, body=None, If_Match='"0"'), status=412)


def _call(stage: Stage, *, method: str, kind: Kind, body: Any, **headers: str) -> Act:
    return partial(stage.api.call, method, kind.address(), body, **headers)


def ways_of_admin(kind: Kind) -> Iterator[Way]:
    add, change, delete = (f"registry_{kind.page}_{verb}" for verb in ("add", "change", "delete"))

    def submit(page: str, **typed: Any) -> Callable[[Stage], Act]:
        return lambda stage: partial(stage.admin.submit, page, kind.row().pk, **typed)

    def added(stage: Stage) -> Act:
        typed = kind.body(str(make_provider().pk))
        lists = {name: ", ".join(typed[name]) for name in typed if name == "aliases"}
        return partial(stage.admin.submit, add, **typed | lists)

    yield Way(f"admin {add}", added, (f"{kind.noun}_created",))
    yield Way(f"admin {add}: empty", lambda stage: partial(stage.admin.submit, add), status=200)
    yield Way(
        f"admin {change}", submit(change, **{kind.column: "Renamed"}), (f"{kind.noun}_updated",)
    )
    yield Way(f"admin {change}: the same", submit(change), status=302)
    yield Way(f"admin {change}: wrong", submit(change, **{kind.column: ""}), status=200)
    yield Way(f"admin {delete}", submit(delete), (f"{kind.noun}_deleted",))
    yield Way(
        f"admin {delete}: only asked",
        lambda stage: partial(stage.admin.get, delete, kind.row().pk),
        status=200,
    )


def ways_of_the_catalogue() -> Iterator[Way]:
    for kind in KINDS:
        yield from ways_of_services(kind)
        yield from ways_of_api(kind)
        yield from ways_of_admin(kind)
