"""Model lists as prepared bytes, in every format; one model as an answer of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING

from registry.formats import FORMATS
from registry.formats.base import ListFormat, encode
from registry.models import LLMModel
from registry.services import lifecycle, listed_models, touched
from registry.services.clients.answers import offered
from registry.services.revision import Turn, current_turn

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from registry.services.clients.answers import Offers
    from registry.types import ListedModel

OLLAMA = "ollama"
LATEST = ":latest"
# Lists with a user's own models in them that a process keeps; who has none reads what all do.
MOST_OWNED = 16
_DIGEST_BYTES = 8

# Format, whose own models are in it too, and whether the entries tell the state.
_Key = tuple[str, "int | None", bool]


@dataclass(frozen=True)
class Prepared:
    """One list: each entry as bytes, and the answer with all of them if the format has one."""

    shape: ListFormat
    ids: tuple[str, ...]
    entries: tuple[bytes, ...]
    whole: bytes | None
    holds: str  # for which writes, which end of a quota window, and which list
    name: str

    def page(self, parameters: Mapping[str, str]) -> bytes:
        """Return the answer to these query parameters of the format. Raises BadPageError."""
        window = self.shape.window(parameters, self.ids)
        if window is not None:
            entries = self.entries[window.start : window.stop]
            return self.shape.frame(entries, self.ids, window)
        if self.whole is None:
            return self.shape.frame(self.entries, self.ids, None)
        return self.whole

    def tag(self, parameters: Mapping[str, str]) -> str:
        """Return the ETag of that answer: the same in every process, another after any change."""
        return f'"{self.holds}.{_digest(self.name, *sorted(parameters.items()))}"'


@dataclass(frozen=True)
class Single:
    """The answer about one model, with the headers of its retirement."""

    content: bytes
    tag: str
    headers: Mapping[str, str]
    llm_id: UUID | None


@dataclass(frozen=True)
class _Snapshot:
    """What was listed at a turn, and the lists that were made of it since.

    `shown` is what everybody sees, by id, and `entries` its entries by format and id.
    """

    turn: Turn
    parts: listed_models.Catalogue
    owners: frozenset[int]
    offers: Offers
    shown: dict[str, ListedModel]
    entries: dict[str, dict[str, bytes]] = field(default_factory=dict)
    made: dict[_Key, Prepared] = field(default_factory=dict)

    @property
    def holds(self) -> str:
        return f"{self.turn.catalogue}.{self.turn.availability}"

    def counts_at(self, turn: Turn) -> bool:
        return self.turn.catalogue == turn.catalogue and self.offers_count_at(turn)

    def offers_count_at(self, turn: Turn) -> bool:
        """Whether no client has reported anything since, and no quota window has ended."""
        ends = self.offers.ends_at
        return self.turn.availability == turn.availability and (ends is None or turn.now < ends)

    def key(self, format_name: str, owner_id: int | None, status: bool) -> _Key:
        return format_name, owner_id if owner_id in self.owners else None, status


_snapshots: list[_Snapshot] = []  # the last one of this process
_building = Lock()


def listed(owner_id: int | None = None, now: datetime | None = None) -> list[ListedModel]:
    """Return what a list shows to this user, in no particular order; one entry per id."""
    models = listed_models.shared(listed_models.catalogue(now), offered(now))
    own = [] if owner_id is None else listed_models.own(owner_id, now)
    return listed_models.with_own(models, own)


def find(
    model_id: str, owner_id: int | None = None, now: datetime | None = None
) -> ListedModel | None:
    """Return the model of exactly this id, unless it is switched off."""
    return listed_models.find(model_id, owner_id, now)


def prepared(format_name: str, *, owner_id: int | None = None, status: bool = False) -> Prepared:
    """Return a list in a format, with the user's own models if he has any.

    One query when nothing has changed since the last call in this process. `status` adds to
    each entry its state by the clients that hold it, and until when it is that.
    """
    turn = current_turn()
    for known in _snapshots:
        if known.counts_at(turn):
            found = known.made.get(known.key(format_name, owner_id, status))
            if found is not None:
                return found
    with _building:
        # One thread prepares, the others wait for it: together they would take its time and
        # memory each. The turn is read before the rows, so that no list is older than it claims.
        snapshot = _snapshot(current_turn())
        return _made(snapshot, snapshot.key(format_name, owner_id, status))


def single(
    format_name: str, model_id: str, *, owner_id: int | None = None, status: bool = False
) -> Single | None:
    """Return the answer about one model, listed or not; None if there is none of this id."""
    shape = FORMATS.get(format_name)
    turn = current_turn()
    names = _names(model_id) if format_name == OLLAMA else [model_id]
    told = (listed_models.find(name, owner_id, turn.now) for name in names)
    model = next((found for found in told if found is not None), None)
    if model is None:
        return None
    content = encode(shape.single(model))
    content = _with_status(content, model) if status else content
    tag = f'"{turn.catalogue}.{turn.availability}.{_digest(format_name, content)}"'
    retiring = LLMModel(
        status=model.status,
        deprecated_at=model.deprecated_at,
        deprecation_date=model.retires_on,
    )
    return Single(content, tag, lifecycle.headers(retiring, turn.now), model.llm_id)


def forget() -> None:
    """Forget what this process has prepared."""
    _snapshots.clear()


def _snapshot(turn: Turn) -> _Snapshot:
    """Return what is listed now: read anew only as far as something has changed."""
    known = _snapshots[0] if _snapshots else None
    if known is not None and known.counts_at(turn):
        return known
    if known is not None and known.offers_count_at(turn):
        offers = known.offers
    else:
        offers = offered(turn.now)
    found = None if known is None else _mended(known, turn, offers)
    if found is None:
        parts = listed_models.catalogue(turn.now)
        shown = listed_models.shared(parts, offers)
        # Nearly sorted when a format sorts it, now and after each change.
        shown = dict(sorted(shown.items(), key=lambda item: item[1].newest_first))
        found = _Snapshot(turn, parts, listed_models.owners(), offers, shown)
    _snapshots[:] = [found]
    return found


def _mended(known: _Snapshot, turn: Turn, offers: Offers) -> _Snapshot | None:
    """Return the snapshot with what has changed since; None if the log cannot tell that."""
    parts, owners, ids = known.parts, known.owners, set[str]()
    if turn.catalogue != known.turn.catalogue:
        told = touched.touched(known.turn.catalogue, turn.catalogue)
        due = touched.due(turn.now)
        read = None if told is None else listed_models.mended(parts, told | due, turn.now)
        if read is None:
            return None
        parts, ids = read
        owners = listed_models.owners() if told else owners
    seen = ids
    if offers is not known.offers:
        seen = ids | known.offers.by_model.keys() | offers.by_model.keys()
        # Whatever clients say of a model that the catalogue has, its entry stays.
        ids = ids | (known.offers.by_model.keys() - parts.models.keys())
    shown = touched.patched(known.shown, seen, listed_models.shared(parts, offers, seen))
    found = _Snapshot(turn, parts, owners, offers, shown, _without(known.entries, ids))
    if seen:
        return found
    # Only who has own models may read something else than before.
    shared = (key for key in known.made if key[1] is None)
    return replace(found, made={key: replace(known.made[key], holds=found.holds) for key in shared})


def _without(
    entries: dict[str, dict[str, bytes]], ids: Collection[str]
) -> dict[str, dict[str, bytes]]:
    return {name: touched.patched(known, ids, {}) for name, known in entries.items()}


def _made(snapshot: _Snapshot, key: _Key) -> Prepared:
    found = snapshot.made.get(key)
    if found is None:
        found = _prepare(snapshot, key)
        _make_room(snapshot.made)
        snapshot.made[key] = found
    return found


def _make_room(made: dict[_Key, Prepared]) -> None:
    owned = [key for key in made if key[1] is not None]
    for key in owned[MOST_OWNED - 1 :]:
        del made[key]


def _prepare(snapshot: _Snapshot, key: _Key) -> Prepared:
    format_name, owner_id, status = key
    shape: ListFormat = FORMATS.get(format_name)
    own = [] if owner_id is None else listed_models.own(owner_id, snapshot.turn.now)
    ordered = shape.arrange(listed_models.with_own(snapshot.shown, own))
    ids = tuple(map(attrgetter("id"), ordered))
    known = _entries(snapshot, format_name)
    if own:
        known = known | {model.id: encode(shape.entry(model)) for model in own}
    entries = list(map(known.__getitem__, ids))
    if status:
        entries = list(map(_with_status, entries, ordered))
    is_paged = shape.window({}, ids) is not None
    ends_at = snapshot.offers.ends_at
    return Prepared(
        shape=shape,
        ids=ids,
        entries=tuple(entries),
        whole=None if is_paged else shape.whole(ordered, entries),
        holds=snapshot.holds,
        name=f"{format_name} {owner_id} {status} {ends_at and ends_at.isoformat()}",
    )


def _entries(snapshot: _Snapshot, format_name: str) -> dict[str, bytes]:
    """Return the entries of what everybody sees by id; those that are known stay as they are."""
    shape: ListFormat = FORMATS.get(format_name)
    found = snapshot.entries.setdefault(format_name, {})
    for model_id in snapshot.shown.keys() - found.keys():
        found[model_id] = encode(shape.entry(snapshot.shown[model_id]))
    return found


def _with_status(entry: bytes, model: ListedModel) -> bytes:
    """Add to an entry, which is a JSON object with members, its state and until when."""
    until = None if model.until is None else model.until.isoformat().replace("+00:00", "Z")
    return entry[:-1] + b"," + encode({"state": model.state, "until": until})[1:]


def _names(model_id: str) -> list[str]:
    """Return what Ollama takes for the same: `m` is `m:latest`."""
    if model_id.endswith(LATEST):
        return [model_id, model_id.removesuffix(LATEST)]
    is_tagged = ":" in model_id.rpartition("/")[2]
    return [model_id] if is_tagged else [model_id, model_id + LATEST]


def _digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=_DIGEST_BYTES).hexdigest()
