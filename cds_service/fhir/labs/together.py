"""Which results belong together: of the same specimen, report or time, and nothing says that they do not."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Raw

from cds_service.clinical.facts import ANY_TIME, When
from cds_service.fhir.labs.observation import FAULTS, NOTHING, Observation, Unread, given
from cds_service.fhir.labs.replaced import Item
from cds_service.fhir.references import local

# Far more than a laboratory sends of one analyte for one specimen, report or time; no more are compared.
_MOST = 50
_LONG = "long"  # marks what was not taken at an instant: it may be of the same time as what was taken at another
_LEVELS = 4  # a report of panels of panels of results has three

Names = frozenset[tuple[str, str]]


class Kin(NamedTuple):
    """What joins an item to others (`bonds`), and what tells it from them: names of its specimen, collection time."""

    item: Item
    bonds: Sequence[Hashable]
    specimen: Names
    taken: When | None
    moment: tuple[datetime, datetime] | None


class _Identifier(msgspec.Struct, gc=False):
    system: str | None = None
    value: str | None = None


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None
    identifier: _Identifier | None = None


class _Specimen(msgspec.Struct, gc=False):
    resourceType: str | None = None
    id: str | None = None
    identifier: list[_Identifier] = []
    accessionIdentifier: _Identifier | None = None


_REFERENCES = msgspec.json.Decoder(_Reference | list[_Reference] | None)
_CONTAINED = msgspec.json.Decoder(list[Raw])
_SPECIMEN = msgspec.json.Decoder(_Specimen)


class Families:
    """The bonds of the items of one call. `named` are the members that panels and reports name, still undecoded."""

    def __init__(self, named: Iterable[tuple[str, Raw]], server: str) -> None:
        self._server = server
        self._parents: defaultdict[str, list[str]] = defaultdict(list)
        self._kin: dict[int, Kin] = {}
        for parent, raw in named:
            for reference in _references(raw):
                self._parents[local(reference.reference or "", server)].append(parent)

    def kin(self, item: Item) -> Kin:
        """The item with its bonds; worked out once."""
        known = self._kin.get(id(item))
        if known is None:
            known = self._kin[id(item)] = self._work_out(item)
        return known

    def _work_out(self, item: Item) -> Kin:
        when = item.result.when
        taken = None if when.issued or when == ANY_TIME else when
        moment = (taken.start, taken.end) if taken else None
        specimen = _specimen(item.sent, self._server)
        reports = self._reports(item.result.source.partition("#")[0])
        bonds = (*specimen, *reports, moment) if moment else (*specimen, *reports)
        return Kin(item, bonds, specimen, taken, moment)

    def _reports(self, source: str) -> Iterable[str]:
        """The resource that the item is, or is found in; what names that, what names these, and so on.

        What more than fifty resources name is not of one report.
        """
        own = {source} if source else set()
        if not self._parents:
            return own
        found, level = set(own), own
        for _ in range(_LEVELS):
            level = {parent for name in level for parent in self._parents.get(name, ())} - found
            found |= level
            if len(found) > _MOST:
                return own
        return found


class Index:
    """Items by what joins them to others."""

    def __init__(self, items: Iterable[Item], families: Families) -> None:
        self._families = families
        self._of: defaultdict[Hashable, list[Kin]] = defaultdict(list)
        for item in items:
            kin = families.kin(item)
            for bond in kin.bonds:
                self._of[bond].append(kin)
                self._of[bond, kin.moment].append(kin)
                if not _is_instant(kin):
                    self._of[bond, _LONG].append(kin)

    def near(self, item: Item) -> list[Item] | None:
        """The items that belong together with this one; where more than fifty may, those of its very time alone.

        None where these too are more than fifty.
        """
        own = self._families.kin(item)
        at_once = [(bond, own.moment) for bond in own.bonds]
        may_be = [*at_once, *((bond, _LONG) for bond in own.bonds)] if _is_instant(own) else own.bonds
        for bonds in (may_be, at_once):
            hits = [self._of[bond] for bond in bonds if bond in self._of]
            if sum(map(len, hits)) <= _MOST:
                found = {id(kin.item): kin for hit in hits for kin in hit}
                return [kin.item for kin in found.values() if not _contradict(own, kin)]
        return None


def _is_instant(kin: Kin) -> bool:
    return kin.taken is not None and kin.taken.start == kin.taken.end


def _contradict(one: Kin, other: Kin) -> bool:
    """True where both name a specimen, and no common one, or were surely taken at different times."""
    if one.taken and other.taken and (one.taken.after(other.taken) or other.taken.after(one.taken)):
        return True
    return bool(one.specimen and other.specimen) and not one.specimen & other.specimen


def _specimen(sent: Observation, server: str) -> Names:
    """The names of the one specimen of an Observation: its reference, and its identifiers by their system."""
    references = _references(sent.specimen) if sent.specimen is not NOTHING else []
    if len(references) != 1:
        return frozenset()
    [reference] = references
    identifiers = [reference.identifier] if reference.identifier else []
    text = reference.reference or ""
    if text.startswith("#"):
        identifiers += _identifiers(sent.contained, text[1:])
        text = ""
    names = [("reference", local(text, server) or text)] if text else []
    return frozenset([*names, *((f"identifier {x.system}", x.value) for x in identifiers if x.system and x.value)])


def _identifiers(contained: Unread, name: str) -> list[_Identifier]:
    """The identifiers of a contained Specimen."""
    try:
        inside = [_SPECIMEN.decode(x) for x in _CONTAINED.decode(contained)] if given(contained) else []
    except FAULTS:
        return []
    found = [x for x in inside if x.resourceType == "Specimen" and x.id in (name, f"#{name}")]
    return [y for x in found for y in (*x.identifier, x.accessionIdentifier) if y is not None]


def _references(raw: Raw) -> list[_Reference]:
    try:
        sent = _REFERENCES.decode(raw)
    except FAULTS:
        return []
    if isinstance(sent, list):
        return sent
    return [sent] if sent is not None else []
