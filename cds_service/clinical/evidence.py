"""What the oncology record says of one kind of thing: each item once, the newest, and of those the worst."""

from collections.abc import Mapping, Sequence

from cds_service.clinical.facts import Evidence, Facts, Reason, Unknown

# Of several items of one time the one that stands first here speaks.
_WORST_FIRST: Mapping[str, tuple[str, ...]] = {
    "response": ("progression", "mixed", "not-assessable", "stable", "partial", "complete", "no-evidence"),
    "performance-status": ("4", "3", "2", "1", "0"),
}
_UNREAD = frozenset({Reason.NOT_READ, Reason.FETCH_FAILED, Reason.INCOMPLETE, Reason.UNREADABLE})


def of_kind(facts: Facts, kind: str) -> tuple[Evidence, ...]:
    """All items of a kind of `EVIDENCE`, in an order that does not hang on the order in which they came."""
    return tuple(sorted((x for x in dict.fromkeys(facts.evidence) if x.kind == kind), key=str))


def newest(items: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The items that no other one is surely later than; those without a time only where none has one."""
    dated = [(x, x.when) for x in items if x.when is not None]
    latest = max((when.start for _, when in dated), default=None)
    return tuple(items) if latest is None else tuple(x for x, when in dated if when.end >= latest)


def speaking(items: Sequence[Evidence]) -> Evidence | None:
    """The worst of the newest items of one kind, a response or a performance status; None without any."""
    return min(newest(items), key=lambda x: (_WORST_FIRST[x.kind].index(x.state), str(x)), default=None)


def unseen(facts: Facts, kind: str) -> tuple[Unknown, ...]:
    """What of a kind was not read, or not understood."""
    return tuple(sorted({x for x in facts.unseen if x.what == kind}, key=str))


def read_in_whole(facts: Facts, kind: str, key: str) -> bool:
    """True unless what one key brings of a kind was not read, or not in whole."""
    return not any(x.detail == key and not x.source and x.reason in _UNREAD for x in unseen(facts, kind))
