"""One prefetched value: the resources in it, each still undecoded, and whether that is all there is."""

from dataclasses import dataclass

import msgspec

from cds_service.clinical.facts import Reason

_SINGLE = frozenset(
    "Observation DiagnosticReport MedicationRequest Medication MedicationAdministration MedicationStatement "
    "AdverseEvent Condition Procedure CarePlan ImagingStudy".split()
)
_HARMLESS = frozenset({"information", "warning"})


@dataclass(frozen=True, slots=True)
class Page:
    """What one key brought. `failed`: the EHR could not read it, or, if `unreadable`, we cannot read what it sent.

    `more`: the record has more than was sent. Without any of them, no resources means that the record has none.
    """

    resources: tuple[msgspec.Raw, ...] = ()
    failed: bool = False
    unreadable: bool = False
    more: bool = False

    def reason(self) -> Reason | None:
        """Why this is not all that the record has; None where it is."""
        if self.unreadable:
            return Reason.UNREADABLE
        if self.failed:
            return Reason.FETCH_FAILED
        return Reason.INCOMPLETE if self.more else None


class _Search(msgspec.Struct, gc=False):
    mode: str | None = None


class _Entry(msgspec.Struct, gc=False):
    resource: msgspec.Raw
    search: _Search | None = None


class _Link(msgspec.Struct, gc=False):
    relation: str | None = None


class _Head(msgspec.Struct):
    resourceType: str
    entry: list[_Entry] | None = None
    link: list[_Link] | None = None
    total: int | None = None


class _Issue(msgspec.Struct, gc=False):
    severity: str = ""


class _Outcome(msgspec.Struct):
    resourceType: str = ""
    issue: list[_Issue] = []


_HEAD = msgspec.json.Decoder(_Head | None)
_OUTCOME = msgspec.json.Decoder(_Outcome)
_UNREADABLE = Page(failed=True, unreadable=True)


def read(raw: bytes | msgspec.Raw) -> Page:
    """Open a Bundle, or a single resource sent in its place. null is an empty page. Never raises.

    A page is known to be cut short by its link `next`, or by a `total` above what it holds. Resources may still be
    OperationOutcomes without a search mode: ask `outcome_failed` of what is no resource of the kind wanted.
    """
    try:
        head = _HEAD.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _UNREADABLE
    if head is None:
        return Page()
    if head.resourceType == "Bundle":
        return _page(head)
    if head.resourceType in _SINGLE:
        return Page((msgspec.Raw(raw),))
    return Page(failed=True, unreadable=head.resourceType != "OperationOutcome")


def outcome_failed(raw: msgspec.Raw) -> bool:
    """True where an OperationOutcome among the results of a search tells of more than a warning, or cannot be read."""
    try:
        issues = _OUTCOME.decode(raw).issue
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return True
    return not issues or any(issue.severity not in _HARMLESS for issue in issues)


def _page(head: _Head) -> Page:
    entries = head.entry or []
    modes = [entry.search.mode if entry.search is not None else None for entry in entries]
    outcomes = [entry.resource for entry, mode in zip(entries, modes, strict=True) if mode == "outcome"]
    resources = [entry.resource for entry, mode in zip(entries, modes, strict=True) if mode != "outcome"]
    matches = len(resources) - modes.count("include")
    follows = any(link.relation == "next" for link in head.link or [])
    return Page(
        tuple(resources),
        failed=any(outcome_failed(outcome) for outcome in outcomes),
        more=follows or (head.total is not None and head.total > matches),
    )
