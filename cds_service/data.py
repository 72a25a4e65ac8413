"""Where the files that people edit are found: in an installed wheel, or at the top of a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """The directory of data files called `name` ("cards", "fhir_fixtures").

    An installed wheel carries them inside the package, a checkout beside it. Raises FileNotFoundError where neither
    exists, which only an incomplete installation can cause.
    """
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"The directory {name} of this installation is missing. Install trofosfamide-cds again.")
