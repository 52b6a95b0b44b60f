"""The first steps, each with a tick once it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from registry.choices import LLMType
from registry.services import overview, workers

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from registry.services.overview import FirstSteps


@dataclass(frozen=True)
class Step:
    """One line of the start checklist; what `may_lapse` can come undone at any time."""

    title: str
    why: str
    link: str
    is_done: bool
    may_lapse: bool = False


def steps_of(user: User) -> list[Step]:
    """Return the steps that this user may take; another sees fewer."""
    done = overview.first_steps(user)
    allowed = {
        "connection": user.has_perm("registry.add_connection"),
        "llm": user.has_perm("registry.add_llmmodel"),
        "default": user.has_perm("registry.change_llmmodel"),
        "token": user.has_perm("registry.add_apitoken"),
        "worker": user.has_perms(("registry.add_connectiontest", "registry.view_connectiontest")),
    }
    steps = [
        ("", _password_step(done)),
        ("connection", _connection_step(done)),
        ("llm", _models_step(done)),
        ("default", _default_step(done, LLMType.EMBEDDING)),
        ("default", _default_step(done, LLMType.GENERATION)),
        ("token", _token_step(done)),
        ("worker", _worker_step(is_present=workers.is_present())),
    ]
    return [step for right, step in steps if allowed.get(right, bool(user.is_staff and not right))]


def _password_step(done: FirstSteps) -> Step:
    return Step(
        _("Change your password"),
        _("The first one was made for you and printed; choose your own."),
        reverse("admin:password_change"),
        done.own_password,
    )


def _connection_step(done: FirstSteps) -> Step:
    return Step(
        _("Add a provider's key"),
        _("A connection is an address with its key. Models are called over it."),
        reverse("admin:registry_connection_add"),
        done.usable_connection,
    )


def _models_step(done: FirstSteps) -> Step:
    return Step(
        _("Add models"),
        _("Pick well-known ones from the catalogue, or type the id of any other."),
        reverse("admin:registry_llmmodel_catalogue"),
        done.models,
    )


def _default_step(done: FirstSteps, llm_type: LLMType) -> Step:
    texts = {
        LLMType.EMBEDDING: (
            _("Choose the default embedding model"),
            _("Knowledge bases that name none are built with it."),
        ),
        LLMType.GENERATION: (
            _("Choose the default generation model"),
            _("Applications that ask for no particular model get this one."),
        ),
    }
    is_done = {
        LLMType.EMBEDDING: done.default_embedding,
        LLMType.GENERATION: done.default_generation,
    }
    return Step(*texts[llm_type], models_page(type=llm_type.value), is_done[llm_type])


def _token_step(done: FirstSteps) -> Step:
    return Step(
        _("Create an application token"),
        _("With it an application reads which models it may use."),
        reverse("admin:registry_apitoken_add"),
        done.token,
    )


def _worker_step(*, is_present: bool) -> Step:
    return Step(
        _("A worker answers"),
        _(
            'It tests connections. On your own machine "make run" starts one beside the site; '
            'on a server "manage.py worker --beat" does.'
        ),
        reverse("admin:registry_connectiontest_changelist"),
        is_present,
        may_lapse=True,
    )


def models_page(**filters: str) -> str:
    return reverse("admin:registry_llmmodel_changelist", query=filters)
