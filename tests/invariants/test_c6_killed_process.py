"""C6: a process that dies between commit and answer has done its work once, or not at all.

Parallel and repeated requests are shown beside the services' and the API's own tests.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection

from registry.models import IdempotentRequest, LLMModel, Provider
from registry.services.idempotency import Answer, once
from registry.services.llms import save_llm
from registry.types import LLMChange
from tests.architecture.source import ROOT
from tests.config.processes import PATIENCE_SECONDS
from tests.factories import make_provider

KILLED = """
import os, signal, sys
import django
django.setup()
from audit import context
from registry.models import LLMModel, Provider
from registry.services.idempotency import Answer, once
from registry.services.llms import save_llm
from registry.types import LLMChange

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def run():
    llm = LLMModel(type="generation", provider=Provider.objects.get(), name="A", model_id="a")
    save_llm(llm, LLMChange(needs_connection=False))
    if sys.argv[1] == "before the commit":
        die()
    return Answer(201, '{"by": "the killed process"}')

with context.use(source="api"):
    once(who="7", key="k1", target="POST /models", body=b"{}", run=run)
    die()
"""


def environment(folder: str) -> dict[str, str]:
    """Return what a process needs to work on this test's database."""
    row = connection.settings_dict
    url = f"sqlite:///{row['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgres://{row['USER']}@{row['HOST']}:{row['PORT'] or 5432}/{row['NAME']}"
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "DATABASE_URL": url,
        "DATA_DIR": folder,
        "REGISTRY_ENCRYPTION_KEYS": " ".join(settings.REGISTRY_ENCRYPTION_KEYS),
        "REGISTRY_SECRET_KEY": settings.REGISTRY_SECRET_KEY,
        "REGISTRY_FINGERPRINT_KEY": settings.REGISTRY_FINGERPRINT_KEY,
    }


def post_again() -> Answer:
    def run() -> Answer:
        provider = Provider.objects.get()
        llm = LLMModel(type="generation", provider=provider, name="A", model_id="a")
        save_llm(llm, LLMChange(needs_connection=False))
        return Answer(201, '{"by": "the repeat"}')

    return once(who="7", key="k1", target="POST /models", body=b"{}", run=run)


@pytest.mark.invariant("C6")
@pytest.mark.parametrize(
    ("when", "effects", "answered_by"),
    [("before the commit", 0, "the repeat"), ("after the commit", 1, "the killed process")],
)
@pytest.mark.django_db(transaction=True)
def test_a_repeat_after_a_crash_is_the_same_request(
    tmp_path_factory: pytest.TempPathFactory,
    when: str,
    effects: int,
    answered_by: str,
    figure: Callable[..., None],
) -> None:
    make_provider()
    folder = str(tmp_path_factory.mktemp("data"))

    died = subprocess.run(
        [sys.executable, "-c", KILLED, when],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert LLMModel.objects.count() == IdempotentRequest.objects.count() == effects
    assert json.loads(post_again().body) == {"by": answered_by}
    assert LLMModel.objects.count() == 1
    figure(killed=when.replace(" ", "_"), effects=1)
