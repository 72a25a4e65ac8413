"""The two drawings that the source text lost, from the data: how treatment goes on, and which protocol is for whom."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from cds_service.clinical.protocol import Parameters
from cds_service.pages.diagram import Diagram, Edge, Node
from cds_service.pages.sheet import Sheet


def workflow(sheet: Sheet) -> Diagram:
    """Treatment under one protocol: start, counts, and what follows from them."""
    branches = tuple(_branches(sheet))
    boxes = [Node(*told, n, 3 + m) for n, (_, chain) in enumerate(branches) for m, told in enumerate(chain)]
    edges = [x for labels, chain in branches for x in _chained(labels, [told[0] for told in chain])]
    pause = tuple(_pause(sheet, len(branches)))
    return Diagram(
        id=f"{sheet.protocol.id}-workflow",
        title=f"Treatment workflow: {sheet.protocol.title}",
        description=(
            "Boxes from the eligibility check down to the start and the counts, from there a branch for each thing "
            "that may follow."
        ),
        nodes=(_eligible(sheet), _start(sheet.protocol.parameters), _watch(sheet.values), *boxes, *pause),
        edges=(
            Edge("eligible", "start", "the clinician decides"),
            Edge("start", "watch"),
            *edges,
            *(Edge("imaging", x.id, "no progression") for x in pause),
        ),
    )


def choice(sheets: Sequence[Sheet], site_default: str) -> Diagram:
    """Which protocol is for whom: the criteria of each, what it gives, and what is said where it is another."""
    last = len(sheets)
    chosen = ("the clinician chooses, and declares it with the order", "never inferred from the dose")
    root = Node("root", "ask", "Which protocol?", chosen, 0, 0)
    other = Node("other", "ask", "Another protocol, or both, declared", (), last, 1)
    silent = ("an interruption, and staying interrupted, are still said; nothing else is",)
    asked = tuple(Node(f"{_id(x)}-who", "ask", _asked(x), _criteria(x), n, 1) for n, x in enumerate(sheets))
    given = tuple(
        Node(_id(x), "do", x.protocol.title, _given(x, _id(x) == site_default), n, 2) for n, x in enumerate(sheets)
    )
    return Diagram(
        id="which-protocol",
        title="Which protocol for whom",
        description="One question at the top, below it the criteria of each protocol, and below those what it gives.",
        nodes=(root, *asked, other, *given, Node("none", "stop", "Not assessed", silent, last, 2)),
        edges=(
            *(Edge("root", x.id) for x in (*asked, other)),
            *(Edge(f"{x.id}-who", x.id, "declared") for x in given),
            Edge("other", "none"),
        ),
    )


def _id(sheet: Sheet) -> str:
    return sheet.protocol.id


def _asked(sheet: Sheet) -> str:
    return f"Criteria of {_id(sheet).removeprefix('trofosfamide-').replace('-', ' ')}"


def _criteria(sheet: Sheet) -> tuple[str, ...]:
    """The criteria as words, one a line, with the limits of those that have one."""
    limits = {x: y.format_map(sheet.values) for x, y in _LIMITS.items()}
    return tuple(limits.get(x.name, x.name.replace("-", " ")) for x in sheet.criteria)


_LIMITS = {
    "age-over-60": "older than {eligible_age}",
    "performance-status": "performance status {performance_status_worst} or better",
    "blood-counts": (
        "neutrophils {start_neutrophils} or more, platelets {start_platelets} or more, "
        "every count at most {start_grade}"
    ),
    "renal-function": "creatinine below {start_creatinine_uln}",
    "hepatic-function": "bilirubin below {start_bilirubin_uln}",
}


def _given(sheet: Sheet, default: bool) -> tuple[str, ...]:
    return (*_doses(sheet.protocol.parameters), *(("taken where none is declared",) if default else ()))


_Told = tuple[str, str, str, tuple[str, ...]]
_Branch = tuple[tuple[str, ...], tuple[_Told, ...]]


def _chained(labels: Sequence[str], names: Sequence[str]) -> Iterator[Edge]:
    """The arrows of one branch; what restarts goes back to the counts."""
    for source, target, label in zip(("watch", *names), names, labels, strict=False):
        yield Edge(source, target, label)
    if names[-1] == "restart":
        yield Edge("restart", "watch", "counts as after a start")


def _eligible(sheet: Sheet) -> Node:
    return Node("eligible", "ask", "Eligible?", _criteria(sheet), 0, 0)


def _start(p: Parameters) -> Node:
    return Node("start", "start", "Start", (_dose(p.starting_dose, p), "every day, without a pause"), 0, 1)


def _watch(values: Mapping[str, str]) -> Node:
    early = f"every {values['count_interval_early']} for {values['early_period']} after a start, restart or new dose"
    return Node("watch", "ask", "Blood counts", (early, f"later every {values['count_interval_late']}"), 0, 2)


def _branches(sheet: Sheet) -> Iterator[_Branch]:
    """From left to right, each a chain of boxes with the labels of its arrows."""
    p, values = sheet.protocol.parameters, sheet.values
    yield _interruption(p)
    level = f"one level of {p.dose_step} mg lower; at {p.dose_step} mg/day hold, and ask a specialist"
    yield (f"other toxicity at grade {p.toxicity_grade} or worse",), (("reduce", "stop", "Reduce", (level,)),)
    if p.escalate_from:
        yield _escalation(p, values)
    if "imaging_months" in values:
        yield _imaging(values)


def _interruption(p: Parameters) -> _Branch:
    worst, good = p.interrupt_grade, p.recovery_grade
    labels = (f"a count at grade {worst} or worse", "", f"all at grade {good} or baseline")
    restart = f"{p.dose_step} mg below the lowest dose at any grade {worst}; in this course never above that again"
    return labels, (
        ("interrupt", "stop", "Interrupt", ("no dose",)),
        ("recover", "ask", "Recovered?", ("every acting count, in later samples",)),
        ("restart", "start", "Restart lower", (restart,)),
    )


def _escalation(p: Parameters, values: Mapping[str, str]) -> _Branch:
    steps = tuple(f"from {x} to {x + p.dose_step} mg/day" for x in p.escalate_from)
    limit = f"never above {p.maximum_dose} mg/day"
    label = f"{values['minimum_time_at_dose']} at the dose, counts at grade {p.escalation_grade} or better"
    return (label,), (("escalate", "do", "Escalation may be considered", (*steps, limit)),)


def _imaging(values: Mapping[str, str]) -> _Branch:
    return ("from the start on", "progression"), (
        ("imaging", "ask", "Imaging", (f"every {values['imaging_months']}, by RECIST 1.1",)),
        ("end", "stop", "End", ("at progression, or toxicity that is not acceptable",)),
    )


def _pause(sheet: Sheet, column: int) -> Iterator[Node]:
    """The box beside the end of treatment, where the protocol foresees a pause."""
    if any(x.name == "pause-consider" for x in sheet.monitoring):
        told = (f"after {sheet.values['pause_years']} under control",)
        yield Node("pause", "do", "A pause may be considered", told, column, 4)


def _dose(dose: Decimal, p: Parameters) -> str:
    return f"{dose} mg/day: {dose / p.dose_step:f} x {p.dose_step} mg"


def _doses(p: Parameters) -> tuple[str, ...]:
    higher = tuple(f"may rise from {x} to {x + p.dose_step} mg/day" for x in p.escalate_from)
    return (
        f"starts with {_dose(p.starting_dose, p)}",
        *(higher or ("no escalation",)),
        f"at most {p.maximum_dose} mg/day",
    )
