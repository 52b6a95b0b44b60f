"""Cases whose issue is still to come are deselected by id, and named at the end of the run."""

from __future__ import annotations

import pytest

LATER = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "later(issue): a case that waits for another issue")
    config.stash[LATER] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    later = [item.get_closest_marker("later") for item in items]
    pairs = list(zip(items, later, strict=True))
    waiting: list[pytest.Item] = []
    running: list[pytest.Item] = []
    for item, mark in pairs:
        (running if mark is None else waiting).append(item)
        if mark is not None:
            config.stash[LATER].append(f"{item.name} waits for {mark.args[0]}")
    if waiting:
        config.hook.pytest_deselected(items=waiting)
        items[:] = running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = terminalreporter.config.stash.get(LATER, [])
    if lines:
        terminalreporter.section("cases that wait for their issue")
        for line in lines:
            terminalreporter.write_line(line)
