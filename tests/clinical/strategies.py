"""Any patient: results and orders of every kind and age, awkward ones included."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from cds_service.clinical.facts import (
    ANY_TIME,
    COUNTS,
    EVIDENCE,
    LYMPHOCYTES,
    Dose,
    Evidence,
    Facts,
    Order,
    Reason,
    Result,
    Unknown,
    When,
)
from tests.clinical.builders import (
    PROTOCOLS,
    ULN,
    ago,
    counts,
    day,
    draft,
    facts,
    issued,
    order,
    result,
    undetermined,
    unusable,
    whole,
)

LIMITS = {
    "haemoglobin": ("7.9", "8.0", "9.9", "10.0", "13"),
    "leukocytes": ("0.9", "1.0", "1.9", "2.0", "2.9", "3.0", "6"),
    "neutrophils": ("0.4", "0.9", "1.0", "1.4", "1.5", "4"),
    "platelets": ("24", "25", "49", "50", "74", "75", "250"),
    LYMPHOCYTES: ("0.1", "0.5", "2"),
}
CHEMISTRY = ("0.2", "1", "2", "4", "6", "25")  # times the upper limit of normal
AGES = st.sampled_from((0, 1, 2, 3, 6, 7, 8, 13, 14, 15, 20, 30, 35, 40, 60, 90, 100, 180, 200))


@st.composite
def times(draw: st.DrawFn) -> When:
    """Instants, whole days, times of reports, and now and then no time at all."""
    age = draw(AGES)
    kind = draw(st.sampled_from(("instant",) * 8 + ("day", "issued", "ever")))
    if kind == "ever":
        return ANY_TIME
    if kind == "day":
        return day(age)
    when = ago(days=age, hours=draw(st.sampled_from((0, 0, 0, 5))))
    return issued(when) if kind == "issued" else when


@st.composite
def results(draw: st.DrawFn) -> Result:
    analyte = draw(st.sampled_from((*COUNTS, *COUNTS, LYMPHOCYTES, *ULN)))
    when, final = draw(times()), draw(st.integers(0, 5)) > 0
    if when == ANY_TIME or draw(st.integers(0, 15)) == 0:
        reason = draw(st.sampled_from((Reason.UNREADABLE, Reason.WRONG_UNIT, Reason.FUTURE)))
        return unusable(analyte, when, reason, final=final)
    comparator = draw(st.sampled_from(("",) * 8 + ("<", "<=", ">", ">=")))
    if analyte in ULN:
        high = ULN[analyte] if draw(st.booleans()) else None
        value = f"{Decimal(draw(st.sampled_from(CHEMISTRY))) * ULN[analyte]:f}"
        return result(analyte, comparator + value, when, final=final, high=high)
    return result(analyte, comparator + draw(st.sampled_from(LIMITS[analyte])), when, final=final)


@st.composite
def doses(draw: st.DrawFn) -> Dose | Unknown:
    kind = draw(st.sampled_from(("level",) * 8 + ("range", "off", "cyclic", "unknown")))
    level = draw(st.sampled_from((50, 100, 100, 150, 150, 200, 250)))
    if kind == "unknown":
        return undetermined()
    if kind == "off":
        return Dose(Decimal(level) - 25, Decimal(level) - 25)
    low = level - 50 if kind == "range" else level
    return Dose(Decimal(low), Decimal(level), continuous=kind != "cyclic")


STATUSES = ("active", "active", "active", "stopped", "completed", "on-hold", "cancelled", "entered-in-error")
GAPS = (Unknown("results", Reason.INCOMPLETE), Unknown("orders", Reason.FETCH_FAILED))
BORN = (whole(date(1960, 1, 1)), whole(date(2010, 1, 1)), Unknown("age", Reason.ABSENT))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    age = draw(AGES)
    length = draw(st.sampled_from((None, None, 5, 20, 60)))
    start = draw(st.sampled_from((ago(days=age), ago(days=age), day(age), None)))
    end = None if length is None else draw(st.sampled_from((ago, day)))(days=age - length)
    more = {"intended": draw(st.integers(0, 9)) > 0, "reason_coded": draw(st.booleans())}
    return order(draw(doses()), start, end, draw(st.sampled_from(STATUSES)), **more)


@st.composite
def awkward(draw: st.DrawFn) -> Facts:
    """The facts of any patient with at least one draft."""
    record = draw(st.lists(orders(), max_size=4, unique_by=lambda x: x.source))
    followed = [x for x in record if draw(st.booleans())]
    names = [f"MedicationRequest/draft-{n}" for n in range(draw(st.integers(1, 2)))]
    new = [draft(draw(doses()), *followed, source=x) for x in names]
    gaps = [x for x in GAPS if draw(st.integers(0, 9)) == 0]
    return facts(
        draw(st.lists(results(), max_size=14)), record, new, gaps=tuple(gaps), born=draw(st.sampled_from(BORN))
    )


@st.composite
def steady(draw: st.DrawFn) -> Facts:
    """A patient in regular treatment, with at most a few surprises."""
    since = order(draw(st.sampled_from((50, 100, 100, 150))), ago(days=draw(st.sampled_from((20, 21, 40, 100)))))
    stopped = draw(st.sampled_from((None, None, ago(days=5))))
    record = [replace(since, end=stopped, status="stopped" if stopped else "active")]
    record += draw(st.lists(orders(), max_size=1))
    found = [x for age in draw(st.lists(AGES, min_size=1, max_size=3, unique=True)) for x in counts(ago(days=age))]
    found += draw(st.lists(results(), max_size=2))
    return facts(found, record, [draft(draw(st.sampled_from((50, 100, 100, 150, 200))), *record)])


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    """An item of the oncology record, of any kind and time."""
    kind = draw(st.sampled_from(sorted(EVIDENCE)))
    return Evidence(kind, draw(st.sampled_from(EVIDENCE[kind])), "Observation/e", draw(st.none() | times()))


@st.composite
def patients(draw: st.DrawFn) -> Facts:
    """As many in regular treatment as others; on either protocol, with or without an oncology record."""
    treated = draw(st.one_of(steady(), awkward()))
    unseen = draw(st.lists(st.sampled_from(sorted(EVIDENCE)), max_size=2))
    return replace(
        treated,
        evidence=tuple(draw(st.lists(evidence(), max_size=4))),
        declared=draw(st.sampled_from(((), (), *((x.url,) for x in PROTOCOLS.values())))),
        unseen=tuple(Unknown(x, Reason.NOT_READ, detail="cancer") for x in unseen),
    )
