"""Why an order is on hold or has ended, where that matters here."""

# No code of R4's medicationrequest-status-reason means a toxicity that is known and passes: `sintol`, the nearest, is
# an intolerance that is suspected and to be confirmed. The binding is an example, so the hold has a code of its own.
HOLD_SYSTEM = "https://trofosfamide-cds.example.org/fhir/CodeSystem/hold-reason"
TOXICITY = "toxicity"
TOXICITY_DISPLAY = "Held because of toxicity"

# Coded reasons that are toxicity, or may be: a fall of the dose after them is a reduction for toxicity.
OF_TOXICITY = frozenset(
    {
        (HOLD_SYSTEM, TOXICITY),
        ("http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason", "sintol"),
    }
)
