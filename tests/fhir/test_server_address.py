"""Which addresses are of an allowed server: the first defence against being used to reach inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.reading.address import address, allowed, following

EHR = "https://fhir.hospital.example/r4"


@pytest.mark.requirement(54)
@pytest.mark.parametrize(
    ("server", "known"),
    [
        (EHR, EHR),
        (f"{EHR}/", EHR),
        (EHR, f"{EHR}/"),
        (f"{EHR}/tenant-7", EHR),
        (f"{EHR}/a/b", "https://fhir.hospital.example"),
        ("HTTPS://FHIR.Hospital.Example/r4", EHR),
        ("https://fhir.hospital.example:443/r4", EHR),
        (EHR, "https://fhir.hospital.example:443/r4"),
        ("http://10.0.0.7:80/fhir", "http://10.0.0.7/fhir"),
        ("http://10.0.0.7:8080/fhir", "http://10.0.0.7:8080/fhir"),
        ("https://[2001:DB8:0:0:0:0:0:7]/fhir", "https://[2001:db8::7]:443/fhir"),
        ("https://xn--krankenhuser-ncb.example/r4", "https://krankenhäuser.example/r4"),
        ("https://KRANKENHÄUSER.example/r4", "https://xn--krankenhuser-ncb.example/r4"),
        ("https://fhir_1.hospital.example/r4", "https://fhir_1.hospital.example/r4"),
        ("https://ehr/r4.0~a_b-c", "https://ehr/r4.0~a_b-c"),
    ],
)
def test_one_server_is_one_however_it_is_written(server: str, known: str) -> None:
    assert allowed(server, ["https://other.example/fhir", known])


@pytest.mark.requirement(54)
@pytest.mark.parametrize(
    "server",
    [
        "http://fhir.hospital.example/r4",
        "https://fhir.hospital.example:8443/r4",
        "https://fhir.hospital.example:80/r4",
        "https://fhir.hospital.example:0/r4",
        "https://fhir.hospital.example:65536/r4",
        "https://fhir.hospital.example:4a3/r4",
        "https://hospital.example/r4",
        "https://fhir.hospital.example.evil.example/r4",
        "https://xfhir.hospital.example/r4",
        "https://fhir.hospital.example./r4",
        "https://.fhir.hospital.example/r4",
        "https://fhir..hospital.example/r4",
        "https://fhir.hospital.example/r45",
        "https://fhir.hospital.example/R4",
        "https://fhir.hospital.example/",
        "https://fhir.hospital.example",
        "https://fhir.hospital.example/r4/..",
        "https://fhir.hospital.example/r4/../admin",
        "https://fhir.hospital.example/r4/./x",
        "https://fhir.hospital.example/r4/%2e%2e/admin",
        "https://fhir.hospital.example/r4/%2E%2E%2Fadmin",
        "https://fhir.hospital.example/r4/..%2fadmin",
        "https://fhir.hospital.example/r4/..;/admin",
        "https://fhir.hospital.example/r4//admin",
        "https://fhir.hospital.example//r4",
        "https://fhir.hospital.example/r4\\..\\admin",
        "https://fhir.hospital.example\\r4",
        "https://fhir.hospital.example/r4?x=1",
        "https://fhir.hospital.example/r4?",
        "https://fhir.hospital.example/r4#x",
        "https://fhir.hospital.example/r4#",
        "https://user@fhir.hospital.example/r4",
        "https://user:password@fhir.hospital.example/r4",
        "https://fhir.hospital.example@evil.example/r4",
        "https://fhir.hospital.example:443@evil.example/r4",
        "https://evil.example\\@fhir.hospital.example/r4",
        "https://evil.example#@fhir.hospital.example/r4",
        "https://fhir.hospital.example%2fr4",
        "https://fhir.hospital.example%00.evil.example/r4",
        "https:fhir.hospital.example/r4",
        "https:/fhir.hospital.example/r4",
        "https:///fhir.hospital.example/r4",
        "//fhir.hospital.example/r4",
        "fhir.hospital.example/r4",
        "ftp://fhir.hospital.example/r4",
        "javascript://fhir.hospital.example/r4",
        " https://fhir.hospital.example/r4",
        "https://fhir.hospital.example/r4 ",
        "https://fhir.hospital.example/r4\n",
        "https://fhir.hospital.example/r4\r\nHost: evil.example",
        "ht\ttps://fhir.hospital.example/r4",
        "https://fhir.hospital\u3002evil.example/r4",
        "https://fhir.hospital.exampl\u0435/r4",
        "https://fhir.hospital.example\u2044r4",
        "https://fhir.hospital.ex\u00adample/r4",
        "https://[fhir.hospital.example]/r4",
        "https://[::1/r4",
        "https://[fe80::1%25eth0]/r4",
        "https://[::ffff:10.0.0.7]/r4",
        "https://-fhir.hospital.example/r4",
        "",
        "null",
    ],
)
def test_another_server_is_not_allowed(server: str) -> None:
    assert not allowed(server, [EHR, "https://10.0.0.7/r4"])


@pytest.mark.parametrize(
    ("server", "known"),
    [
        ("http://127.1/fhir", "http://127.0.0.1/fhir"),
        ("http://2130706433/fhir", "http://127.0.0.1/fhir"),
        ("http://0x7f.0.0.1/fhir", "http://127.0.0.1/fhir"),
        ("http://0177.0.0.1/fhir", "http://127.0.0.1/fhir"),
        ("http://localhost/fhir", "http://127.0.0.1/fhir"),
        ("http://[::ffff:127.0.0.1]/fhir", "http://127.0.0.1/fhir"),
        ("http://[::1]/fhir", "http://127.0.0.1/fhir"),
    ],
)
def test_other_ways_to_write_an_internet_address_are_not_that_address(server: str, known: str) -> None:
    assert not allowed(server, [known])


@pytest.mark.parametrize("known", [[], ["*"], ["https://*.hospital.example/r4"], ["https://"], ["https:///r4"], [""]])
def test_nothing_allows_what_it_does_not_name(known: list[str]) -> None:
    assert not allowed(EHR, known)


@given(st.text() | st.text().map(EHR.__add__) | st.text().map("https://fhir.hospital.example{}/r4".format))
def test_what_is_allowed_is_called_at_the_allowed_server(server: str) -> None:
    found = address(server)
    if allowed(server, [EHR]):
        assert found is not None
        assert f"{found.url}/".startswith(f"{EHR}/")
    if found is not None:
        assert address(found.url) == found


@given(st.text() | st.text().map((EHR + "/").__add__) | st.text().map("//fhir.hospital.example".__add__))
def test_a_link_that_is_followed_stays_at_its_server(link: str) -> None:
    base = address(EHR)
    assert base is not None
    there = following(link, f"{EHR}/Observation?a=b", base)
    assert there is None or there.startswith((f"{EHR}/", f"{EHR}?")) or there == EHR
