"""Reads an admin page as a person and a browser would: fields, choices, rows, forms, words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
UNREAD = {"script", "style", "template"}
CONTROLS = {"input", "select", "textarea"}
Attributes = dict[str, str]


@dataclass
class Node:
    """One element; `words` is the text directly in it."""

    tag: str
    attributes: Attributes = field(default_factory=dict)
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, *tags: str) -> Iterator[Node]:
        for node in self.walk():
            if node.tag in tags:
                yield node

    def having(self, attribute: str) -> Iterator[Node]:
        for node in self.walk():
            if attribute in node.attributes:
                yield node

    def ancestors(self) -> Iterator[Node]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def text(self) -> str:
        parts: list[str] = []
        for node in self.walk():
            parts.extend(node.words)
        return " ".join(" ".join(parts).split())

    def get(self, attribute: str, default: str = "") -> str:
        return self.attributes.get(attribute, default)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("page")
        self.at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)

    def handle_endtag(self, tag: str) -> None:
        for node in (self.at, *self.at.ancestors()):
            if node.tag == tag and node.parent is not None:
                self.at = node.parent
                return

    def handle_data(self, data: str) -> None:
        if self.at.tag not in UNREAD:
            self.at.words.append(data)


def parse(text: str) -> Node:
    builder = _Builder()
    builder.feed(text)
    builder.close()
    return builder.root


def row_ids(page: Node) -> list[str]:
    """Return the ids of a list's rows, from above to below."""
    return list(dict.fromkeys(node.get("data-id") for node in page.having("data-id")))


def default_ids(page: Node) -> list[str]:
    """Return the ids of the rows that bear the star of the default."""
    found: list[str] = []
    for star in page.having("data-default"):
        if star.get("data-default") == "true":
            found.append(_row_of(star))
    return list(dict.fromkeys(found))


def _row_of(node: Node) -> str:
    """A cell may name its row itself, or the row's id stands beside it."""
    for around in (node, *node.ancestors()):
        for named in around.having("data-id"):
            return named.get("data-id")
    raise LookupError("a star outside of any row")


def fields(page: Node) -> dict[str, Node]:
    """Return the wrappers of a form's fields by name."""
    return {node.get("data-field"): node for node in page.having("data-field")}


def choices(page: Node, name: str) -> dict[str, str]:
    """Return what a field offers: the words of each value."""
    offered: dict[str, str] = {}
    for control in page.find("select", "input"):
        if control.get("name") == name:
            for option in control.find("option", "input"):
                if "hidden" not in option.attributes and "disabled" not in option.attributes:
                    offered[option.get("value")] = option.text()
    return offered


def forms(page: Node) -> list[Node]:
    """Return the page's forms that are sent by POST."""
    found = []
    for form in page.find("form"):
        if form.get("method").lower() == "post":
            found.append(form)
    return found


def form_with(page: Node, control: str) -> Node | None:
    for form in forms(page):
        for node in form.find(*CONTROLS, "button"):
            if node.get("name") == control:
                return form
    return None


def values(form: Node) -> dict[str, list[str]]:
    """Return what the browser would send of a form, without its buttons."""
    sent: dict[str, list[str]] = {}
    for control in form.find(*CONTROLS):
        name = control.get("name")
        if name and "disabled" not in control.attributes:
            for value in _sent(control):
                sent.setdefault(name, []).append(value)
    return sent


def _sent(control: Node) -> list[str]:
    kind = control.get("type")
    if control.tag == "select":
        return _chosen(control)
    if control.tag == "textarea":
        return ["".join(control.words).removeprefix("\n")]
    if kind in {"submit", "button", "image", "reset", "file"}:
        return []
    if kind in {"checkbox", "radio"}:
        return [control.get("value", "on")] if "checked" in control.attributes else []
    return [control.get("value")]


def _chosen(select: Node) -> list[str]:
    offered, chosen = [], []
    for option in select.find("option"):
        offered.append(option.get("value"))
        if "selected" in option.attributes:
            chosen.append(option.get("value"))
    return chosen if chosen or "multiple" in select.attributes else offered[:1]


def columns(page: Node) -> set[str]:
    """Return the names of a list's columns: of the cells' classes and of the headings."""
    found: set[str] = set()
    for cell in page.find("td", "th"):
        for word in cell.get("class").split():
            prefix, dash, name = word.partition("-")
            if dash and prefix in {"field", "column"}:
                found.add(name)
        if cell.tag == "th":
            found.add(cell.text().lower())
        found.add(cell.get("data-label").lower())
    return found


def filters(page: Node) -> set[str]:
    """Return the columns that the page can be narrowed by: in links and in forms by GET."""
    names: set[str] = set()
    for link in page.find("a"):
        before, mark, query = link.get("href").partition("?")
        if mark and (not before or before.endswith("/")):
            names |= set(parse_qs(query, keep_blank_values=True))
    for form in page.find("form"):
        if form.get("method").lower() != "post":
            names |= {control.get("name") for control in form.find(*CONTROLS)}
    return {name.partition("__")[0] for name in names}


def wrong_fields(page: Node) -> set[str]:
    """Return the fields at which an error stands."""
    found: set[str] = set()
    for name, wrapper in fields(page).items():
        for node in wrapper.walk():
            if "errorlist" in node.get("class").split() or "data-error" in node.attributes:
                found.add(name)
    return found
