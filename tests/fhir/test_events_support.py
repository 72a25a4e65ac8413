"""Transfusions and growth factors: what was given, when, and what only looks like it."""

from typing import Any

import pytest

from cds_service.clinical.facts import (
    ANY_TIME,
    G_CSF,
    G_CSF_PEGYLATED,
    PLATELET_TRANSFUSION,
    RED_CELLS,
    Reason,
    Support,
    Unknown,
    When,
)
from cds_service.fhir.events import KEYS
from cds_service.fhir.times import period, when
from tests.fhir.events import (
    ATC,
    FILGRASTIM,
    GIVEN,
    PEGFILGRASTIM,
    SNOMED,
    administration,
    procedure,
    read,
    read_pages,
    support,
    unclear,
)
from tests.fhir.observations import BERLIN, Json, coded, searchset

NOTHING = ((), (), (), (), ())
LATE = "2026-11-23T09:05:01Z"


def told(*resources: Json) -> tuple[Any, ...]:
    found = read(*resources)
    return found.toxicities, found.supports, found.unclear, found.foreign, found.gaps


def medication(code: str = FILGRASTIM, **members: Any) -> Json:
    return {"resourceType": "Medication", "id": "m", "code": coded(code, system=ATC), **members}


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(
    ("code", "kind"),
    [("12719002", PLATELET_TRANSFUSION), ("116863004", RED_CELLS), ("71493000", RED_CELLS)],
)
def test_a_transfusion_is_known_by_its_code(code: str, kind: str) -> None:
    assert support(procedure(code=coded(code, system=SNOMED))) == Support(kind, "Procedure/x", when(GIVEN, BERLIN))


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("system", [ATC, "http://fhir.de/CodeSystem/bfarm/atc", "http://fhir.de/CodeSystem/dimdi/atc"])
@pytest.mark.parametrize(
    ("code", "kind"),
    [("L03AA02", G_CSF), ("L03AA10", G_CSF), ("L03AA13", G_CSF_PEGYLATED), ("L03AA14", G_CSF_PEGYLATED)],
)
def test_a_growth_factor_is_known_by_its_code(system: str, code: str, kind: str) -> None:
    given = administration(medicationCodeableConcept=coded(code, system=system))
    assert support(given) == Support(kind, "MedicationAdministration/x", when(GIVEN, BERLIN))


@pytest.mark.parametrize(
    "resource",
    [
        procedure(code=coded("180207008", system=SNOMED)),
        procedure(code=coded("12719002", system="https://site.example")),
        procedure(code={"text": "platelet transfusion"}),
        procedure(code=None),
        administration(medicationCodeableConcept=coded("L01AA07", system=ATC)),
        administration(medicationCodeableConcept=coded("L03AA02", system=SNOMED)),
        administration(medicationCodeableConcept={"text": "filgrastim"}),
    ],
)
def test_what_is_no_support_does_not_concern_us(resource: Json) -> None:
    assert told(resource) == NOTHING
    assert told({**resource, "subject": {"reference": "Patient/other"}}) == NOTHING


def test_one_procedure_may_give_both() -> None:
    found = read(procedure(code=coded("12719002", "116863004", "71493000", system=SNOMED)))
    assert [x.kind for x in found.supports] == [PLATELET_TRANSFUSION, RED_CELLS]


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(
    "came",
    [
        [administration(medicationReference={"reference": "#m"}, contained=[medication(PEGFILGRASTIM)])],
        [administration(medicationReference={"reference": "Medication/m"}), medication(PEGFILGRASTIM)],
        [administration(medicationReference={"reference": "Medication/m/_history/2"}), medication(PEGFILGRASTIM)],
        [
            administration(medicationReference={"reference": "https://fhir.hospital.example/r4/Medication/m"}),
            medication(PEGFILGRASTIM),
        ],
        [
            administration(medicationReference={"reference": "Medication/m"}),
            medication("V03AB", ingredient=[{"itemCodeableConcept": coded(PEGFILGRASTIM, system=ATC)}]),
        ],
    ],
)
def test_a_growth_factor_is_found_by_reference(came: list[Json]) -> None:
    assert support(*came).kind == G_CSF_PEGYLATED


def test_a_reference_to_another_drug_does_not_concern_us() -> None:
    assert told(administration(medicationReference={"reference": "Medication/m"}), medication("L01AA07")) == NOTHING


@pytest.mark.parametrize("reference", ["Medication/m", "#m", "https://elsewhere.example/Medication/m", "urn:uuid:1"])
def test_drugs_that_did_not_come_along_are_said_once(reference: str) -> None:
    drug = {"reference": reference, "display": "something"}
    sent = [administration(id=x, medicationReference=drug) for x in "ab"]
    assert unclear(*sent) == Unknown("support", Reason.NOT_READ, detail="medicationReference")


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        ({"status": "on"}, "medicationReference"),
        ({"modifierExtension": [{"url": "https://x.example"}]}, "medicationReference"),
    ],
)
def test_a_medication_that_cannot_be_relied_on_is_listed(broken: Json, detail: str) -> None:
    found = unclear(administration(medicationReference={"reference": "Medication/m"}), medication(**broken))
    assert found == Unknown("support", Reason.UNREADABLE, "MedicationAdministration/x", detail)


def test_a_medication_that_is_not_strictly_json_is_listed() -> None:
    twice = b'{"resourceType":"Medication","id":"m","id":"m","code":{"coding":[{"system":"%b","code":"L03AA02"}]}}'
    given = administration(medicationReference={"reference": "Medication/m"})
    found = read_pages({**dict.fromkeys(KEYS, searchset()), "administrations": searchset(given, twice % ATC.encode())})
    assert found.unclear == (
        Unknown("support", Reason.UNREADABLE, "MedicationAdministration/x", "medicationReference"),
    )


def test_of_two_medications_of_one_id_the_order_chooses_none() -> None:
    given = administration(medicationReference={"reference": "Medication/m"})
    both = [medication(FILGRASTIM), medication(PEGFILGRASTIM)]
    assert read(given, *both) == read(given, *reversed(both))


def test_a_drug_that_is_named_twice_is_listed() -> None:
    given = administration(medicationReference={"reference": "Medication/m"})
    found = unclear({**given, "medicationCodeableConcept": coded(FILGRASTIM, system=ATC)})
    assert found.reason is Reason.UNREADABLE


@pytest.mark.parametrize("kind", [procedure, administration])
@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped"])
def test_what_was_begun_was_given(kind: Any, status: str) -> None:
    assert support(kind(status=status)).when == when(GIVEN, BERLIN)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *((procedure, x) for x in ("preparation", "not-done", "on-hold", "entered-in-error", "unknown")),
        *((administration, x) for x in ("not-done", "on-hold", "entered-in-error", "unknown")),
    ],
)
def test_what_was_not_given_is_no_support(kind: Any, status: str) -> None:
    assert told(kind(status=status)) == NOTHING


def of(member: str, time: Any) -> list[Json]:
    """A procedure and an administration with this time, whose member of R4 is called `performed` and `effective`."""
    return [
        procedure(**{"performedDateTime": None, f"performed{member}": time}),
        administration(**{"effectiveDateTime": None, f"effective{member}": time}),
    ]


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    "text", ["2026", "2026-11", "2026-11-18", GIVEN, "2026-11-18T09:00:00+01:00", "2026-11-23T09:05:00Z"]
)
def test_the_time_has_the_precision_that_was_sent(text: str) -> None:
    assert all(support(x).when == when(text, BERLIN) for x in of("DateTime", text))


@pytest.mark.parametrize(
    ("start", "end"), [(GIVEN, "2026-11-19"), ("2026-11-18", "2026-11-18"), (GIVEN, None), (None, "2026-11-19")]
)
def test_a_period_is_all_of_it(start: str | None, end: str | None) -> None:
    sent = {name: x for name, x in (("start", start), ("end", end)) if x}
    assert all(support(x).when == period(start, end, BERLIN) for x in of("Period", sent))


def test_what_has_no_end_is_still_being_given() -> None:
    assert support(of("Period", {"start": GIVEN})[0]).when == When(when(GIVEN, BERLIN).start, ANY_TIME.end)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize("sent", [*of("DateTime", LATE), *of("DateTime", "2026-11-24"), *of("Period", {"start": LATE})])
def test_what_lies_in_the_future_is_listed(sent: Json) -> None:
    found = unclear(sent)
    assert (found.what, found.reason, found.source) == ("support", Reason.FUTURE, f"{sent['resourceType']}/x")


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (procedure(performedDateTime=None), "performed"),
        (procedure(performedDateTime=None, performedString="last week"), "performed"),
        (procedure(performedDateTime=None, performedPeriod={}), "performedPeriod"),
        (procedure(performedDateTime=20261118), "performedDateTime"),
        (procedure(status="done"), "status is not a code of its required value set"),
        (procedure(performedPeriod={"start": GIVEN}), "Procedure is not valid"),
        (procedure(modifierExtension=[{"url": "https://x.example"}]), "modifierExtension"),
        (procedure(code={"coding": {"system": SNOMED, "code": "12719002"}}), "code.coding is not valid"),
        (procedure(id=5), "id is not valid"),
        (administration(effectiveDateTime=None), "MedicationAdministration is not valid"),
        (administration(effectiveDateTime="soon"), "effectiveDateTime is not valid"),
        (administration(medicationCodeableConcept={"coding": [FILGRASTIM]}), "medicationCodeableConcept.coding"),
        (administration(modifierExtension=[{"url": "https://x.example"}]), "modifierExtension"),
    ],
)  # fmt: skip
def test_what_was_given_at_no_time_or_cannot_be_read_is_listed(sent: Json, detail: str) -> None:
    found = unclear(sent)
    assert (found.what, found.reason) == ("support", Reason.UNREADABLE)
    assert found.detail.startswith(detail)


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("kind", [procedure, administration])
@pytest.mark.parametrize("subject", [{"reference": "Patient/other"}, {"identifier": {"value": "p"}}, None])
@pytest.mark.parametrize("status", ["completed", "not-done"])
def test_what_another_patient_was_given_is_foreign(kind: Any, subject: Json | None, status: str) -> None:
    sent = kind(subject=subject, status=status)
    assert told(sent)[3] == (Unknown("support", Reason.OTHER_PATIENT, f"{sent['resourceType']}/x"),)


def test_a_support_without_an_id_is_named_by_its_place() -> None:
    assert support(procedure(id=None)).source == "transfusions.entry[0]"
