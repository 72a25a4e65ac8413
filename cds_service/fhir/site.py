"""What the codes of one site mean, beside those that everybody uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from cds_service.fhir.codes import Meaning

Code = tuple[str, str]  # system, code

# Every protocol of this product is named by this and its id.
PROTOCOLS = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/"


@dataclass(frozen=True, slots=True)
class Site:
    """The maps of a site, by (system, code).

    `laboratory`: codes of results; `products`: products that are trofosfamide, with the mg in one tablet (None where
    not said); `timings`: timing codes, with intakes a day; `tablet`: mg in a trofosfamide tablet of unknown strength,
    None where the site has no such rule; `protocols`: other canonical URLs of protocols, with the URL of ours.
    """

    laboratory: Mapping[Code, Meaning] = field(default_factory=dict)
    products: Mapping[Code, Fraction | None] = field(default_factory=dict)
    timings: Mapping[Code, int] = field(default_factory=dict)
    tablet: Fraction | None = None
    protocols: Mapping[str, str] = field(default_factory=dict)

    def protocol(self, canonical: str) -> str:
        """The URL of a protocol that a canonical means here, without its version."""
        url = canonical.partition("|")[0]
        return self.protocols.get(url, url)


NO_SITE = Site()
