"""Neutrophils as a differential count tells them: percents, segmented and bands, and what ties these together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from tests.generative.awkward_times import moment, timed
from tests.generative.chart import Chart, Resource
from tests.generative.clock import TIMES, ago, instant, read
from tests.generative.codes import (
    BAND_PERCENT,
    BANDS,
    LYMPHOCYTE_PERCENTS,
    PARTS,
    PERCENT,
    SEGMENTED,
    SEGMENTED_PERCENT,
    analyte_of,
    part_of,
)
from tests.generative.results import observation_of, plain, written_as

# Leukocytes beside which a neutrophil count on a limit is a percent without a fraction that never ends.
ROUND_LEUKOCYTES = tuple(map(Decimal, ("2.5", "4", "5", "8", "10")))
HUNDRED = Decimal(100)


def part(chart: Chart, kind: str, value: Decimal, beside: Resource) -> Resource:
    """A part of a differential count, of the patient, status and time of the result beside it."""
    of, codes = PARTS[kind]
    how = written_as(chart.rng, "neutrophils", of, chart.rng.choice(codes))
    chart.counter += 1
    kept = {key: beside[key] for key in ("status", "subject", *TIMES) if key in beside}
    made = observation_of(how, chart.counter, value) | kept
    chart.observations.append(made)
    return made


def leukocytes_of(chart: Chart, neutrophils: Resource) -> Resource | None:
    """The leukocytes of the same time."""
    return next(
        (x for x in chart.observations if analyte_of(x) == "leukocytes" and moment(x) == moment(neutrophils)), None
    )


def shares(chart: Chart, value: Decimal, white: Resource | None) -> Decimal:
    """The percent that makes the count `value`, with round leukocytes written for it.

    Any percent where no leukocytes are counted, or so few that they must stay as they are.
    """
    how = chart.laboratory.writings["leukocytes"]
    counted = how.told(white["valueQuantity"]) if white and "valueQuantity" in white else None
    if white is None or counted is None or counted < 2:
        return Decimal(chart.rng.choice((20, 45, 50, 60)))
    total = max(chart.rng.choice(ROUND_LEUKOCYTES), next(x for x in ROUND_LEUKOCYTES if x >= min(value, 10)))
    white["valueQuantity"] = how.quantity(total)
    return min(plain(value * HUNDRED / total), HUNDRED)


def by_percent(chart: Chart, value: Decimal, beside: Resource, white: Resource | None) -> list[Resource]:
    return [part(chart, PERCENT, shares(chart, value, white), beside)]


def by_parts(chart: Chart, value: Decimal, beside: Resource, white: Resource | None) -> list[Resource]:
    bands = plain(value / 10)
    return [part(chart, SEGMENTED, value - bands, beside), part(chart, BANDS, bands, beside)]


def by_percents(chart: Chart, value: Decimal, beside: Resource, white: Resource | None) -> list[Resource]:
    percent = shares(chart, value, white)
    bands = min(Decimal(chart.rng.choice((0, 1, 4))), percent)
    return [part(chart, SEGMENTED_PERCENT, percent - bands, beside), part(chart, BAND_PERCENT, bands, beside)]


def segmented_alone(chart: Chart, value: Decimal, beside: Resource, white: Resource | None) -> list[Resource]:
    if chart.rng.random() < 0.5:
        return [part(chart, SEGMENTED, value, beside)]
    return [part(chart, SEGMENTED_PERCENT, shares(chart, value, white), beside)]


def bands_alone(chart: Chart, value: Decimal, beside: Resource, white: Resource | None) -> list[Resource]:
    """No count of neutrophils follows from it."""
    return [part(chart, BANDS, plain(value / 10), beside)]


WAYS: tuple[tuple[int, Callable[[Chart, Decimal, Resource, Resource | None], list[Resource]]], ...] = (
    (45, by_percent), (18, by_parts), (18, by_percents), (16, segmented_alone), (3, bands_alone),
)  # fmt: skip


def tie(chart: Chart, parts: list[Resource], white: Resource | None) -> None:
    """Say in one more way, or in none, that these belong together."""
    together = [*parts, white] if white else parts
    style = chart.rng.choices(("time", "specimen", "report", "members"), (50, 24, 14, 12))[0]
    if style == "specimen":
        name = f"s-{parts[0]['id']}"
        by_identifier = chart.laboratory.identifiers
        same: Resource = {"identifier": {"value": name}} if by_identifier else {"reference": f"Specimen/{name}"}
        for result in together:
            result["specimen"] = dict(white.get("specimen", same) if white else same)
    elif style != "time":
        listed = [{"reference": f"Observation/{x['id']}"} for x in together]
        holder = report(parts[0]) if style == "report" else panel(parts[0])
        holder["result" if style == "report" else "hasMember"] = listed
        (chart.more["reports"] if style == "report" else chart.observations).append(holder)


def report(of: Resource, **members: object) -> Resource:
    """A DiagnosticReport of the patient and time of that result."""
    return {
        "resourceType": "DiagnosticReport",
        "id": f"report-{of['id']}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "57021-8"}]},
        "subject": of["subject"],
        **{key: of[key] for key in ("effectiveDateTime", "effectivePeriod") if key in of},
        **members,
    }


def panel(of: Resource, **members: object) -> Resource:
    """An Observation of no value of the patient, status and time of that result: a panel."""
    kept = {key: of[key] for key in ("status", "subject", *TIMES) if key in of}
    code = {"coding": [{"system": "http://loinc.org", "code": "58410-2"}]}
    return {"resourceType": "Observation", "id": f"panel-{of['id']}", "code": code, **kept, **members}


def differential(chart: Chart, result: Resource) -> None:
    """The neutrophils of one draw told by a differential count instead; sometimes of each draw."""
    counted = [x for x in chart.observations if analyte_of(x) == "neutrophils" and plainly_told(x)]
    if not counted:
        return
    newest = max(counted, key=moment)
    for neutrophils in counted if chart.rng.random() < 0.3 else [newest]:
        tell_by_parts(chart, neutrophils, keep=chart.rng.random() < 0.15)


def plainly_told(result: Resource) -> bool:
    """Whether the result has a plain value and time, and no other result took its place."""
    return "valueQuantity" in result and "comparator" not in result["valueQuantity"] and bool(read_or_day(result))


def read_or_day(result: Resource) -> str:
    """The time written there as an instant or a date; "" for a month and less."""
    text = moment(result)
    return text if len(text) >= 10 and not {"issued"} & set(result) else ""


def tell_by_parts(chart: Chart, neutrophils: Resource, keep: bool) -> None:
    """Parts in the place of one count, or beside it."""
    weights, ways = zip(*WAYS, strict=True)
    how = chart.laboratory.writings["neutrophils"]
    value = how.told(neutrophils["valueQuantity"])
    if value is None or value < 0 or value > 10:
        return
    if keep and chart.rng.random() < 0.5:
        value = Decimal(chart.rng.choice(("0.9", "1.0", "2.0")))
    white = leukocytes_of(chart, neutrophils)
    parts = chart.rng.choices(ways, weights)[0](chart, value, neutrophils, white)
    if not keep:
        chart.observations[:] = [x for x in chart.observations if x is not neutrophils]
    tie(chart, parts, white)


def apart(chart: Chart, result: Resource) -> None:
    """A differential whose parts do not belong together: other specimens, or other times."""
    differential(chart, result)
    parts = [x for x in chart.observations if part_of(x)]
    white = leukocytes_of(chart, parts[-1]) if parts else None
    if white is None:
        return
    of_one_draw = [x for x in parts if moment(x) == moment(white)]
    # Segmented and bands by themselves need no leukocytes: there the bands are the ones that do not belong.
    strangers, others = of_one_draw, [white]
    if part_of(parts[-1]) in (SEGMENTED, BANDS):
        strangers, others = of_one_draw[-1:], [*of_one_draw[:-1], white]
    if chart.rng.random() < 0.5:
        for name, members in (("a", strangers), ("b", others)):
            for x in members:
                x["specimen"] = {"reference": f"Specimen/{name}"}
    else:
        then = instant((read(moment(white)) or ago(2)) - timedelta(hours=2))
        for x in strangers:
            timed(x, effectiveDateTime=then)


def spoiled_part(chart: Chart, result: Resource) -> None:
    """A differential of which one part cannot be read."""
    differential(chart, result)
    parts = [x for x in chart.observations if part_of(x)]
    if not parts:
        return
    changes: tuple[Resource, ...] = (
        {"value": Decimal("0.45"), "unit": "{ratio}"},
        {"value": Decimal(140), "unit": "%"},
        {"value": Decimal(45)},
        {"value": Decimal(5), "unit": "%", "comparator": "<"},
        {"value": Decimal(5), "unit": "%", "comparator": ">"},
        {"value": Decimal(450), "unit": "10*-3"},
    )
    parts[-1]["valueQuantity"] = dict(chart.rng.choice(changes))


def early_part(chart: Chart, result: Resource) -> None:
    """A differential of which one part is preliminary."""
    differential(chart, result)
    for made in [x for x in chart.observations if part_of(x)][-1:]:
        made["status"] = "preliminary"


def lymphocyte_percent(chart: Chart, result: Resource) -> None:
    """A percent that is not read."""
    how = written_as(chart.rng, "lymphocytes", "percent", chart.rng.choice(LYMPHOCYTE_PERCENTS))
    chart.counter += 1
    kept = {key: result[key] for key in ("status", "subject", *TIMES) if key in result}
    chart.observations.append(observation_of(how, chart.counter, Decimal(30)) | kept)


DIFFERENTIALS: tuple[tuple[int, Callable[[Chart, Resource], None]], ...] = (
    (16, differential), (3, apart), (3, spoiled_part), (2, early_part), (1, lymphocyte_percent),
)  # fmt: skip
