"""How a read can fail: a code for metrics, and an OperationOutcome in place of what was wanted."""

from enum import StrEnum

import requests
from msgspec import Raw
from urllib3.exceptions import NameResolutionError, NewConnectionError


class Failure(StrEnum):
    """Why a read failed. The codes are labels of metrics, and say nothing of the patient or the server."""

    BUSY = "busy"  # as many calls as may be are waiting for this server already
    BAD_QUERY = "bad-query"
    BROKEN = "broken"  # the connection ended before the answer did
    CONTENT_TYPE = "content-type"
    DEADLINE = "deadline"
    FORBIDDEN = "forbidden"
    FOREIGN_LINK = "foreign-link"  # the next page is said to be on another server, or above the base
    GONE = "gone"
    INTERNAL = "internal"
    NO_HOST = "no-host"
    NOT_FOUND = "not-found"
    OUTCOME = "outcome"  # an OperationOutcome with status 200
    PAGES_REPEAT = "pages-repeat"
    REDIRECT = "redirect"
    REFUSED = "refused"  # any other status than 200
    SERVER_ERROR = "server-error"
    THROTTLED = "throttled"
    TLS = "tls"
    TOO_LARGE = "too-large"
    TOO_MANY_PAGES = "too-many-pages"
    TOO_MANY_READS = "too-many-reads"
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"  # not JSON in UTF-8, members sent twice, nested too deep, no valid Bundle
    WRONG_RESOURCE = "wrong-resource"


class Failed(Exception):
    """A read that failed; its message is the code and nothing else."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


_STATUSES = {
    401: Failure.UNAUTHORIZED,
    403: Failure.FORBIDDEN,
    404: Failure.NOT_FOUND,
    410: Failure.GONE,
    429: Failure.THROTTLED,
}
_CLASSES = {3: Failure.REDIRECT, 5: Failure.SERVER_ERROR}
_ISSUES = {
    Failure.DEADLINE: "timeout",
    Failure.FORBIDDEN: "forbidden",
    Failure.GONE: "deleted",
    Failure.NOT_FOUND: "not-found",
    Failure.THROTTLED: "throttled",
    Failure.TOO_LARGE: "too-long",
    Failure.UNAUTHORIZED: "security",
}


def of_status(status: int) -> Failure | None:
    """What an HTTP status other than 200 means; None for 200."""
    if status == requests.codes.ok:
        return None
    return _STATUSES.get(status) or _CLASSES.get(status // 100, Failure.REFUSED)


def of_exception(error: Exception) -> Failure:
    """What an exception of a read means; the time-outs of `requests` all end at the deadline of the call."""
    match error:
        case Failed():
            return error.failure
        case requests.exceptions.SSLError():
            return Failure.TLS
        case requests.exceptions.ConnectTimeout():
            return Failure.UNREACHABLE
        case requests.exceptions.Timeout():
            return Failure.DEADLINE
        case requests.exceptions.ConnectionError():
            return _of_connection(error)
        case requests.exceptions.RequestException():
            return Failure.BROKEN
    return Failure.INTERNAL


def _of_connection(error: Exception) -> Failure:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NameResolutionError):
        return Failure.NO_HOST
    return Failure.UNREACHABLE if isinstance(reason, NewConnectionError) else Failure.BROKEN


def outcome(failure: Failure) -> Raw:
    """The failure as an OperationOutcome, read by `cds_service.fhir.bundle` as "could not be fetched"."""
    issue = _ISSUES.get(failure, "exception")
    return Raw(b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"%b"}]}' % issue.encode())
