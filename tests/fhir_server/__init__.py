"""A real FHIR R4 server (HAPI FHIR) for tests: `with fhir_server() as base: ...`; see README.md beside this file."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fhir-test-server"
HOW = "Debian, Ubuntu: apt install default-jdk-headless maven"


def missing() -> str:
    """What the server needs and this machine has not, with the way to get it; "" where it can run."""
    if _jdk() < 17:
        return f"a JDK 17 or newer is not installed ({HOW})"
    if not _jars().exists() and not shutil.which("mvn"):
        return f"Maven, which fetches its jars once, is not installed ({HOW})"
    return ""


@contextmanager
def fhir_server(wait: float = 180, heap: str = "768m") -> Iterator[str]:
    """Run a server, empty at first, and give its base URL.

    It is killed at the end, and where it does not serve within `wait` seconds. Raises RuntimeError where it does not
    start, and where its jars cannot be fetched.
    """
    java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Xmx{heap}", "-cp", f"{_fetched()}/*"]
    with subprocess.Popen(
        [*java, str(HERE / "FhirServer.java")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        alarm = Timer(wait, server.kill)
        alarm.start()
        try:
            base = next((line.split()[1] for line in server.stdout or () if line.startswith("READY ")), None)
            alarm.cancel()
            if base is None:
                raise RuntimeError(f"The FHIR server did not start (exit status {server.wait()}).")
            yield base
        finally:
            alarm.cancel()
            server.kill()


def _jdk() -> int:
    """The major version of the Java compiler, 0 where there is none: a JRE alone cannot run a source file."""
    if not shutil.which("java") or not shutil.which("javac"):
        return 0
    said = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=False)
    found = re.match(r"javac (\d+)", said.stdout)
    return int(found[1]) if found else 0


def _jars() -> Path:
    """The folder of the server's jars; another one for each version of pom.xml."""
    return CACHE / hashlib.sha256((HERE / "pom.xml").read_bytes()).hexdigest()[:12]


def _fetched() -> Path:
    """The folder of the server's jars, fetched where it is not there yet."""
    jars = _jars()
    if jars.exists():
        return jars
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        fetch = ["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
        done = subprocess.run([*fetch, f"-DoutputDirectory={work}/lib"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"Maven could not fetch the jars of the FHIR server.\n{done.stdout}{done.stderr}")
        with suppress(OSError):  # another process was first
            (Path(work) / "lib").rename(jars)
    return jars
