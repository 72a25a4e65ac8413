"""The image as it would run: the Dockerfile's own steps, then its command without rights in an empty folder."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.packaging.dockerfile import Image, parse

# Run by the interpreter of the image: it has the invented patients of the wheel and no checkout.
_REQUEST = """
import sys
from datetime import UTC, datetime
import msgspec
from cds_service.demo.fixtures import fixtures, request_for
name, templates = sys.argv[1:]
request = request_for(fixtures(datetime.now(UTC))[name], msgspec.json.decode(templates))
sys.stdout.buffer.write(msgspec.json.Encoder(decimal_format="number").encode(request))
"""


@dataclass(frozen=True, slots=True)
class Running:
    image: Image
    process: subprocess.Popen[bytes]
    port: int
    as_user: list[str]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def inside(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """A command run as in the container: same user, same environment, nothing of the checkout."""
        return subprocess.run(
            [*self.as_user, *command], cwd=self.image.workdir, env=self.image.env, capture_output=True, check=False
        )


@pytest.fixture(scope="module")
def image(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image built in a folder that other users may enter, from the wheels that `make setup` has kept."""
    wheels = Path(sys.prefix) / "wheels"
    assert wheels.is_dir(), "The wheels to build the image from are missing: run make setup."
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="cds-image-") as folder:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        Path(folder).chmod(0o755)
        built = Image(checkout, Path(folder) / "root").build((checkout / "Dockerfile").read_text())
        _write_protect(built.root / "app", True)
        yield built
        _write_protect(built.root / "app", False)


def _write_protect(folder: Path, on: bool) -> None:
    subprocess.run(["chmod", "-R", "a-w" if on else "u+w", str(folder)], check=True)


def _as_user(user: int) -> list[str]:
    """A command prefix that gives up all rights of root, where the tests run as root.

    The interpreter of the tests may lie where other users cannot look, as under /root. Then the right to read
    everything is kept, and to write nothing: an image has its interpreter where all can read it.
    """
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    interpreter = Path(sys.executable).resolve()
    if all(x.stat().st_mode & stat.S_IXOTH for x in (interpreter, *interpreter.parents)):
        return prefix
    return [*prefix, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _on_port(command: list[str], port: int) -> list[str]:
    return [re.sub(r"(?<=127\.0\.0\.1:)8080", str(port), x) for x in command]


@pytest.fixture(scope="module")
def running(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    port = _free_port()
    empty = image.root / "empty"
    empty.mkdir(mode=0o555)
    as_user = _as_user(image.user)
    command = [*as_user, *_on_port(image.command, port)]
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=empty, env=image.env, stdout=output, stderr=output)
    try:
        _wait(process, port, log)
        yield Running(image, process, port, as_user)
    finally:
        process.terminate()
        process.wait(timeout=15)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(150):
        assert process.poll() is None, f"The service has stopped:\n{log.read_text()}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"The service does not listen after 15 s:\n{log.read_text()}")


def test_every_source_of_the_image_gets_past_dockerignore(checkout: Path) -> None:
    copies = [x.rest.split() for x in parse((checkout / "Dockerfile").read_text()) if x.word == "COPY"]
    sources = {source.rstrip("/") for words in copies if "--from=build" not in words for source in words[:-1]}
    let_through = {x[1:] for x in (checkout / ".dockerignore").read_text().splitlines() if x.startswith("!")}
    assert sources == let_through


def test_the_image_has_no_package_manager_and_no_test_tools(image: Image) -> None:
    commands = {x.name for x in (image.root / "app" / "bin").iterdir()}
    assert "cds" in commands
    assert not commands & {"pip", "pip3", "hatchling", "pytest", "ruff", "uv"}


def test_the_service_runs_without_rights(running: Running) -> None:
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    effective = re.search(r"^Uid:\s+\d+\s+(\d+)", status, re.MULTILINE)
    assert effective is not None
    assert int(effective[1]) != 0


def test_it_is_alive_and_lists_its_services(running: Running) -> None:
    assert requests.get(f"{running.base}/livez", timeout=5).status_code == 200
    listed = requests.get(f"{running.base}/cds-services", timeout=5)
    assert listed.status_code == 200
    hooks = ("order-sign", "order-select", "patient-view")
    assert [x["id"] for x in listed.json()["services"]] == [f"trofosfamide-{x}" for x in hooks]


def test_the_health_check_of_the_image_says_healthy_and_unhealthy(running: Running) -> None:
    check = running.image.health_check
    here = _on_port(check, running.port)
    assert here != check, "the health check asks at another port than the one that is served"
    nowhere = _on_port(check, _free_port())
    assert [running.inside(*x).returncode == 0 for x in (here, nowhere)] == [True, False]


def test_it_answers_a_call_with_a_card(running: Running) -> None:
    service = requests.get(f"{running.base}/cds-services", timeout=5).json()["services"][0]
    made = running.inside("python", "-c", _REQUEST, "interrupt-neutrophils-grade-3", json.dumps(service["prefetch"]))
    assert made.returncode == 0, made.stderr.decode()
    headers = {"Content-Type": "application/json"}
    url = f"{running.base}/cds-services/{service['id']}"
    answer = requests.post(url, data=made.stdout, headers=headers, timeout=5)
    assert answer.status_code == 200, answer.text
    assert [x["source"]["topic"]["code"] for x in answer.json()["cards"]] == ["interrupt"]


def test_it_writes_nowhere_but_in_its_data(running: Running) -> None:
    """So the root file system of the container may be read-only."""
    assert requests.get(f"{running.base}/livez", timeout=5).status_code == 200
    data = running.image.root / "data"
    assert list(data.iterdir())
    own = running.image.user if os.geteuid() == 0 else os.geteuid()
    assert all(x.stat().st_uid == own for x in data.rglob("*"))
    assert list((running.image.root / "empty").iterdir()) == []
    assert running.inside("touch", str(running.image.root / "app" / "written")).returncode != 0
