"""References between resources, brought to one spelling."""

import re

_RELATIVE = re.compile(r"([A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")


def local(reference: str, server: str) -> str:
    """`Type/id` of a reference that is relative, or absolute under `server` ("" where the call names none).

    A version is left out. "" for everything else: other servers, urn:uuid:, fragments.
    """
    base = f"{server.rstrip('/')}/"
    found = _RELATIVE.fullmatch(reference.removeprefix(base) if server else reference)
    return found[1] if found else ""
