"""What the codes of one site mean, beside those that everybody uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from cds_service.fhir.codes import Meaning

Code = tuple[str, str]  # system, code


@dataclass(frozen=True, slots=True)
class Site:
    """The maps of a site, by (system, code).

    `laboratory`: codes of results; `products`: products that are trofosfamide, with the mg in one tablet (None where
    not said); `timings`: timing codes, with intakes a day; `tablet`: mg in a trofosfamide tablet of unknown strength,
    None where the site has no such rule.
    """

    laboratory: Mapping[Code, Meaning] = field(default_factory=dict)
    products: Mapping[Code, Fraction | None] = field(default_factory=dict)
    timings: Mapping[Code, int] = field(default_factory=dict)
    tablet: Fraction | None = None


NO_SITE = Site()
