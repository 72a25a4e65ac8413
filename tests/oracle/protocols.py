"""The two protocols: their numbers and lists, and which of them a patient is on. It is declared, never inferred."""

from dataclasses import dataclass

from tests.oracle.wire import as_list

BASE = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/"
ORGANS = ("blood-counts", "renal-function", "hepatic-function", "no-unresolved-toxicity")


@dataclass(frozen=True)
class Protocol:
    """`starting` and `escalates_from` in mg/day; `escalates_from` None: nothing is escalated."""

    ident: str
    starting: int
    escalates_from: int | None
    start_grade: int
    criteria: tuple
    may_pause: bool

    @property
    def url(self):
        return BASE + self.ident


MAINTENANCE = Protocol(
    "trofosfamide-maintenance", starting=100, escalates_from=100, start_grade=1, may_pause=True,
    criteria=("histology", "advanced-disease", "response-or-no-evidence-of-disease", *ORGANS),
)  # fmt: skip
FIRST_LINE = Protocol(
    "trofosfamide-first-line-elderly", starting=150, escalates_from=None, start_grade=2, may_pause=False,
    criteria=(
        "histology", "metastatic", "untreated", "age-over-60", "anthracycline-unsuitable", "performance-status",
        *ORGANS,
    ),
)  # fmt: skip
DEFAULT = MAINTENANCE
OURS = {one.url: one for one in (MAINTENANCE, FIRST_LINE)}


def canonicals(raw):
    """The canonical URLs that a resource says it follows, without their versions."""
    return [str(url).split("|")[0] for url in as_list(raw.get("instantiatesCanonical"))]


def ours(raw):
    """Those that are of this product."""
    return [url for url in canonicals(raw) if url in OURS]


def declared_by(plan):
    """What a CarePlan declares: of an active one that is meant, those of this product."""
    idle = plan.get("status") != "active" or plan.get("intent") in ("proposal", "option")
    return [] if idle or plan.get("modifierExtension") else ours(plan)


def protocol_of(drafts, orders, plans):
    """The protocol that is declared; None where it is an unknown one, or two at once.

    The drafts are asked first, then the orders that give the drug, then the care plans of the patient.
    """
    tiers = [
        [url for raw in drafts for url in canonicals(raw)],
        [url for raw in orders for url in canonicals(raw)],
        [url for raw in plans for url in declared_by(raw)],
    ]
    declared = set(next((tier for tier in tiers if tier), [DEFAULT.url]))
    return OURS.get(declared.pop()) if len(declared) == 1 else None
