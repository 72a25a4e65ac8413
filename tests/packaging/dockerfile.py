"""Carries out a Dockerfile without a container engine: its steps run in a folder that stands for the root of the image.

Only what our Dockerfile uses is understood; anything else is an error, so that no step is passed over unnoticed.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instruction:
    word: str
    rest: str


def parse(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile in order, without comments, each on one line."""
    kept = "\n".join(x for x in text.splitlines() if x.strip() and not x.lstrip().startswith("#"))
    lines = re.sub(r"\\\n\s*", " ", kept).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines]


@dataclass(slots=True)
class Image:
    """One build: `root` is always the stage at work; finished stages are moved aside, as another image would be."""

    context: Path
    root: Path
    stage: str = ""
    env: dict[str, str] = field(default_factory=dict)
    workdir: Path = Path("/")
    user: int = 0
    command: list[str] = field(default_factory=list)
    health_check: list[str] = field(default_factory=list)

    def build(self, text: str) -> "Image":
        """Carries out every instruction; raises AssertionError with the output of a step that failed."""
        steps: dict[str, Callable[[str], None]] = {
            "FROM": self._from,
            "COPY": self._copy,
            "RUN": self._run,
            "ENV": self._env,
            "USER": self._user,
            "WORKDIR": self._workdir,
            "CMD": self._cmd,
            "HEALTHCHECK": self._healthcheck,
            "ARG": lambda _: None,
            "VOLUME": lambda _: None,
        }
        for instruction in parse(text):
            steps[instruction.word](instruction.rest)
        return self

    def inside(self, text: str) -> str:
        """The text with the absolute paths of the image as paths below `root`."""
        return re.sub(r"(?<![\w./$}*-])/(?=(?:app|data|dist|src|tools)\b)", f"{self.root}/", text)

    def _from(self, rest: str) -> None:
        if self.stage:
            self.root.rename(self._finished(self.stage))
        self.stage = rest.split(" AS ")[1] if " AS " in rest else "final"
        self.root.mkdir(mode=0o755)
        self.workdir, self.user, self.env = self.root, 0, {"PATH": "/usr/bin:/bin"}

    def _finished(self, stage: str) -> Path:
        return self.root.with_name(f"{self.root.name}-{stage}")

    def _copy(self, rest: str) -> None:
        words = rest.split()
        options = dict(x[2:].split("=") for x in words if x.startswith("--"))
        *sources, target = [x for x in words if not x.startswith("--")]
        for source in sources:
            if "from" in options:
                self._place(self._finished(options["from"]) / source.lstrip("/"), self._path(target))
            else:
                self._place(self.context / source, self._path(target), "__pycache__")
        if "chown" in options and os.geteuid() == 0:
            os.chown(self._path(target), *map(int, options["chown"].split(":")))

    def _path(self, text: str) -> Path:
        return self.workdir / self.inside(text)

    @staticmethod
    def _place(source: Path, target: Path, *unwanted: str) -> None:
        if source.is_dir():
            ignore = shutil.ignore_patterns(*unwanted)
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=ignore)
        else:
            shutil.copy2(source, target)

    def _run(self, rest: str) -> None:
        # The base image brings an interpreter called python, with pip: here that of the tests.
        env = os.environ | self.env | {"PATH": f"{Path(sys.executable).parent}:{self.env['PATH']}"}
        step = ["sh", "-ec", self.inside(rest)]
        done = subprocess.run(step, cwd=self.workdir, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"RUN {rest}\n{done.stdout}{done.stderr}"

    def _env(self, rest: str) -> None:
        for setting in shlex.split(rest):
            name, value = setting.split("=", 1)
            self.env[name] = re.sub(r"\$(\w+)", lambda x: self.env[x[1]], self.inside(value))

    def _user(self, rest: str) -> None:
        self.user = int(rest.partition(":")[0])

    def _workdir(self, rest: str) -> None:
        self.workdir = self._path(rest)
        self.workdir.mkdir(parents=True, exist_ok=True)

    def _cmd(self, rest: str) -> None:
        self.command = json.loads(rest)

    def _healthcheck(self, rest: str) -> None:
        self.health_check = json.loads(rest[rest.index("CMD") + len("CMD") :])
