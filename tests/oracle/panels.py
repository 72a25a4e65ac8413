"""Results out of their wrappings: panels with components or members, contained ones, laboratory reports.

Every item is an Observation of one value, with what it takes from the resource that it came in, and with the groups
(reports and panels) that it belongs to.
"""

from dataclasses import dataclass

from tests.oracle.wire import as_dict, as_list, identifiers, reference_id

WITHDRAWN = ("entered-in-error", "cancelled")
OF_THE_PANEL = ("id", "identifier", "status", "subject", "issued", "specimen", "modifierExtension")
OF_THE_COMPONENT = ("code", "dataAbsentReason", "referenceRange")


@dataclass(frozen=True)
class Item:
    """`ident` tells versions of one result; `specimens` and `groups` are tokens that are equal where these are."""

    raw: dict
    ident: str | None = None
    specimens: frozenset = frozenset()
    groups: frozenset = frozenset()


@dataclass(frozen=True)
class Wrapper:
    """A resource of a Bundle: what it may be called, and what it refers to as its members."""

    raw: dict
    names: frozenset
    members: frozenset


def unwrap(entries, server):
    """The items of Observations and DiagnosticReports: a list of (fullUrl, resource), each counted once."""
    wrappers = wrapped(entries, server)
    groups = memberships(wrappers)
    found = []
    for number, wrapper in enumerate(wrappers):
        own = frozenset(groups[number])
        if wrapper.raw["resourceType"] == "Observation":
            found.extend(of_observation(wrapper.raw, number, own, server))
        if wrapper.raw.get("status") not in WITHDRAWN:
            found.extend(of_contained(wrapper, number, own, server))
    return found


def wrapped(entries, server):
    urls = []
    for url, raw in entries:
        if raw["resourceType"] not in ("Observation", "DiagnosticReport"):
            continue
        same = next((listed for known, listed in urls if known == raw), None)
        if same is None:
            urls.append((raw, {url}))
        else:
            same.add(url)
    return [Wrapper(raw, names(raw, listed, server), members(raw, server)) for raw, listed in urls]


def names(raw, urls, server):
    found = {called(url, server) for url in urls if isinstance(url, str)}
    if isinstance(raw.get("id"), str):
        found.add(f"{raw['resourceType']}/{raw['id']}")
    return frozenset(found)


def called(reference, server, kind="Observation"):
    """A reference as the one name of what it refers to."""
    ident = reference_id(reference, kind, server)
    return f"{kind}/{ident}" if ident else reference


def members(raw, server):
    """What a panel or a report lists as its members; nothing of one that was withdrawn."""
    if raw.get("status") in WITHDRAWN:
        return frozenset()
    listed = as_list(raw.get("hasMember")) + as_list(raw.get("result"))
    references = [as_dict(one).get("reference") for one in listed]
    return frozenset(called(one, server) for one in references if isinstance(one, str) and not one.startswith("#"))


def memberships(wrappers):
    """Of each wrapper the numbers of those that it belongs to, itself among them, through every level."""
    groups = [{number} for number in range(len(wrappers))]
    pairs = [
        (number, other)
        for number, wrapper in enumerate(wrappers)
        for other, one in enumerate(wrappers)
        if wrapper.members and wrapper.members & one.names
    ]
    while any(not groups[number] <= groups[other] for number, other in pairs):
        for number, other in pairs:
            groups[other] |= groups[number]
    return groups


def of_contained(wrapper, number, groups, server):
    """Contained Observations: status, subject, time and specimen their own, else those of what contains them."""
    found = []
    for child in map(as_dict, as_list(wrapper.raw.get("contained"))):
        if child.get("resourceType") != "Observation":
            continue
        raw = inherited(child, wrapper.raw)
        specimen = child.get("specimen", wrapper.raw.get("specimen"))
        own = specimens(specimen, number, server)
        ident = f"{wrapper.raw.get('id', number)}#{child.get('id')}"
        found.append(Item(raw, ident, own, groups))
        found.extend(Item(part, ident, own, groups) for part in components(raw))
    return found


def inherited(child, parent):
    raw = dict(child)
    for name in ("status", "subject", "modifierExtension"):
        if name in parent:
            raw.setdefault(name, parent[name])
    if not effective(raw):
        raw |= effective(parent)
    if not effective(raw) and "issued" in parent:
        raw.setdefault("issued", parent["issued"])
    return raw


def effective(raw):
    return {name: value for name, value in raw.items() if name.startswith("effective")}


def of_observation(raw, number, groups, server):
    own = specimens(raw.get("specimen"), number, server)
    ident = raw["id"] if isinstance(raw.get("id"), str) else None
    return [Item(raw, ident, own, groups), *(Item(part, ident, own, groups) for part in components(raw))]


def components(raw):
    """The components as Observations: status, time, subject, identifiers of the panel, value and code their own."""
    found = []
    for component in map(as_dict, as_list(raw.get("component"))):
        part = {name: raw[name] for name in OF_THE_PANEL if name in raw} | effective(raw)
        part |= {name: component[name] for name in OF_THE_COMPONENT if name in component}
        part |= {name: value for name, value in component.items() if name.startswith("value")}
        if component.get("modifierExtension"):
            part["modifierExtension"] = component["modifierExtension"]
        found.append(part)
    return found


def specimens(value, holder, server):
    """Tokens of the specimens named by a reference or a list of them."""
    found = set()
    for one in map(as_dict, value if isinstance(value, list) else [value]):
        reference = one.get("reference")
        if isinstance(reference, str):
            local = reference.startswith("#")
            found.add((str(holder), reference) if local else called(reference, server, "Specimen"))
        found |= identifiers({"identifier": [one.get("identifier")]})
    return frozenset(found)
