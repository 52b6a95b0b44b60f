from __future__ import annotations

import pytest

from tests.architecture import rules, source
from tests.architecture.source import Source

# For each rule a file that breaks it, and nearly the same one that does not.
SAMPLES: dict[rules.Rule, tuple[Source, Source]] = {
    rules.short_files: (Source("registry/a.py", "\n" * 301), Source("registry/a.py", "\n" * 300)),
    rules.short_functions: (
        Source("registry/a.py", "def f() -> None:\n" + "    f()\n" * 40),
        Source("registry/a.py", "def f() -> None:\n" + "    f()\n" * 39),
    ),
    rules.annotated_functions: (
        Source("registry/a.py", "def f(self, a: int, *, b) -> None: ..."),
        Source("registry/a.py", "def f(self, a: int, *, b: int) -> None: ..."),
    ),
    rules.no_receivers: (
        Source("registry/a.py", "post_save.connect(f)"),
        Source("registry/a.py", "connection.open()"),
    ),
    rules.no_star_imports: (
        Source("registry/a.py", "from registry.models import *"),
        Source("config/settings/test.py", "from config.settings.base import *"),
    ),
    rules.local_imports_only_in_apps: (
        Source("registry/a.py", "def f() -> None:\n    import json"),
        Source("registry/apps.py", "def f() -> None:\n    import json"),
    ),
    rules.no_rules_at_the_edges: (
        Source("registry/api/a.py", "class S:\n    def validate_slug(self) -> None: ..."),
        Source("registry/models/a.py", "class S:\n    def clean(self) -> None: ..."),
    ),
    rules.no_unescaped_output: (
        Source("registry/admin/a.py", "return mark_" + "safe(name)"),
        Source("registry/admin/a.py", "return format_html('{}', name)"),
    ),
    rules.no_bulk_writes: (
        Source("registry/services/a.py", "LLMModel.objects.filter(pk=1).update(name='')"),
        Source("registry/services/a.py", "llm.save(update_fields=['name'])"),
    ),
    rules.environment_in_one_place: (
        Source("registry/a.py", "import os\nos.environ.get('HOME')"),
        Source("config/env.py", "import os\nos.environ.get('HOME')"),
    ),
    rules.no_own_sockets: (
        Source("registry/a.py", "from urllib import request"),
        Source("registry/a.py", "from urllib.parse import urlsplit\nfrom http import HTTPStatus"),
    ),
    rules.names_pytest_would_collect: (
        Source("registry/a.py", "class TestResult: ..."),
        Source("registry/a.py", "class Result: ..."),
    ),
    rules.telling_names: (Source("registry/utils.py", ""), Source("registry/slugs.py", "")),
    rules.nothing_left_undone: (
        Source("registry/a.py", "# TO" + "DO later"),
        Source("registry/a.py", "# to do it later would lose the key"),
    ),
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: rules.Rule) -> None:
    broken = [place for file in source.product() for place in rule(file)]

    assert broken == []


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_rule_can_tell(rule: rules.Rule) -> None:
    bad, good = SAMPLES[rule]

    assert list(rule(bad))
    assert not list(rule(good))


@pytest.mark.parametrize("rule", [rules.short_files, rules.short_functions, rules.telling_names])
def test_tests_have_the_same_budget(rule: rules.Rule) -> None:
    broken = [place for file in source.tests() for place in rule(file)]

    assert broken == []


def test_every_permitted_bulk_write_is_still_there() -> None:
    present = {file.name: rules.bulk_writes(file) for file in source.product()}
    gone = {
        name: calls - present.get(name, set())
        for name, calls in rules.BULK_ALLOWED.items()
        if calls - present.get(name, set())
    }

    assert gone == {}
