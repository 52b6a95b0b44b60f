"""The pages of the documentation, as the tests read them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.source import ROOT

PAGES = [ROOT / "README.md", ROOT / "benchmarks/README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def shell_commands(text: str) -> list[str]:
    """Return the lines of the page's shell blocks, with continued lines and quotes joined."""
    found: list[str] = []
    for block in SHELL.findall(text):
        waiting = ""
        for line in block.replace("\\\n", " ").splitlines():
            waiting = f"{waiting}\n{line}" if waiting else line
            if waiting.startswith("#") or waiting.count("'") % 2 == 0:
                found.append(waiting)
                waiting = ""
    return found


def anchors(path: Path) -> set[str]:
    """Return the names under which the headings of a page can be linked."""
    headings = HEADING.findall(path.read_text(encoding="utf-8"))
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {name.replace(" ", "-") for name in plain}


def broken_links(path: Path) -> list[str]:
    """Return the links of a page to files or headings that are not there."""
    broken = []
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _hash, anchor = target.partition("#")
        linked = (path.parent / name).resolve() if name else path
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)
    return broken
