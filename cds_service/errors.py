"""What can go wrong: a stable code, an HTTP status, and a sentence that says what, where, what to do, and what became
of the data. The same sentence goes to the caller and the terminal; `docs/errors.md` is printed from the classes.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

CODE_SYSTEM = "https://trofosfamide-cds.example.org/fhir/CodeSystem/error"
DOCS_PAGE = "https://trofosfamide-cds.example.org/docs/errors"
NOTHING_EVALUATED = "Nothing was evaluated or stored."


class CdsError(Exception):
    """The root of our exceptions. `issue` is the FHIR issue type, `meaning` and `remedy` stand on the docs page."""

    code: ClassVar[str]
    status: ClassVar[int] = 400
    issue: ClassVar[str] = "invalid"
    meaning: ClassVar[str]
    remedy: ClassVar[str]

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} {self.remedy} {self.fate}")

    @property
    def fate(self) -> str:
        """What happened to the data of the request."""
        return NOTHING_EVALUATED


class NotJson(CdsError):
    code = "not-json"
    issue = "structure"
    meaning = "The body is not JSON in UTF-8."
    remedy = "Send one JSON object (RFC 8259) encoded in UTF-8."


class TooDeep(CdsError):
    code = "too-deep"
    issue = "structure"
    meaning = "Arrays and objects are nested more than 100 levels deep."
    remedy = "FHIR resources need fewer than 30 levels; look for a loop in what writes the body."


class DuplicateMember(CdsError):
    code = "duplicate-member"
    issue = "structure"
    meaning = "An object of the envelope has two members of one name, so that what was meant cannot be told."
    remedy = "Send each member once."


class MissingElement(CdsError):
    code = "missing-element"
    issue = "required"
    meaning = "A required element of the hook call is missing."
    remedy = "Add it as the hook's definition says (CDS Hooks 2.0, Calling a CDS Service)."


class InvalidElement(CdsError):
    code = "invalid-element"
    issue = "value"
    meaning = "An element of the hook call has the wrong type or a value that its definition forbids."
    remedy = "Correct it as the hook's definition says (CDS Hooks 2.0, Calling a CDS Service)."


class WrongHook(CdsError):
    code = "wrong-hook"
    issue = "value"
    meaning = "The hook of the call is not the hook of the service it was sent to."
    remedy = "Send each hook to a service whose discovery entry names it (GET /cds-services)."


class NotAllowed(CdsError):
    code = "not-allowed"
    status = 403
    issue = "forbidden"
    meaning = "The caller is known, and may not make this call: for its tenant, its FHIR server, or because it is off."
    remedy = "Ask the operator of the service to look at the table of clients (docs/security.md)."


class TooManyRequests(CdsError):
    code = "too-many-requests"
    status = 429
    issue = "throttled"
    meaning = (
        "Calls from this address were refused too often of late, or this client sent too much feedback; a hook call "
        "with a good token is always answered."
    )
    remedy = "Correct the token (docs/security.md says what it has to hold), and wait as long as Retry-After says."


class UnknownPlace(CdsError):
    code = "not-found"
    status = 404
    issue = "not-found"
    meaning = "No service or page has this address."
    remedy = "GET /cds-services lists the services."


class WrongMethod(CdsError):
    code = "method-not-allowed"
    status = 405
    issue = "not-supported"
    meaning = "The address exists, the HTTP method is not one of it."
    remedy = "The Allow header names the methods: discovery is read with GET, a service is called with POST."


class PrefetchMissing(CdsError):
    code = "prefetch-missing"
    status = 412
    issue = "required"
    meaning = "The call is about trofosfamide, and what the decision needs was neither prefetched nor can be fetched."
    remedy = "Send every prefetch key of the discovery entry; null or an empty Bundle where the record has nothing."


class TooLarge(CdsError):
    code = "too-large"
    status = 413
    issue = "too-long"
    meaning = "The body is larger than the limit in the settings."
    remedy = "Send fewer resources (the prefetch templates end at _count=200), or raise CDS_MAX_BODY_BYTES."


class NotJsonType(CdsError):
    code = "unsupported-media-type"
    status = 415
    issue = "not-supported"
    meaning = "The Content-Type names something other than JSON."
    remedy = "Send Content-Type: application/json."


class Refused(CdsError):
    code = "request-refused"
    issue = "processing"
    meaning = "The HTTP request itself could not be read, such as a body that ended early."
    remedy = "Send the request again; look at proxies in between where it happens often."


class InternalFault(CdsError):
    code = "internal-error"
    status = 500
    issue = "exception"
    meaning = "The service failed outside of a decision; the fault is ours."
    remedy = "Report it with the X-Request-Id of the answer, which names the entry in the log."


class FeedbackNotStored(CdsError):
    code = "feedback-not-stored"
    status = 503
    issue = "transient"
    meaning = "The feedback could not be acknowledged, because the database did not take it in time."
    remedy = "Send the same feedback again later; a repeat does no harm."

    @property
    def fate(self) -> str:
        return "Whether any of it was stored is open."


class NotReady(CdsError):
    code = "not-ready"
    status = 503
    issue = "transient"
    meaning = "The service is up but something it writes to or reads from is not; hook calls are still answered."
    remedy = "See docs/server.md, and run `cds check` where the service runs."


class StartError(CdsError):
    """The service cannot start: never an HTTP answer."""

    code = "cannot-start"
    status = 500
    issue = "exception"
    meaning = "The service does not start, because something it rests on is missing or wrong."
    remedy = "`cds check` names every such fault."

    @property
    def fate(self) -> str:
        return "Nothing was started."


class SettingsError(StartError):
    code = "settings"
    meaning = "A setting has a value that cannot be used."
    remedy = "docs/settings.md lists every setting with an example."


class DataFileError(StartError):
    """A protocol file, card template or schema is not as it must be: the service starts whole or not at all."""

    code = "data-file"
    meaning = "A protocol file, a card template or a schema is missing, damaged or inconsistent."
    remedy = "Restore it from the release, or correct it if it is your own."


def outcome(error: CdsError) -> dict[str, Any]:
    """The error as a FHIR R4 OperationOutcome: code with its docs page, and the sentence in `diagnostics`."""
    coding = {"system": CODE_SYSTEM, "code": error.code, "display": error.meaning}
    details = {"coding": [coding], "text": f"{error.meaning} See {DOCS_PAGE}#{error.code}"}
    issue = {"severity": "error", "code": error.issue, "details": details, "diagnostics": str(error)}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def every(root: type[CdsError] = CdsError) -> Iterator[type[CdsError]]:
    """All kinds of error, in the order in which they are defined."""
    for kind in root.__subclasses__():
        yield kind
        yield from every(kind)
