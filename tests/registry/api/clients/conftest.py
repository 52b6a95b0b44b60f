from __future__ import annotations

import pytest

from tests.factories import make_user
from tests.registry.api.client import Api, with_token

REPORT = "registry.report_availability"


@pytest.fixture
def reporter(db: None) -> Api:
    """An application that may report and do nothing else, of a user who is no staff member."""
    user = make_user("agent", groups=["reporters"])
    return with_token(user, "availability:report")
