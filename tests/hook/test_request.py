"""The envelope of a call: what is taken, what is refused, and that a refusal names the element."""

import json
from typing import Any

import pytest

from cds_service.errors import CdsError, DuplicateMember, InvalidElement, MissingElement, NotJson, TooDeep, WrongHook
from cds_service.hook.request import HookCall, read
from tests.hook.calls import INSTANCE, REMOVED, call, changed, selecting, viewing


def read_json(request: Any) -> HookCall:
    return read(json.dumps(request).encode(), "order-sign")


def read_as_sent(request: Any) -> HookCall:
    """What a service of the hook of the request reads."""
    return read(json.dumps(request).encode(), request["hook"])


@pytest.mark.requirement(25, 27, 31)
def test_a_call_is_read() -> None:
    request = call(
        prefetch={"patient": {"resourceType": "Patient"}, "results": None}, fhirServer="https://ehr.example/r4"
    )
    request["context"]["encounterId"] = "e-1"
    read_call = read_json(request)
    assert (read_call.hook, read_call.hook_instance) == ("order-sign", INSTANCE)
    assert (read_call.patient_id, read_call.user_id, read_call.encounter_id) == ("p-1", "Practitioner/u-1", "e-1")
    assert read_call.fhir_server == "https://ehr.example/r4"
    assert read_call.draft_orders is not None
    assert json.loads(bytes(read_call.draft_orders)) == request["context"]["draftOrders"]
    assert {x: json.loads(bytes(y)) for x, y in read_call.prefetch.items()} == request["prefetch"]


@pytest.mark.requirement(25, 30)
@pytest.mark.parametrize(
    "path", ["hook", "hookInstance", "context", "context.patientId", "context.userId", "context.draftOrders"]
)
def test_a_required_element_that_is_missing_is_named(path: str) -> None:
    with pytest.raises(MissingElement, match=rf"^{path} is missing\. "):
        read_json(changed(path, REMOVED))


@pytest.mark.requirement(25, 30)
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hook", 1),
        ("hook", None),
        ("hookInstance", 7),
        ("hookInstance", "not-a-uuid"),
        ("hookInstance", f"urn:uuid:{INSTANCE}"),
        ("hookInstance", INSTANCE[:-1]),
        ("context", []),
        ("context", "p-1"),
        ("context", None),
        ("context.patientId", 12),
        ("context.patientId", ""),
        ("context.patientId", "Patient/p-1"),
        ("context.patientId", "p_1"),
        ("context.patientId", "p-1\n"),
        ("context.patientId", "x" * 65),
        ("context.userId", ["Practitioner/u-1"]),
        ("context.userId", "Device/u-1"),
        ("context.userId", "Practitioner/"),
        ("context.userId", ""),
        ("context.encounterId", 3),
        ("context.encounterId", "Encounter/e-1"),
        ("context.draftOrders", None),
        ("context.draftOrders", []),
        ("context.draftOrders", "Bundle"),
        ("prefetch", []),
        ("prefetch", "none"),
        ("fhirServer", "ehr.example/r4"),
        ("fhirServer", "ftp://ehr.example/r4"),
        ("fhirServer", "http://"),
        ("fhirServer", "http://[::1"),
        ("fhirServer", "http://ehr.example:port"),
        ("fhirServer", 80),
        ("fhirAuthorization", "token"),
    ],
)
def test_an_element_of_another_type_or_form_is_named(path: str, value: Any) -> None:
    with pytest.raises(InvalidElement, match=rf"^{path} "):
        read_json(changed(path, value))


@pytest.mark.requirement(25)
def test_another_hook_is_refused() -> None:
    with pytest.raises(WrongHook, match=r"^hook is not order-sign"):
        read_json(changed("hook", "order-select"))


@pytest.mark.requirement(25)
def test_a_call_of_any_of_several_hooks_is_taken() -> None:
    for request in (call(), viewing()):
        assert read(json.dumps(request).encode(), "order-sign", "patient-view").hook == request["hook"]
    with pytest.raises(WrongHook, match=r"^hook is not order-sign or patient-view, "):
        read(json.dumps(selecting()).encode(), "order-sign", "patient-view")


@pytest.mark.requirement(25)
def test_order_select_is_about_its_selections() -> None:
    read_call = read_as_sent(selecting("MedicationRequest/draft-1", "MedicationRequest/gone"))
    assert read_call.selections == {"MedicationRequest/draft-1", "MedicationRequest/gone"}
    assert read_call.draft_orders is not None
    assert read_as_sent(selecting()).selections == frozenset()


@pytest.mark.requirement(25, 30)
@pytest.mark.parametrize("wrong", [None, "MedicationRequest/draft-1", {"0": "a"}, [1], ["MedicationRequest/a", None]])
def test_selections_that_are_no_references_are_refused(wrong: Any) -> None:
    request = selecting()
    request["context"]["selections"] = wrong
    with pytest.raises(InvalidElement, match=r"^context\.selections is not an array of strings\."):
        read_as_sent(request)


@pytest.mark.requirement(25, 30)
@pytest.mark.parametrize("name", ["selections", "draftOrders", "patientId", "userId"])
def test_order_select_without_an_element_is_refused(name: str) -> None:
    request = selecting("MedicationRequest/draft-1")
    del request["context"][name]
    with pytest.raises(MissingElement, match=rf"^context\.{name} is missing\. "):
        read_as_sent(request)


@pytest.mark.requirement(29)
@pytest.mark.parametrize("sent", ["draft-1", None, [1]])
def test_order_sign_is_about_all_drafts_whatever_is_selected(sent: Any) -> None:
    assert read_json(changed("context.selections", sent)).selections is None


@pytest.mark.requirement(25, 27)
def test_patient_view_has_no_drafts() -> None:
    request = viewing()
    assert read_as_sent(request).draft_orders is None
    assert read_as_sent(request).encounter_id == ""
    request["context"]["encounterId"] = "e-1"
    assert read_as_sent(request).encounter_id == "e-1"


@pytest.mark.requirement(29)
@pytest.mark.parametrize("sent", [None, [], "odd", {"resourceType": "Bundle"}])
def test_drafts_that_patient_view_does_not_have_are_ignored(sent: Any) -> None:
    request = viewing()
    request["context"] |= {"draftOrders": sent, "selections": sent}
    assert (read_as_sent(request).draft_orders, read_as_sent(request).selections) == (None, None)


@pytest.mark.requirement(25, 30)
@pytest.mark.parametrize("name", ["patientId", "userId"])
def test_patient_view_without_an_element_is_refused(name: str) -> None:
    request = viewing()
    del request["context"][name]
    with pytest.raises(MissingElement, match=rf"^context\.{name} is missing\. "):
        read_as_sent(request)


@pytest.mark.requirement(26)
def test_a_token_without_a_server_is_refused() -> None:
    with pytest.raises(MissingElement, match=r"^fhirServer is missing"):
        read_json(call(fhirAuthorization={"access_token": "t"}))
    assert read_json(call(fhirAuthorization={"access_token": "t"}, fhirServer="http://ehr.example")).fhir_server


@pytest.mark.requirement(29, 120)
@pytest.mark.parametrize(
    "request_",
    [
        call(unknown={"deep": [{"er": None}]}, extension={"com.example.x": {"y": 1}}),
        changed("context.selections", ["MedicationRequest/draft-1"]),
        changed("context.extension", {"com.example.x": {}}),
        changed("context.encounterId", None),
        changed("context.encounterId", ""),
        changed("context.userId", "COREPRACTITIONER1"),
        changed("context.userId", "Practitioner/SMART-1234"),
        changed("context.userId", "PractitionerRole/r.1"),
        changed("context.userId", "RelatedPerson/r-1"),
        changed("context.draftOrders", {"entry": []}),
        changed("hookInstance", INSTANCE.upper()),
        changed("prefetch", None),
        changed("fhirServer", None),
        changed("fhirServer", "http://localhost:8080/fhir"),
        changed("fhirAuthorization", None),
    ],
    ids=str,
)
def test_what_real_clients_send_is_taken(request_: dict[str, Any]) -> None:
    assert read_json(request_).patient_id == "p-1"


def body(**replaced: str) -> bytes:
    """A call as text with some of its JSON replaced."""
    text = json.dumps(call(prefetch={"patient": None}, spare=0))
    for old, new in replaced.items():
        text = text.replace({"spare": '"spare": 0'}.get(old, old), new)
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.requirement(30)
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b" \n",
        b"null",
        b"[]",
        b'"order-sign"',
        b"{",
        b"hook=order-sign",
        b'{"hook": "order-sign",}',
        b"{'hook': 'order-sign'}",
        b"// comment\n{}",
        b"\xff\xfe{\x00}\x00",
        b"\x1f\x8b\x08",
        body(spare='"spare": NaN'),
        body(spare='"spare": [-Infinity]'),
        body(spare='"spare": 01'),
        body(spare='"spare": "\x01"'),
        body(spare='"spare": "\\ud800"'),
        body(spare='"spare": {"\\udc00": 1}'),
        body(spare='"spare": "\\ud800\\\\\\udc00"'),
        body(spare='"spare": "\ud800"'),
        body(spare='"spare": "x"').replace(b'"x"', b'"\xc3"'),
        body() + b"{}",
    ],
    ids=range(22),
)
def test_what_is_not_json_is_refused(sent: bytes) -> None:
    with pytest.raises((NotJson, InvalidElement)):
        read(sent, "order-sign")


@pytest.mark.requirement(30)
@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400])
def test_a_number_that_overflows_is_refused_in_the_envelope_and_ignored_beside_it(number: str) -> None:
    sent = json.dumps(call(fhirServer="https://ehr.example", fhirAuthorization={"expires_in": 0}))
    with pytest.raises(InvalidElement, match=r"^fhirAuthorization\.expires_in "):
        read(sent.replace('"expires_in": 0', f'"expires_in": {number}').encode(), "order-sign")
    assert read(body(spare=f'"spare": {number}'), "order-sign").patient_id == "p-1"


@pytest.mark.requirement(1)
def test_a_byte_order_mark_is_accepted() -> None:
    assert read(b"\xef\xbb\xbf" + body(), "order-sign").patient_id == "p-1"


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (body(spare='"hook": "order-sign"'), "hook"),
        (body(spare='"prefetch": {}'), "prefetch"),
        (body(spare='"x": 1, "x": 1'), "x"),
        (body().replace(b'"patientId"', b'"patientId": "p-2", "patientId"'), "context.patientId"),
        (body().replace(b'"patient": null', b'"patient": null, "patient": null'), "prefetch.patient"),
        (
            body().replace(b'"patient": null', b'"patient": {"a": "%s"}, "patient": null' % (b"x" * 999)),
            "prefetch.patient",
        ),
        (
            body(spare='"fhirServer": "http://e", "fhirAuthorization": {"scope": "a", "scope": "b"}'),
            "fhirAuthorization.scope",
        ),
        (body().replace(b'"hook"', b'"h\\u006fok": "order-sign", "hook"'), "hook"),
    ],
    ids=range(8),
)
def test_a_repeated_member_of_the_envelope_is_refused(sent: bytes, named: str) -> None:
    with pytest.raises(DuplicateMember, match=rf"^{named} is there twice"):
        read(sent, "order-sign")


def test_a_repeated_member_within_a_resource_is_left_to_its_reader() -> None:
    twice = b'{"resourceType": "Patient", "id": "a", "id": "b", "text": "%s"}' % (b"x" * 999)
    read_call = read(body().replace(b'"patient": null', b'"patient": %s' % twice), "order-sign")
    assert bytes(read_call.prefetch["patient"]) == twice


@pytest.mark.requirement(30)
@pytest.mark.parametrize(
    "nested",
    ["[" * 101 + "]" * 101, '{"a":' * 101 + "1" + "}" * 101, '[{"a":' * 50000 + "1" + "}]" * 50000, "[" * 100000],
)
@pytest.mark.parametrize("place", ['"spare": 0', '"patient": null', '"type": "collection"'])
def test_deep_nesting_is_refused(nested: str, place: str) -> None:
    sent = body().decode().replace(place, f"{place.split(':', maxsplit=1)[0]}: {nested}")
    with pytest.raises((TooDeep, NotJson)):
        read(sent.encode(), "order-sign")


def test_nesting_up_to_the_limit_and_brackets_in_text_are_taken() -> None:
    assert read(body(spare=f'"spare": {"[" * 99}{"]" * 99}'), "order-sign")
    assert read(body(spare=f'"spare": "{"[{" * 999}", "more": "\\"{"]" * 3} \\\\"'), "order-sign")


def test_depth_hidden_by_brackets_in_text_is_harmless() -> None:
    nested = '["]",' * 5000 + "1" + ',"["]' * 5000
    with pytest.raises(CdsError):
        read(body(spare=f'"spare": {nested}'), "order-sign")
