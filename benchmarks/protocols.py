"""How long the protocols take to load, which a process does once: `python -m benchmarks.protocols`.

Milliseconds of CPU: files read, checked and typed, without and with the site profile of docs/site-profile.md. The first
time counts what is made once in a process too, such as the schema.
"""

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cds_service.protocols.profile import in_force

ROUNDS = 20
_PAGE = Path(__file__).parents[1] / "docs" / "site-profile.md"


def main() -> None:
    """Measure, and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "site-profile.yaml"
        profile.write_text(re.findall(r"```yaml\n(.*?)```", _PAGE.read_text("utf-8"), re.DOTALL)[0], "utf-8")
        print(f"both protocols, the first time: {spent(lambda: in_force(None)):.0f} ms (target 200)")
        print(f"again, fastest of {ROUNDS}: {min(spent(lambda: in_force(None)) for _ in range(ROUNDS)):.0f} ms")
        print(f"with a site profile: {min(spent(lambda: in_force(profile)) for _ in range(ROUNDS)):.0f} ms")


def spent(work: Callable[[], object]) -> float:
    """Milliseconds of CPU that it takes."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    main()
