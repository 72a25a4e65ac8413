"""What a decision offers: what holds where nobody says otherwise."""

from cds_service.clinical import decision as d
from cds_service.fhir.suggestions import beside
from tests.clinical.builders import ago, counts, decided, order


def test_a_count_that_is_due_is_offered_and_not_recommended() -> None:
    found = decided(counts(ago(days=30)), [order(150, ago(days=90))])
    assert found.monitoring
    assert found.monitoring.topic == d.COUNT_DUE
    (offered,) = beside(found, "x")
    assert (offered.kind, offered.recommended) == ("repeat-count", False)
