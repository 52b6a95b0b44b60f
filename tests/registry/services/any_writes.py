"""Any write that a list may show, to rows that chance chooses."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from registry.choices import LLMStatus, LLMType, PriceUnit
from registry.formats import FORMATS
from registry.models import Capability, Connection, LLMModel, Price, Provider, Route
from registry.services import (
    changes,
    chooser,
    clients,
    handing_over,
    knowledge_bases,
    model_lists,
    people,
    prices,
)
from registry.services.clock import database_now
from registry.services.connections import save_connection
from registry.services.defaults import set_default
from registry.services.deletion import delete_llm, fitting_replacements
from registry.services.llms import save_llm
from registry.services.providers import save_provider
from registry.services.revision import catalogue_write
from registry.services.routes import delete_route, save_route
from registry.services.statuses import set_status
from registry.types import LLMChange
from tests.factories import (
    make_client,
    make_connection,
    make_knowledge_base,
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
    make_user,
)

NAMES = [f"vendor/m{number}" for number in range(7)]
CLIENTS = ["c1", "c2"]


def all_lists(owner_id: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in FORMATS:
        for options in ({}, {"owner_id": owner_id}, {"status": True}):
            one = model_lists.prepared(name, **options)
            found[f"{name} {options}"] = (one.ids, one.entries, one.page({}), one.tag({}))
    for llm_type in LLMType.values:
        found[llm_type] = chooser.chooser_list(llm_type)
    return found


class Hands:
    """Somebody who does anything that a list may show, to rows that chance chooses."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.users = [make_user(), make_user()]
        self.providers = [make_provider() for _ in range(3)]
        self.platform = make_platform()
        self.base = make_knowledge_base(generation_model=make_llm())
        Capability.objects.get_or_create(name="tools", defaults={"label": "Tools"})

    def deeds(self) -> list[Callable[[], object]]:
        names = sorted(name for name in dir(self) if name.startswith("do_"))
        return [getattr(self, name) for name in names]

    def llm(self, *, own: bool = False) -> LLMModel:
        rows = LLMModel.objects.filter(owner__isnull=not own).order_by("created_at", "slug")
        found: LLMModel = self.dice.choice(list(rows) or [self.new(owner=None)])
        return found

    def new(self, **columns: Any) -> LLMModel:
        llm_type = self.dice.choice(LLMType.values)
        columns = {"model_id": self.dice.choice(NAMES), **columns}
        return make_llm(llm_type, provider=self.dice.choice(self.providers), **columns)

    def change(self, llm: LLMModel, **columns: Any) -> LLMModel:
        for name, value in columns.items():
            setattr(llm, name, value)
        return save_llm(llm, LLMChange(fields=frozenset(columns)))

    def price(self, llm: LLMModel, **columns: Any) -> Price:
        unit = self.dice.choice([PriceUnit.INPUT, PriceUnit.OUTPUT])
        return make_price(llm, str(self.dice.randint(1, 99)), unit, **columns)

    # Models
    # ------------------------------------------------------------------------
    def do_add(self) -> None:
        self.new(status=self.dice.choice(LLMStatus.values))

    def do_add_active(self) -> None:
        self.new()

    def do_call_otherwise(self) -> None:
        self.change(self.llm(), model_id=self.dice.choice(NAMES))

    def do_describe(self) -> None:
        released = date(2026, 1, self.dice.randint(1, 28))
        self.change(self.llm(), description=f"{self.dice.random()}", release_date=released)

    def do_set_status(self) -> None:
        set_status(self.llm(), self.dice.choice(LLMStatus.values))

    def do_activate(self) -> None:
        set_status(self.llm(), LLMStatus.ACTIVE)

    def do_make_default(self) -> None:
        set_default(self.llm())

    def do_replace(self) -> None:
        self.change(self.llm(), replacement=self.llm())

    def do_call_the_heir_otherwise(self) -> None:
        heir = self.llm()
        self.new(replacement=heir)
        all_lists(None)
        self.change(heir, model_id=f"{heir.model_id}-new")

    def do_delete(self) -> None:
        delete_llm(self.llm())

    def do_hand_on_and_delete(self) -> None:
        llm = self.llm()
        delete_llm(llm, reassign_to=fitting_replacements(llm).first())

    def do_two_at_once(self) -> None:
        with catalogue_write("two_at_once"):
            self.do_call_otherwise()
            self.do_describe()

    def do_capability(self) -> None:
        supported = {"tools": self.dice.choice([True, False, None])}
        save_llm(self.llm(), LLMChange(fields=frozenset(), capabilities=supported))

    def do_tag_and_alias(self) -> None:
        words = [f"word {self.dice.randint(1, 99)}"]
        save_llm(self.llm(), LLMChange(fields=frozenset(), tags=words, aliases=words))

    # Prices and routes
    # ------------------------------------------------------------------------
    def do_price(self) -> None:
        self.price(self.llm())

    def do_price_that_begins(self) -> None:
        begins = database_now() + timedelta(milliseconds=20)
        self.price(self.llm(), valid_from=begins)
        all_lists(None)
        while database_now() <= begins:
            time.sleep(0.01)
        self.do_describe()  # moves the revision

    def do_apply_prices(self) -> None:
        self.price(self.llm(), valid_from=database_now() + timedelta(milliseconds=1))
        time.sleep(0.01)
        prices.apply_due()

    def do_route(self) -> None:
        make_route(self.llm(), self.platform)

    def do_route_price(self) -> None:
        route = self.dice.choice(list(Route.objects.order_by("slug")) or [self.new_route()])
        save_route(route, pricing={"input": Decimal(self.dice.randint(1, 99))})

    def do_delete_route(self) -> None:
        delete_route(self.dice.choice(list(Route.objects.order_by("slug")) or [self.new_route()]))

    def new_route(self) -> Route:
        return make_route(self.new(), self.platform)

    # What models stand on
    # ------------------------------------------------------------------------
    def do_rename_provider(self) -> None:
        provider: Provider = self.dice.choice(self.providers)
        provider.refresh_from_db()
        provider.name = f"Provider {self.dice.random()}"
        provider.slug = f"renamed{self.dice.randint(1, 10**9)}"
        save_provider(provider)

    def do_connection(self) -> None:
        found = Connection.objects.filter(owner=None, private_to=None).first()
        row = found or make_connection(self.dice.choice(self.providers))
        row.label = f"account {self.dice.random()}"
        save_connection(row)

    def do_knowledge_base(self) -> None:
        self.base.refresh_from_db()
        self.base.name = f"Base {self.dice.random()}"
        knowledge_bases.save_knowledge_base(self.base)

    def do_forget_the_log(self) -> None:
        self.do_describe()
        changes.forget(database_now() + timedelta(days=5_000))

    # People's own models
    # ------------------------------------------------------------------------
    def do_own(self) -> None:
        self.new(owner=self.dice.choice(self.users))

    def do_own_call_otherwise(self) -> None:
        self.do_own()
        self.change(self.llm(own=True), model_id=self.dice.choice(NAMES))

    def do_own_delete(self) -> None:
        self.do_own()
        delete_llm(self.llm(own=True))

    def do_own_price(self) -> None:
        self.do_own()
        self.price(self.llm(own=True))

    def do_hand_over(self) -> None:
        self.do_own()
        with catalogue_write("belongings_transferred"):
            to = self.dice.choice([None, *self.users])
            handing_over.hand_over_llm(self.llm(own=True), to)

    def do_remove_user(self) -> None:
        user = make_user()
        self.new(owner=user)
        all_lists(user.pk)
        people.delete_user(user)

    # Clients
    # ------------------------------------------------------------------------
    def held(self) -> tuple[str, str]:
        return self.dice.choice(CLIENTS), self.dice.choice([*NAMES, "theirs"])

    def do_register(self) -> None:
        ids = {"theirs", *self.dice.sample(NAMES, 3)}
        told = [{"id": name, "display_name": f"{self.dice.random()}"} for name in sorted(ids)]
        make_client(self.dice.choice(CLIENTS), *told)

    def do_unregister(self) -> None:
        clients.unregister(self.dice.choice(CLIENTS))

    def do_quota(self) -> None:
        clients.mark_quota(*self.held(), retry_after=3_600)

    def do_short_quota(self) -> None:
        self.do_register()
        now = database_now()
        for client_id in CLIENTS:
            clients.mark_quota(client_id, "theirs", retry_after=1, now=now)
        all_lists(None)
        while database_now() < now + timedelta(seconds=1):
            time.sleep(0.05)

    def do_suspend(self) -> None:
        clients.suspend(*self.held(), "broken")

    def do_resume(self) -> None:
        clients.resume(*self.held())
