"""The request as it came: bundles, references, subjects."""


def as_list(value):
    return value if isinstance(value, list) else []


def as_dict(value):
    return value if isinstance(value, dict) else {}


def open_bundle(value):
    """(list of (fullUrl, resource), whether something of it could not be had)."""
    if value is None:
        return [], False
    if not isinstance(value, dict) or value.get("resourceType") != "Bundle":
        return [], True
    entries = value.get("entry", [])
    if not isinstance(entries, list):
        return [], True
    found, gap = [], has_next(value)
    for entry in entries:
        resource = as_dict(entry).get("resource")
        kind = as_dict(resource).get("resourceType")
        if not isinstance(kind, str) or kind == "OperationOutcome":
            gap = True
        else:
            found.append((entry.get("fullUrl"), resource))
    return found, gap


def has_next(bundle):
    return any(as_dict(link).get("relation") == "next" for link in as_list(bundle.get("link")))


def of_type(entries, kind):
    """Resources of one type, the same one only once."""
    found = []
    for _, resource in entries:
        if resource["resourceType"] == kind and resource not in found:
            found.append(resource)
    return found


def reference_id(reference, kind, server):
    """The id in `kind/id`, with or without a version, relative or under the FHIR server of the call."""
    if not isinstance(reference, str):
        return None
    base = (server or "").rstrip("/") + "/"
    if server and reference.startswith(base):
        reference = reference[len(base) :]
    parts = reference.split("/")
    if parts[0] != kind or len(parts) not in (2, 4) or (len(parts) == 4 and parts[2] != "_history"):
        return None
    return parts[1]


def belongs_to(resource, patient, server):
    subject = as_dict(resource.get("subject"))
    return reference_id(subject.get("reference"), "Patient", server) == patient


def identifiers(resource):
    pairs = set()
    for item in map(as_dict, as_list(resource.get("identifier"))):
        if isinstance(item.get("value"), str) and item["value"]:
            pairs.add((str(item.get("system")), item["value"]))
    return pairs


def codings(concept):
    """Its codings, without members that are no text."""
    listed = map(as_dict, as_list(as_dict(concept).get("coding")))
    return [{name: value for name, value in item.items() if isinstance(value, str)} for item in listed]
