"""Neutrophils that no laboratory counted: from segmented and band forms, or from percents of the leukocytes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from itertools import product
from typing import NamedTuple

from cds_service.clinical.facts import CALCULATED, LEUKOCYTES, NEUTROPHILS, SEGMENTED, Reason, Result, Unknown, When
from cds_service.fhir.codes import (
    BAND_COUNT,
    BAND_PERCENT,
    NEUTROPHIL_PERCENT,
    SEGMENTED_COUNT,
    SEGMENTED_PERCENT,
)
from cds_service.fhir.labs.replaced import Item
from cds_service.fhir.labs.together import Families, Index
from cds_service.fhir.units import BANDS

# More results of one kind for one differential than two laboratories send by three methods each.
_MOST = 12
_UNIT = "10*9/L"
_HUNDREDTH = Decimal("0.01")
_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])
_DIRECT, _ALONE = 0, 4  # the ranks of a direct count, and of segmented forms without bands
_NONE: Sequence[Item | None] = (None,)
_NO_TOTAL = "no leukocytes of the same specimen, report or time"
_TOO_MANY = "too many results of the same specimen, report or time"


class _Recipe(NamedTuple):
    """How to make a count: of which part, with which bands added, times the leukocytes or not; rank 1 is the best."""

    rank: int
    of: str
    bands: str
    share: bool


_RECIPES = (
    _Recipe(1, SEGMENTED_COUNT, BAND_COUNT, share=False),
    _Recipe(2, NEUTROPHIL_PERCENT, "", share=True),
    _Recipe(3, SEGMENTED_PERCENT, BAND_PERCENT, share=True),
)


class _Made(NamedTuple):
    item: Item
    rank: int

    @property
    def anchor(self) -> Item:
        return self.item.parts[0]

    @property
    def usable(self) -> bool:
        return self.item.result.fault is None


def calculated(items: Mapping[str, Sequence[Item]], families: Families) -> list[Item]:
    """The neutrophils that the parts in `items` tell, in 10*9/L, marked CALCULATED or, without bands, SEGMENTED.

    One that cannot be told is unusable for the reason of the part that is missing or unusable. Of those that belong
    together the first usable one is left: segmented + band forms; leukocytes x neutrophil percent; leukocytes x
    (segmented + band percent); segmented forms alone, a lower bound, and only where there is no direct count either.
    """
    if not any(items.get(recipe.of) for recipe in _RECIPES):
        return []
    leukocytes = Index(items.get(LEUKOCYTES, ()), families)
    made = [x for recipe in _RECIPES for x in _make(recipe, items, leukocytes, families)]
    return [x.item for x in _standing(made, items.get(NEUTROPHILS, ()), families)]


def _make(
    recipe: _Recipe, items: Mapping[str, Sequence[Item]], leukocytes: Index, families: Families
) -> Iterator[_Made]:
    """A count for each part that a recipe starts from, with each of the bands and leukocytes that it belongs to."""
    bands = Index(items.get(recipe.bands, ()), families)
    for part in items.get(recipe.of, ()):
        added = bands.near(part)
        totals = leukocytes.near(part) if recipe.share else []
        if added is None or totals is None or len(added) > _MOST or len(totals) > _MOST:
            yield _Made(_unusable((part,), Reason.CONFLICTING, part, _TOO_MANY), recipe.rank)
            continue
        for band, total in product(added or _NONE, totals or _NONE):
            alone = bool(recipe.bands) and band is None
            rank = _ALONE if alone else recipe.rank
            yield _Made(_count((part, *_sent(band), *_sent(total)), total, recipe.share, alone), rank)


def _sent(item: Item | None) -> tuple[Item, ...]:
    return () if item is None else (item,)


def _count(parts: tuple[Item, ...], total: Item | None, share: bool, alone: bool) -> Item:
    for part in parts:
        if part.result.fault is not None:
            return _unusable(parts, part.result.fault.reason, part, part.result.fault.detail)
    if share and total is None:
        return _unusable(parts, Reason.UNREADABLE, parts[0], _NO_TOTAL)
    value = _value([x.result for x in parts if x is not total], total.result if total else None)
    comparator = _comparator([x.result for x in parts], alone)
    if value is None or comparator is None:
        return _unusable(parts, Reason.UNREADABLE, parts[0], " and ".join(_said(x.result) for x in parts))
    return _item(parts, _result(parts, None, value, comparator, SEGMENTED if alone else CALCULATED))


def _value(addends: Sequence[Result], total: Result | None) -> Decimal | None:
    """The exact count in 10*9/L; None where it is not plausible, or has more digits than anybody sends."""
    try:
        value = _EXACT.add(_number(addends[0]), _number(addends[1]) if len(addends) > 1 else Decimal(0))
        if total is not None:
            if value > 100:
                return None
            value = _EXACT.multiply(_EXACT.multiply(value, _HUNDREDTH), _number(total))
    except DecimalException:
        return None
    band = BANDS[NEUTROPHILS]
    return _EXACT.normalize(value) if band.low <= value <= band.high else None


def _comparator(parts: Sequence[Result], alone: bool) -> str | None:
    """The comparator of what is made from the parts; None where they point in different directions.

    A bound is strict where one of the parts is, except at 0, which nothing is below.
    """
    signs = [x.comparator for x in parts if x.comparator]
    directions = {sign[0] for sign in signs} | ({">"} if alone else set())
    if len(directions) > 1:
        return None
    if not directions:
        return ""
    strict = any(len(sign) == 1 for sign in signs) and all(_number(x) > 0 for x in parts)
    return f"{directions.pop()}{'' if strict else '='}"


def _number(result: Result) -> Decimal:
    assert result.value is not None
    return result.value


def _said(result: Result) -> str:
    return f"{result.comparator} {result.value} {result.unit}".strip()


def _unusable(parts: tuple[Item, ...], reason: Reason, of: Item, detail: str) -> Item:
    unknown = Unknown(NEUTROPHILS, reason, of.result.source, detail)
    return _item(parts, _result(parts, unknown, None, "", CALCULATED))


def _item(parts: tuple[Item, ...], result: Result) -> Item:
    return Item(result, parts[0].sent, parts[0].raw, parts)


def _result(
    parts: Sequence[Item], fault: Unknown | None, value: Decimal | None, comparator: str, derived: str
) -> Result:
    sources = dict.fromkeys(x.result.source for x in parts if x.result.source)
    return Result(
        NEUTROPHILS,
        parts[0].result.source,
        _when(parts),
        all(x.result.final for x in parts),
        fault,
        value,
        comparator,
        value,
        _UNIT if value is not None else "",
        derived=derived,
        parts=tuple(sources),
    )


def _when(parts: Sequence[Item]) -> When:
    """The widest time of collection among the parts, else of reporting: of several as wide that of the differential."""
    times = [x.result.when for x in parts]
    return max([x for x in times if not x.issued] or times, key=lambda x: x.end - x.start)


def _standing(made: Sequence[_Made], direct: Sequence[Item], families: Families) -> list[_Made]:
    """What was made without what a better one of the same differential makes needless."""
    usable: defaultdict[tuple[int, bool], list[Item]] = defaultdict(list)
    for item in direct:
        if item.result.fault is None:
            usable[_DIRECT, item.result.final].append(item)
    for x in made:
        if x.usable:
            usable[x.rank, x.item.result.final].append(x.anchor)
    asked = [key for key in usable if any(_yields(x, *key) for x in made)]
    better = {key: Index(usable[key], families) for key in asked}
    return [x for x in made if not any(_yields(x, *key) and index.near(x.anchor) for key, index in better.items())]


def _yields(made: _Made, rank: int, final: bool) -> bool:
    """True where a usable one of this rank stands in its place; a preliminary one in place of no final one.

    A direct count stands beside a calculated one.
    """
    if made.item.result.final and not final:
        return False
    if not made.usable:
        return True
    return rank < made.rank and (rank != _DIRECT or made.item.result.derived == SEGMENTED)
