"""When the tumour was last looked at: studies by CT, MR or PET, and reports of radiology."""

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from cds_service.clinical.facts import Unknown
from cds_service.fhir.events.heads import Head
from cds_service.fhir.events.view import Item, Resource, View, opened
from cds_service.fhir.oncology.codes import DIAGNOSTIC_SERVICE, DICOM, IMAGING_SERVICES, MODALITIES
from cds_service.fhir.oncology.items import EFFECTIVE, FAULTS, Reader, Shape, Span, Told, codings_of, shaped, told
from cds_service.fhir.shelf import Coding, Concept

_WHAT = "imaging"
_REPORTED = frozenset({"final", "amended", "corrected", "appended", "preliminary", "partial"})


class _Series(msgspec.Struct):
    modality: Coding | None = None


class _Study(Shape, kw_only=True):
    """What is read of an ImagingStudy."""

    status: str | None = None
    started: str | None = None
    modality: list[Coding] | None = None
    series: list[_Series] | None = None


class _Report(Shape, kw_only=True):
    """What is read of a DiagnosticReport of radiology."""

    status: str
    category: list[Concept] | None = None
    code: Concept | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Span | None = None


_STUDY, _REPORT = msgspec.json.Decoder(_Study), msgspec.json.Decoder(_Report)


def _modalities(study: _Study) -> list[str]:
    """CT, MR and PT of the study and of its series, each once."""
    sent = [*(study.modality or []), *(x.modality for x in study.series or [])]
    found = [x.code for x in sent if x is not None and x.system == DICOM and x.code in MODALITIES]
    return sorted({x for x in found if x})


def _services(report: _Report) -> list[str]:
    sent = [x for concept in report.category or [] for x in codings_of(concept)]
    return sorted({x.code for x in sent if x.code in IMAGING_SERVICES and x.system == DIAGNOSTIC_SERVICE})


def _is_study(head: Head, raw: Raw, _view: View) -> bool:
    """True for a study of one of the modalities, and for one that cannot be read."""
    if head.resourceType != "ImagingStudy":
        return not head.resourceType and b'"ImagingStudy"' in bytes(raw)
    try:
        return bool(_modalities(_STUDY.decode(raw)))
    except FAULTS:
        return True


def _is_report(head: Head, raw: Raw, _view: View) -> bool:
    if head.resourceType != "DiagnosticReport":
        return not head.resourceType and b'"DiagnosticReport"' in bytes(raw)
    try:
        return bool(_services(_REPORT.decode(raw)))
    except FAULTS:
        return True


def _study(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("ImagingStudy",), _is_available, shaped(_Study))
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    display = ", ".join(_modalities(msgspec.convert(resource, _Study)))
    return [told(item, "done", resource, ("started",), view, display)]


def _report(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("DiagnosticReport",), _is_reported, shaped(_Report))
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    report = msgspec.convert(resource, _Report)
    words = [report.code.text if report.code else None, *(x.display for x in codings_of(report.code))]
    display = next((x for x in words if x), ", ".join(_services(report)))
    return [told(item, "done", resource, EFFECTIVE, view, display)]


def _is_available(resource: Resource) -> bool:
    """A status that is no text makes the resource unreadable, which is said further on."""
    status = resource.get("status")
    return not isinstance(status, str) or status == "available"


def _is_reported(resource: Resource) -> bool:
    return not isinstance(resource.get("status"), str) or resource["status"] in _REPORTED


OF_STUDY = Reader(_WHAT, _is_study, _study)
OF_REPORT = Reader(_WHAT, _is_report, _report)
