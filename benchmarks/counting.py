"""How many queries a page makes, counted in this process."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.filling import ways_in
from benchmarks.pages import ADMIN_API, ADMIN_PAGE, CHOOSER, COLD, NAMES


def queries(user: User) -> dict[str, int]:
    """Return the queries of each page, without what only the first request of a process does."""
    client = Client()
    client.force_login(user)
    token: dict[str, str] = ways_in(user)["token"]
    # The session pages first: they warm what every page shares.
    counted = {NAMES[ADMIN_PAGE]: [_count(client, ADMIN_PAGE) for _ in range(2)][-1]}
    api = Client(headers=token)
    counted[NAMES[ADMIN_API]] = [_count(api, ADMIN_API) for _ in range(2)][-1]
    counted[COLD] = _count(api, CHOOSER)
    counted[NAMES[CHOOSER]] = _count(api, CHOOSER)
    return counted


def _count(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        status = client.get(path, SERVER_NAME="127.0.0.1").status_code
    if status != 200:
        raise RuntimeError(f"{path} answered {status}")
    return len(captured)
