"""A hundred kills under load on each database: `python -m tests.store.soak [KILLS]`.

Exits with 1 where anything that was acknowledged is lost.
"""

import sys
import tempfile
from pathlib import Path

from tests.store.killing import Acknowledged, kill_under_load, lost
from tests.store.places import Place
from tests.store.postgresql import server


def main(kills: int) -> int:
    """Kill, look, and tell after each kill; the number of items lost."""
    missing = 0
    for name in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/decisions.sqlite" if name == "sqlite" else server(durable=True).database()
            place, acknowledged = Place(url, Path(folder)), Acknowledged()
            for number in range(1, kills + 1):
                kill_under_load(place, acknowledged)
                gone = lost(place, acknowledged)
                missing += len(gone.feedback) + len(gone.decisions)
                print(
                    f"{name} {number}/{kills}: {len(acknowledged.feedback)} items and {len(acknowledged.decisions)} "
                    f"decisions acknowledged, {missing} lost",
                    flush=True,
                )
    return missing


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)))
