"""The drivers of the acceptance cases compare; what is right stands in the cases alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture import source
from tests.architecture.source import Source

ARITHMETIC = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift,
)  # fmt: skip
COMPUTING = {
    "abs", "divmod", "filter", "len", "max", "min", "pow", "reversed", "round", "sorted", "sum",
}  # fmt: skip
CHOOSING = {"aggregate", "annotate", "exclude", "filter", "order_by", "sort"}
# What a driver may know of the product's inside: services, and what they take and return.
PERMITTED = ("services", "models", "types", "choices", "fields", "errors")


def computed(file: Source) -> Iterator[str]:
    """Return each place that counts, sorts or filters instead of comparing what was read."""
    for node in file.nodes():
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ARITHMETIC):
            yield f"{file.name}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else None
            verb = node.func.attr if isinstance(node.func, ast.Attribute) else None
            if name in COMPUTING or verb in CHOOSING:
                yield f"{file.name}: {ast.unparse(node)}"
        elif isinstance(node, ast.comprehension) and node.ifs:
            yield f"{file.name}: if {ast.unparse(node.ifs[0])}"


def insiders(file: Source) -> Iterator[str]:
    """Return the imports of what only the product itself may call."""
    for node in file.nodes():
        modules = [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        for module in modules:
            package, _dot, inside = module.partition(".")
            if package == "registry" and inside.partition(".")[0] not in PERMITTED:
                yield f"{file.name}: {module}"


def drivers() -> list[Source]:
    return [file for file in source.tests() if file.name.startswith("tests/cases/")]


def test_drivers_compute_no_expected_value() -> None:
    assert drivers()
    assert [place for file in drivers() for place in computed(file)] == []


def test_drivers_use_the_services_the_pages_and_the_api() -> None:
    assert [place for file in drivers() for place in insiders(file)] == []


@pytest.mark.parametrize(
    "text",
    [
        "ids == sorted(found)",
        "found.sort()",
        "count = count + 1",
        "count += 1",
        "LLMModel.objects.exclude(pk=1)",
        "[row for row in found if row.is_default]",
        "len(found) == 2",
    ],
)
def test_a_computing_driver_is_found(text: str) -> None:
    assert list(computed(Source("tests/cases/a.py", text)))


def test_a_comparing_driver_passes() -> None:
    text = "assert set(a) | set(b) == {row.id for row in found}\nx: int | None = None"

    assert not list(computed(Source("tests/cases/a.py", text)))


def test_an_insider_is_found() -> None:
    text = "from registry.api.llms import LLMs\nfrom registry.services.llms import save_llm"

    assert list(insiders(Source("tests/cases/a.py", text))) == [
        "tests/cases/a.py: registry.api.llms"
    ]
