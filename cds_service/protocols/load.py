"""Protocol files -> Protocol: strictly, whole or not at all, every fault named at once."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cds_service.clinical.protocol import FIRST_LINE, MAINTENANCE, Parameters, Protocol, Source
from cds_service.protocols import checks, criteria
from cds_service.protocols.strict_yaml import Faulty, located, read
from cds_service.protocols.values import typed

HERE = Path(__file__).parent
# Those that are served; the first one is a site's default where nothing is declared.
NAMES = (MAINTENANCE, FIRST_LINE)


class _File(NamedTuple):
    """One file: its text, what it says, and every fault of it, with its name and place."""

    text: str
    data: Any
    faults: tuple[str, ...]


def load_all(folder: Path = HERE) -> Mapping[str, Protocol]:
    """Every protocol that is served, by its id; raises `Faulty` with every fault of all files."""
    found: dict[str, Protocol] = {}
    faults: list[str] = []
    for name in NAMES:
        try:
            found[name] = load(name, folder)
        except Faulty as fault:
            faults += str(fault).splitlines()
    if faults:
        raise Faulty("\n".join(dict.fromkeys(faults)))
    return found


def load(name: str = MAINTENANCE, folder: Path = HERE, gradings: Path | None = None) -> Protocol:
    """The protocol of that name with its grading criteria; raises `Faulty` with every fault of its files.

    `gradings` is the folder of the grading criteria, None where they lie beside the protocol.
    """
    protocol = _file(folder, name, checks.faults)
    graded_by = protocol.data.get("ctcae") if isinstance(protocol.data, dict) else None
    grading = (
        _file(gradings or folder, graded_by, criteria.faults) if isinstance(graded_by, str) else _File("", None, ())
    )
    if protocol.faults or grading.faults:
        raise Faulty("\n".join((*protocol.faults, *grading.faults)))
    return _protocol(protocol, grading)


def _protocol(protocol: _File, grading: _File) -> Protocol:
    data = protocol.data
    cited = {**data["parameters"], **data["rules"], **data["criteria"], **data["monitoring"]}
    return Protocol(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        status=data["status"],
        url=data["url"],
        digest=hashlib.sha256((protocol.text + grading.text).encode()).hexdigest(),
        ctcae=criteria.ctcae(grading.data),
        parameters=Parameters(**{x: typed(x, y) for x, y in data["parameters"].items()}),
        sources={x: _source(y, data["references"]) for x, y in cited.items()},
        publication=data["publication"],
        publication_url=data["publication_url"],
        criteria=tuple(data["criteria"]),
        monitoring=tuple(data["monitoring"]),
    )


def _file(folder: Path, name: str, faults: Callable[[Any, str], Iterator[str]]) -> _File:
    path = folder / f"{name}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
        data = read(text, path.name)
    except OSError as fault:
        return _File("", None, (f"{path.name}: the file cannot be read ({fault.strerror}); restore it",))
    except UnicodeDecodeError:
        return _File("", None, (f"{path.name}: the file is not UTF-8; restore it",))
    except Faulty as fault:
        return _File("", None, (str(fault),))
    found = tuple(faults(data, name))
    return _File(text, data, located(path.name, text, found) if found else ())


def _source(item: Mapping[str, Any], references: Mapping[str, Any]) -> Source:
    analogy = item.get("by_analogy", False)
    if item["source"] == "default":
        reference = references[item["reference"]]["label"]
        return Source(references["default"]["label"], "", item["reason"], reference, analogy)
    source = item["source"]
    return Source(references[source["ref"]]["label"], source["section"], source["says"], by_analogy=analogy)
