from __future__ import annotations

import pytest

from registry.choices import LLMStatus, LLMType
from registry.models import Capability
from registry.services.capability_table import ANSWERS, columns, table_rows
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_price, make_provider

pytestmark = pytest.mark.django_db


def test_the_columns_are_the_vocabulary_and_what_is_derived() -> None:
    Capability(name="tools", label="Tools").save()
    Capability(name="vision").save()

    assert columns() == {"tools": "Tools", "vision": "vision", "128k_context": "", "free_tier": ""}


def test_rows_come_by_name_and_only_those_in_use() -> None:
    second, first = make_llm(name="B"), make_llm(name="A", status=LLMStatus.BETA)
    idle = make_llm(name="C", status=LLMStatus.DEPRECATED)

    assert list(table_rows()) == [first, second]
    assert list(table_rows(with_idle=True)) == [first, second, idle]


def test_conditions_are_joined() -> None:
    maker = make_provider()
    found = make_llm(name="Needle", provider=maker)
    make_llm(name="Needle")
    make_llm(name="Other", provider=maker)
    make_llm(LLMType.EMBEDDING, name="Needle", provider=maker)

    rows = table_rows(llm_type=LLMType.GENERATION, provider=maker, query="needle")

    assert list(rows) == [found]


@pytest.mark.parametrize("capability", ["tools", "128k_context", "free_tier"])
def test_every_model_has_one_answer(capability: str) -> None:
    Capability(name="tools", label="Tools").save()
    for place, known in enumerate((True, False, None)):
        llm = make_llm(
            context_window=(200_000, 8_000, None)[place],
            change=LLMChange(
                api_key=Secret(API_KEY), capabilities={} if known is None else {"tools": known}
            ),
        )
        if known is not None:
            make_price(llm, str(place))
            make_price(llm, "0", unit="output")

    found = [table_rows(capability=capability, answer=answer).get() for answer in ANSWERS]

    assert len({llm.pk for llm in found}) == len(ANSWERS)
    assert sorted(found, key=lambda llm: llm.name) == list(table_rows())
