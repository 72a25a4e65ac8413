"""Nothing of a patient, and no token, in logs, metrics and the answers to refused requests; no name in the store."""

import base64
import json
import re
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.demo.fixtures import fixtures, request_for
from cds_service.settings import Settings
from cds_service.web.discovery import SERVICES
from tests.faults import plays
from tests.faults.ehr import TOKEN, FakeEhr, Play
from tests.hook.calls import TROFOSFAMIDE, call
from tests.hook.hostile_tokens import BASE, FORBIDDEN, NOW, UNKNOWN
from tests.operations.replica import FEEDBACK, Ehr, authorization, prefetched, reading, table, told
from tests.support import FIXED_NOW, ORDER_SIGN, CheckedClient

ALL = fixtures(FIXED_NOW)
TEMPLATES = SERVICES[0].prefetch
# What an awkward caller puts into places where it does not belong.
NAME, PATIENT, NUMBER, VALUE, WORDS = (
    "Geheimrath",
    "p-geheim-77",
    "MRN-geheim-77",
    "4.7711 10*9/L",
    "said in confidence",
)
NORTH = Ehr("north")
ACCESS = "access-geheim-77"
SECRETS = {NAME, PATIENT, NUMBER, VALUE, WORDS, ACCESS, TOKEN}


@dataclass
class Journey:
    """A service with the tokens that it was sent, and the bodies of its refusals."""

    client: FlaskClient
    ehr: Ehr
    folder: Path
    tokens: set[str]
    refusals: list[str]

    def post(self, body: Any, path: str = ORDER_SIGN, **headers: str) -> int:
        """One call with a token of its own, unless one is given."""
        with patch("tests.operations.replica.time.time", lambda: NOW):
            sent = {"Content-Type": "application/json", **authorization(self.ehr, BASE + path), **headers}
        self.tokens.add(sent["Authorization"].strip().rpartition(" ")[2])
        content = body if isinstance(body, bytes) else CheckedClient.encoded(body)
        response = self.client.post(path, data=content, headers=sent)
        assert len(response.headers["X-Request-Id"]) == 32
        if response.status_code != 200:
            self.refusals.append(response.text)
        return response.status_code


def journey(folder: Path, ehr: Ehr = NORTH) -> Journey:
    clients = table(folder / "clients", [ehr], budget_ms=2000)
    settings = Settings(data_dir=folder / "data", clients=clients, public_base_url=BASE, log_level="debug")
    return Journey(create_app(settings, clock=lambda: FIXED_NOW).test_client(), ehr, folder / "data", set(), [])


def within(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a piece of JSON."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from within(each)


def people(value: Any) -> Iterator[str]:
    """Every name of a person, and every id and number of a patient, in a record."""
    for each in within(value):
        if each.get("resourceType") in ("Patient", "Practitioner"):
            names = each.get("name", ())
            yield from (y for x in names for y in (x.get("family"), x.get("text"), *x.get("given", ())) if y)
        if each.get("resourceType") == "Patient":
            yield from (each["id"], *(x["value"] for x in each.get("identifier", ())))


def quantities(value: Any) -> Iterator[str]:
    """Every value with its unit, in the ways in which one writes them."""
    for each in within(value):
        if "value" in each and "unit" in each:
            for unit in {each["unit"], each.get("code", each["unit"])}:
                yield from (f"{each['value']} {unit}", f'"value":{each["value"]},"unit":"{unit}"')


def found(secrets: set[str], text: str) -> set[str]:
    """Those that stand in a text, as words of their own: `p-max` is not in `cap-maximum`."""
    return {x for x in secrets if x in text and re.search(rf"(?<![\w-]){re.escape(x)}(?![\w-])", text)}


def test_of_no_invented_patient_anything_is_in_log_and_metrics_nor_a_name_in_the_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = journey(tmp_path)
    records = [x for fixture in ALL.values() for x in (fixture.bundle, fixture.hook)]
    known, values = set(people(records)), set(quantities(records))
    assert min(len(known), len(values)) > len(ALL)
    assert {made.post(request_for(x, TEMPLATES)) for x in ALL.values()} == {200}
    assert made.post(told("a", "b"), FEEDBACK) == 200
    said, shown = capsys.readouterr().err, made.client.get("/metrics").text
    assert [x["event"] for x in map(json.loads, said.splitlines()) if x["request_id"]].count("answered") == len(ALL)
    assert found(known | values | made.tokens, said + shown) == set()
    kept = database(made.folder)
    assert "0.99" in kept, "the facts are what is kept"
    assert found(known | made.tokens, kept) == set()


def test_what_waits_in_the_spool_is_for_the_service_alone_and_names_nobody(tmp_path: Path) -> None:
    made = journey(tmp_path)
    with sqlite3.connect(made.folder / "decisions.sqlite", isolation_level=None) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        assert made.post(request_for(ALL["interrupt-neutrophils-grade-3"], TEMPLATES)) == 200
        [file] = (made.folder / "spool").iterdir()
        line = json.loads(file.read_text())
        modes = [x.stat().st_mode & 0o777 for x in (made.folder / "spool", file, made.folder / "patient.key")]
        lock.execute("ROLLBACK")
    lock.close()
    assert modes == [0o700, 0o600, 0o600]
    kept = json.dumps(line) + zlib.decompress(base64.b64decode(line["facts"])).decode()
    assert "0.99" in kept
    fixture = ALL["interrupt-neutrophils-grade-3"]
    assert found(set(people([fixture.bundle, fixture.hook])) | made.tokens, kept) == set()


def database(folder: Path) -> str:
    """All text of the database, facts unpacked, once the decisions have come there."""
    connection = sqlite3.connect(folder / "decisions.sqlite")
    until = time.monotonic() + 20
    while list((folder / "spool").glob("*")) and time.monotonic() < until:
        if all(not x.stat().st_size for x in (folder / "spool").glob("*")):
            break
        time.sleep(0.05)
    tables = [x for (x,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    cells = [y for x in tables for row in connection.execute(f"SELECT * FROM {x}") for y in row]
    connection.close()
    return "\n".join(map(text, cells))


def text(cell: object) -> str:
    if not isinstance(cell, bytes):
        return str(cell)
    try:
        return zlib.decompress(cell).decode()
    except zlib.error:
        return cell.decode()


def secretive() -> dict[str, Any]:
    """A call with a secret in every place that an EHR fills."""
    base = prefetched()
    patient = {"id": PATIENT, "name": [{"family": NAME}], "identifier": [{"value": NUMBER}]}
    base["prefetch"]["patient"] |= patient
    base["context"] |= {"patientId": PATIENT, "note": f"{NAME} {VALUE}"}
    draft = base["context"]["draftOrders"]["entry"][0]["resource"]
    draft |= {"subject": {"reference": f"Patient/{PATIENT}", "display": NAME}, "note": [{"text": WORDS}]}
    return base


def changed(**members: Any) -> dict[str, Any]:
    return {**secretive(), **members}


def in_context(**members: Any) -> dict[str, Any]:
    made = secretive()
    return {**made, "context": {**made["context"], **members}}


WHOLE = CheckedClient.encoded(secretive())
AUTHORIZED = {"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": NAME}
# What is sent instead of a good call, and the status of its refusal.
REFUSED: Mapping[str, tuple[Callable[[], Any], int]] = {
    "half a body": (lambda: WHOLE[:-40], 400),
    "not UTF-8": (lambda: WHOLE + b"\xff", 400),
    "a member twice": (lambda: WHOLE[:-1] + f',"hook":"{NAME}"}}'.encode(), 400),
    "a number that is none": (lambda: WHOLE[:-1] + b',"x":NaN}', 400),
    "another hook": (lambda: changed(hook=NAME), 400),
    "a hook instance that is a name": (lambda: changed(hookInstance=NAME), 400),
    "no context": (lambda: changed(context=NAME), 400),
    "a patient's name for an id": (lambda: in_context(patientId=f"{NAME}, {WORDS}"), 400),
    "an encounter that is none": (lambda: in_context(encounterId=f"{NAME}/{PATIENT}"), 400),
    "drafts that are text": (lambda: in_context(draftOrders=WORDS), 400),
    "a token for no server": (lambda: changed(fhirAuthorization=AUTHORIZED), 400),
    "a token that is none": (lambda: changed(fhirServer="https://fhir.example/r4", fhirAuthorization=ACCESS), 400),
    "a server of another": (lambda: changed(fhirServer=f"https://{NAME}.example", fhirAuthorization=AUTHORIZED), 403),
    "no prefetch": (lambda: changed(prefetch={}), 412),
    "prefetch that is text": (lambda: changed(prefetch=WORDS), 400),
}


def feedback(**members: Any) -> dict[str, Any]:
    item = {**told("c")["feedback"][0], "overrideReason": {"userComment": f"{WORDS} {NAME}"}}
    return {"feedback": [{**item, **members}]}


FEEDBACK_REFUSED: Mapping[str, Callable[[], Any]] = {
    "an outcome that is a name": lambda: feedback(outcome=NAME),
    "a time that is a name": lambda: feedback(outcomeTimestamp=NAME),
    "a card that is none": lambda: feedback(card={"name": NAME}),
    "a reason that is text": lambda: feedback(overrideReason=WORDS),
    "a comment that is a list": lambda: feedback(overrideReason={"userComment": [NAME]}),
    "accepted suggestions that are text": lambda: feedback(outcome="accepted", acceptedSuggestions=NAME),
    "text": f'{{"feedback": "{WORDS}'.encode,
}


def test_a_refusal_repeats_nothing_of_what_was_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = journey(tmp_path)
    assert made.post(secretive()) == 200
    statuses = {name: made.post(body()) for name, (body, _) in REFUSED.items()}
    assert statuses == {name: status for name, (_, status) in REFUSED.items()}
    assert {name: made.post(body(), FEEDBACK) for name, body in FEEDBACK_REFUSED.items()} == dict.fromkeys(
        FEEDBACK_REFUSED, 400
    )
    assert made.post(feedback(), FEEDBACK) == 200
    clean(made, capsys)
    kept = database(made.folder)
    assert WORDS in kept, "the comment of feedback is kept as it was written"
    assert found({PATIENT, NUMBER, ACCESS} | made.tokens, kept) == set()


def test_a_token_that_is_refused_is_written_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = journey(tmp_path)
    for sent in [x() for x, *_ in [*UNKNOWN.values(), *FORBIDDEN.values()]]:
        if sent and "\n" not in sent and sent.isascii() and len(sent) < 20_000:
            assert made.post(secretive(), Authorization=sent) in (401, 403, 429)
    made.tokens = {x for x in made.tokens if len(x) > 20}
    assert len(made.tokens) > 40
    assert {x for x in made.refusals if x and "OperationOutcome" not in x} == set()
    clean(made, capsys)


SAID = plays.encoded({"resourceType": "OperationOutcome", "issue": [{"diagnostics": f"{NAME} {PATIENT} {VALUE}"}]})
ANSWERS: Mapping[str, Play] = {
    "an error in words": plays.whole(SAID, "500 Internal Server Error"),
    "not allowed": plays.whole(SAID, "403 Forbidden"),
    "a page of HTML": plays.whole(f"<h1>{NAME}</h1>".encode(), "200 OK", "text/html"),
    "half a body": plays.ending(plays.http(SAID)[:-20]),
    "somebody else": plays.whole(plays.encoded({"resourceType": "Patient", "id": NAME, "name": [{"family": NAME}]})),
    "a way to elsewhere": plays.whole(b"", "302 Found", "text/plain", f"Location: https://{NAME}.example/{PATIENT}"),
    "a head that is none": plays.ending(f"{NAME}: {PATIENT}\r\n\r\n".encode()),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_fhir_server_says_is_not_logged(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FakeEhr(ANSWERS[name]) as server:
        made = journey(tmp_path, Ehr("north", server.base))
        asking = reading(made.ehr, TOKEN)
        asking["context"]["patientId"] = PATIENT
        assert made.post(asking) == 200
        assert server.asked
    clean(made, capsys)


def test_a_fault_of_ours_is_logged_by_its_place_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = journey(tmp_path)
    fault = ValueError(f"{NAME} {PATIENT} {VALUE}")
    with patch("cds_service.web.hooks.decide", side_effect=fault):
        assert made.post(secretive()) == 200
    with patch("cds_service.web.hooks.read", side_effect=fault):
        assert made.post(secretive()) == 500
    assert '"kind":"ValueError"' in clean(made, capsys)


def clean(made: Journey, capsys: pytest.CaptureFixture[str]) -> str:
    """The log, in which there is no secret, nor in metrics and refusals."""
    said = capsys.readouterr().err
    everything = {"log": said, "metrics": made.client.get("/metrics").text, "refusals": "\n".join(made.refusals)}
    assert {x: y for x, y in everything.items() if found(SECRETS | made.tokens, y)} == {}
    return said


def test_calls_without_a_card_of_ours_leave_no_trace_of_the_patient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = journey(tmp_path)
    other = call()
    other["context"]["patientId"] = PATIENT
    assert made.post(other) == 200
    assert made.post(call(TROFOSFAMIDE)) == 412
    assert "answered" in clean(made, capsys)
    assert found({PATIENT}, database(made.folder)) == set()
